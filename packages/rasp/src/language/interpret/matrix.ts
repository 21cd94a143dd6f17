/** What a selector comes to when it is asked for as a whole. */
import type { Atom } from "../graph/node.js";

/** `matrix[query][key]` is 1 where the selector selects, else 0. */
export type Matrix = readonly Uint8Array[];

/** Whether an outcome is a selector's. Inputs are never empty, so that a matrix has a first row. */
export const isMatrix = (outcome: readonly Atom[] | Matrix): outcome is Matrix => outcome[0] instanceof Uint8Array;

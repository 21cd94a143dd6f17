/** The matrix of a selector. */
import type { Atom } from "../graph/node.js";

/** `matrix[query][key]` is 1 where the selector selects, 0 elsewhere. */
export type Matrix = readonly Uint8Array[];

/** Whether a result is a selector's. Inputs are never empty, so a matrix has a first row. */
export const isMatrix = (result: readonly Atom[] | Matrix): result is Matrix => result[0] instanceof Uint8Array;

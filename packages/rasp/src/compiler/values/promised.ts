/** What a domain asks about a promise on the inputs; `promise.ts` answers. */
import type { NormalSOp, Selection, Width } from "../normalize/normal-form.js";
import type { Table } from "./table.js";
import type { ValueSet } from "./value-set.js";

/** Whether a row selects no two positions. */
export const isAtMostOne = ({ atoms }: ValueSet): boolean => atoms.every((count) => Number(count) <= 1);

/** What a promise on the inputs leaves: `promise.ts`. */
export interface Promised {
  /** Whether a promised input of this length has this position. */
  isReached(length: number, position: number): boolean;
  /** What is left of the values of an s-op. */
  left(sop: NormalSOp, table: Table<ValueSet>): Table<ValueSet>;
  /** The width of a selection, if the promise says something of it. */
  widthOf(selection: Selection): Width | undefined;
}

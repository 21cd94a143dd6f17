/** What a domain asks about a promise on the inputs; `promise.ts` answers. */
import type { Atom } from "../../language/graph/node.js";
import type { NormalSOp, Selection, Width } from "../normalize/normal-form.js";
import type { Table } from "./table.js";
import { distinctAtoms, type ValueSet } from "./value-set.js";

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

/** A domain. */
interface Values {
  readonly maxLength: number;
  readonly promised: Promised | undefined;
  table(sop: NormalSOp): Table<ValueSet>;
}

/** The value of `sop` by position, if a promise leaves one for each position that it leaves. */
export function byPosition(sop: NormalSOp, domain: Values): readonly (Atom | undefined)[] | undefined {
  if (!domain.promised) return undefined;
  const { maxLength } = domain;
  const table = domain.table(sop);
  const atoms = Array.from({ length: maxLength }, (_, i) => {
    const lengths = Array.from({ length: maxLength - i }, (__, l) => i + 1 + l);
    return distinctAtoms(lengths.flatMap((n) => table.at(n, i).atoms));
  });
  return atoms.every(({ length }) => length <= 1) ? atoms.map(([atom]) => atom) : undefined;
}

/**
 * Values that are looked up by position: of `aggregate(select(indices, at, ==), s)` a row selects the position that its query says, or none.
 * Its values are those of `s` at the positions that the query can say, which takes a step for each, where a row that goes through all keys
 * takes one for each key and query.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Mean, NormalSOp, Width } from "../normalize/normal-form.js";
import type { Work } from "../work.js";
import type { Promised } from "./promised.js";
import { BOTH, joinedDependence, LENGTH, Table, type Cells } from "./table.js";
import { atomNumber, type ValueSet, type ValueSets } from "./value-set.js";

/** The work of a row, and of a position that its query can say. */
const [ROW, LOOK_UP] = [3, 3];

/** What is known of other s-ops: a `Domain`. */
interface Values extends Cells {
  readonly sets: ValueSets;
  readonly work: Work;
  readonly promised: Promised | undefined;
  table(sop: NormalSOp): Table<ValueSet>;
}

/** What is known of the rows. */
interface LookedUp {
  readonly table: Table<ValueSet>;
  readonly selectsAtMostOne: boolean;
  readonly selectsAtLeastOne: boolean;
}

/** Undefined for other means, and for widths. Not for causal models, whose rows do not see all positions. */
export function lookUps(sop: Mean | Width, domain: Values): LookedUp | undefined {
  if (sop.kind !== "mean" || sop.best || domain.causal || domain.promised) return undefined;
  const { comparisons, truth } = sop.selection;
  const [only] = comparisons;
  if (comparisons.length !== 1 || only!.op !== "==" || only!.keys.kind !== "indices") return undefined;
  if (typeof truth === "boolean" || truth.high !== true || truth.low !== false) return undefined;
  const { sets, work } = domain;
  const [queries, values] = [domain.table(only!.queries), domain.table(sop.value)];
  const asked = new Map<ValueSet, readonly number[]>();
  const askedBy = (set: ValueSet): readonly number[] =>
    getOrInsert(asked, set, () => set.atoms.map((atom) => atomNumber(atom) ?? NaN));
  const isThere = (position: number, length: number): boolean =>
    Number.isInteger(position) && position >= 0 && position < length;
  let isFull = true;
  const known = new Map<string, ValueSet>();
  const rowOf = (set: ValueSet, length: number): ValueSet => {
    work.tabulate(LOOK_UP * set.atoms.length, sop);
    const found = new Set<ValueSet>();
    let isMissed = false;
    for (const position of askedBy(set)) {
      if (isThere(position, length)) found.add(values.at(length, position));
      else isMissed = true;
    }
    if (isMissed) isFull = false;
    const key = [...found].map(({ id }) => id).sort((a, b) => a - b);
    return getOrInsert(known, `${isMissed} ${key.join(",")}`, () =>
      sets.setOf([...(isMissed ? [sop.default] : []), ...[...found].flatMap(({ atoms }) => atoms)]),
    );
  };
  const rows = new Map<ValueSet, Map<number, ValueSet>>();
  const table = Table.of(
    joinedDependence([queries.dependence, values.dependence.position ? BOTH : LENGTH]),
    domain,
    (length, position) => {
      work.tabulate(ROW, sop);
      const set = queries.at(length, position);
      const ofSet = getOrInsert(rows, set, () => new Map<number, ValueSet>());
      return getOrInsert(ofSet, length, () => rowOf(set, length));
    },
  );
  return { table, selectsAtMostOne: true, selectsAtLeastOne: isFull };
}

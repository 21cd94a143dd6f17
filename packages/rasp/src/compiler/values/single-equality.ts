/** Selections that are one equality: which positions a query can select is looked up among the keys. */
import { getOrInsert } from "../../language/maps.js";
import type { Selection } from "../normalize/normal-form.js";
import type { JointValueSet } from "./joint-values.js";
import { sideOf, type Side } from "./relations.js";

/** The positions that can equal one of the queries, ascending; undefined where the selection is no equality of one type. */
export function candidatesIn(
  { comparisons, truth }: Selection,
  keysAt: (position: number) => JointValueSet,
  maxLength: number,
): ((queries: JointValueSet) => readonly number[] | undefined) | undefined {
  const [only] = comparisons;
  if (comparisons.length !== 1 || typeof truth === "boolean") return undefined;
  if (only!.op !== (truth.high === true ? "==" : "!=")) return undefined;
  const sides = new Map<JointValueSet, Side | null>();
  const sideIn = (set: JointValueSet): Side | null =>
    getOrInsert(
      sides,
      set,
      () => sideOf(set.factors?.[0]!.set.atoms ?? set.values.map(({ atoms }) => atoms[0]!)) ?? null,
    );
  const positions = new Map<number | string, number[]>();
  for (let k = 0; k < maxLength; k++) {
    const side = sideIn(keysAt(k));
    if (!side) return undefined;
    for (const key of side.different) getOrInsert(positions, key, () => []).push(k);
  }
  return (queries) => {
    const side = sideIn(queries);
    if (!side) return undefined;
    const found = new Set([...side.different].flatMap((key) => positions.get(key) ?? []));
    return [...found].sort((a, b) => a - b);
  };
}

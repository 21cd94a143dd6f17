/**
 * `select` as a matrix. The plain reference compares every key with every query; the fast path ranks the atoms once and compares
 * small ints. `test/interpret/fast-paths.test.ts` holds one to the other.
 */
import { atomKey, compareAtoms } from "../atom/compare.js";
import type { Atom, Comparison } from "../graph/node.js";

/** `matrix[query][key]` is 1 where the selector selects, else 0. Rows may be shared: not to be changed. */
export type Matrix = readonly Uint8Array[];

/** Whether an outcome is a selector's. Inputs are never empty, so that a matrix has a first row. */
export const isMatrix = (outcome: readonly Atom[] | Matrix): outcome is Matrix => outcome[0] instanceof Uint8Array;

/** One comparison per cell. @throws RaspError of class type where two atoms have no order */
export const selectReference = (op: Comparison, keys: readonly Atom[], queries: readonly Atom[]): Matrix =>
  queries.map((query) => Uint8Array.from(keys, (key) => (compareAtoms(op, key, query) ? 1 : 0)));

/** The same matrix, faster. @throws RaspError of class type where two atoms have no order */
export function select(op: Comparison, keys: readonly Atom[], queries: readonly Atom[]): Matrix {
  const rank = ranks(op, [...keys, ...queries]);
  if (!rank) return selectReference(op, keys, queries);
  const of = (atoms: readonly Atom[]): Int32Array => Int32Array.from(atoms, (atom) => rank.get(atomKey(atom))!);
  const [keyRanks, queryRanks] = [of(keys), of(queries)];
  const rows = new Map<number, Uint8Array>();
  return Array.from(queryRanks, (query) => {
    const row = rows.get(query) ?? compareRanks(op, keyRanks, query);
    rows.set(query, row);
    return row;
  });
}

/** A number for each atom, ordered as the atoms where `op` asks for order; none where atoms have no order, or are nan. */
function ranks(op: Comparison, atoms: readonly Atom[]): ReadonlyMap<string, number> | undefined {
  const distinct = new Map(atoms.map((atom) => [atomKey(atom), atom]));
  if (distinct.has("fNaN")) return undefined;
  if (op !== "==" && op !== "!=") {
    const strings = atoms.filter((atom) => typeof atom === "string").length;
    if (strings > 0 && strings < atoms.length) return undefined;
    const sorted = [...distinct].sort(([, a], [, b]) => (compareAtoms("<", a, b) ? -1 : 1));
    return new Map(sorted.map(([key], i) => [key, i]));
  }
  return new Map([...distinct.keys()].map((key, i) => [key, i]));
}

function compareRanks(op: Comparison, keys: Int32Array, query: number): Uint8Array {
  const row = new Uint8Array(keys.length);
  for (let k = 0; k < keys.length; k++) {
    const difference = keys[k]! - query;
    const holds =
      (difference < 0 && (op === "<" || op === "<=" || op === "!=")) ||
      (difference === 0 && (op === "==" || op === "<=" || op === ">=")) ||
      (difference > 0 && (op === ">" || op === ">=" || op === "!="));
    row[k] = holds ? 1 : 0;
  }
  return row;
}

/**
 * A function's table by gate values and weighted input, cut into pieces: sets of gate values inside which the function depends on
 * the input alone.
 */
import { getOrInsert } from "../../../language/maps.js";
import { inputKey, type Spend } from "./input-weights.js";

/** The work of one entry where two tables are compared, and where they are put together. */
const [AGREE, CLEAR] = [5, 60];

/** One input that occurs, and the number of the result there. */
export interface Entry {
  readonly input: number;
  readonly result: number;
}

/** A table, or what remains of it when the first gates have been taken away. The key names gate values and input. */
export type PiecewiseTable = Map<string, GatedEntry>;

interface GatedEntry extends Entry {
  readonly gates: readonly number[];
}

export interface Piece {
  /** For each gate the set of its values. */
  readonly gates: readonly (readonly number[])[];
  /** Ascending by input. */
  readonly entries: readonly Entry[];
}

/** @returns false where the table already has another result at the same gate values and input. */
export function insert(table: PiecewiseTable, entry: GatedEntry): boolean {
  const key = `${entry.gates.join(",")};${inputKey(entry.input)}`;
  return getOrInsert(table, key, () => entry).result === entry.result;
}

/**
 * Cuts a table into pieces, gate by gate: values of a gate under which the function is the same, wherever it is defined under both,
 * go together.
 *
 * @returns undefined where inputs with different results are nearer to each other than `minimumGap`.
 */
export function piecesOf(
  table: PiecewiseTable,
  gateCount: number,
  minimumGap: number,
  spend: Spend,
): Piece[] | undefined {
  if (gateCount === 0) {
    const entries = [...table.values()].map(({ input, result }) => ({ input, result })).sort(byInput);
    return smallestGap(entries) >= minimumGap ? [{ gates: [], entries }] : undefined;
  }
  const merged: { readonly values: number[]; readonly table: PiecewiseTable }[] = [];
  for (const [value, rest] of byFirstGate(table)) {
    const home = merged.find((group) => {
      spend(AGREE * Math.min(group.table.size, rest.size));
      if (!agree(group.table, rest)) return false;
      spend(CLEAR * (group.table.size + rest.size));
      return staysClear(group.table, rest, minimumGap);
    });
    if (home) {
      home.values.push(value);
      for (const [key, entry] of rest) home.table.set(key, entry);
    } else {
      merged.push({ values: [value], table: rest });
    }
  }
  const pieces: Piece[] = [];
  for (const group of merged) {
    const restPieces = piecesOf(group.table, gateCount - 1, minimumGap, spend);
    if (!restPieces) return undefined;
    for (const { gates, entries } of restPieces) pieces.push({ gates: [group.values, ...gates], entries });
  }
  return pieces;
}

/** For each value of the first gate the table under it, without that gate. */
function byFirstGate(table: PiecewiseTable): Map<number, PiecewiseTable> {
  const byValue = new Map<number, PiecewiseTable>();
  for (const { gates, input, result } of table.values()) {
    const [value, ...others] = gates;
    const rest = getOrInsert(byValue, value!, () => new Map<string, GatedEntry>());
    insert(rest, { gates: others, input, result });
  }
  return byValue;
}

/** Whether two tables have the same results wherever both are defined. */
function agree(a: PiecewiseTable, b: PiecewiseTable): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const [key, entry] of small) {
    const other = large.get(key);
    if (other && other.result !== entry.result) return false;
  }
  return true;
}

/** Merging must not bring inputs with different results much nearer to each other than they were. */
function staysClear(a: PiecewiseTable, b: PiecewiseTable, minimumGap: number): boolean {
  const together = tableGap(new Map([...a, ...b]));
  return together >= minimumGap && together >= Math.min(tableGap(a), tableGap(b)) / 2;
}

/** The smallest gap under any gate values. */
function tableGap(table: PiecewiseTable): number {
  const byGates = new Map<string, Entry[]>();
  for (const entry of table.values()) {
    getOrInsert(byGates, entry.gates.join(","), () => []).push(entry);
  }
  let gap = Infinity;
  for (const entries of byGates.values()) gap = Math.min(gap, smallestGap(entries.sort(byInput)));
  return gap;
}

/** The smallest distance between neighbouring inputs with different results; Infinity where the result never changes. */
function smallestGap(ascending: readonly Entry[]): number {
  let gap = Infinity;
  for (let j = 1; j < ascending.length; j++) {
    const [below, above] = [ascending[j - 1]!, ascending[j]!];
    if (above.result !== below.result) gap = Math.min(gap, above.input - below.input);
  }
  return gap;
}

/** How often the result changes from one input to the next. */
export const countChanges = (ascending: readonly Entry[]): number =>
  ascending.filter((entry, j) => j > 0 && entry.result !== ascending[j - 1]!.result).length;

const byInput = (a: Entry, b: Entry): number => a.input - b.input;

/** Tables over gate values and an axis, cut into boxes of gate values inside which the function depends on the axis alone. */
import { inputKey } from "./input-weights.js";

/** Inside a box of gate values: the results along the axis, ascending. */
export type Staircase = readonly { readonly at: number; readonly result: number }[];

/** What remains of the table below some gates: rest of the gate values -> axis value -> result. */
export type PiecewiseTable = Map<
  string,
  { readonly gates: readonly number[]; readonly at: number; readonly result: number }
>;

export interface Piece {
  readonly gates: readonly (readonly number[])[];
  readonly entries: Staircase;
}

/** @returns false where the table already holds another result there. */
export function insert(table: PiecewiseTable, gates: readonly number[], at: number, result: number): boolean {
  const key = `${gates.join(",")};${inputKey(at)}`;
  const known = table.get(key);
  if (!known) table.set(key, { gates, at, result });
  return known === undefined || known.result === result;
}

/** Merges gate values below which the function is the same (where both are defined), gate by gate. */
export function piecesOf(table: PiecewiseTable, gateCount: number, minimumGap: number): Piece[] | undefined {
  if (gateCount === 0) {
    const stairs = [...table.values()].map(({ at, result }) => ({ at, result })).sort((a, b) => a.at - b.at);
    return smallestGap(stairs) >= minimumGap ? [{ gates: [], entries: stairs }] : undefined;
  }
  const byValue = new Map<number, PiecewiseTable>();
  for (const { gates, at, result } of table.values()) {
    const value = gates[0]!;
    let below = byValue.get(value);
    if (!below) byValue.set(value, (below = new Map<string, never>()));
    insert(below, gates.slice(1), at, result);
  }
  const merged: { values: number[]; table: PiecewiseTable }[] = [];
  for (const [value, below] of byValue) {
    const home = merged.find((group) => compatible(group.table, below) && staysClear(group.table, below, minimumGap));
    if (home) {
      home.values.push(value);
      for (const [key, entry] of below) home.table.set(key, entry);
    } else {
      merged.push({ values: [value], table: below });
    }
  }
  const boxes: Piece[] = [];
  for (const group of merged) {
    const below = piecesOf(group.table, gateCount - 1, minimumGap);
    if (!below) return undefined;
    for (const box of below) boxes.push({ gates: [group.values, ...box.gates], entries: box.entries });
  }
  return boxes;
}

function compatible(a: PiecewiseTable, b: PiecewiseTable): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const [key, entry] of small) {
    const other = large.get(key);
    if (other && other.result !== entry.result) return false;
  }
  return true;
}

/** Merging must not bring different results much nearer to each other along the axis than they were. */
function staysClear(a: PiecewiseTable, b: PiecewiseTable, minimumGap: number): boolean {
  const together = tableGap(new Map([...a, ...b]));
  return together >= minimumGap && together >= Math.min(tableGap(a), tableGap(b)) / 2;
}

function tableGap(table: PiecewiseTable): number {
  const stairs = new Map<string, { at: number; result: number }[]>();
  for (const { gates, at, result } of table.values()) {
    const key = gates.join(",");
    const known = stairs.get(key);
    if (known) known.push({ at, result });
    else stairs.set(key, [{ at, result }]);
  }
  let gap = Infinity;
  for (const unsorted of stairs.values()) gap = Math.min(gap, smallestGap(unsorted.sort((x, y) => x.at - y.at)));
  return gap;
}

function smallestGap(stairs: Staircase): number {
  let gap = Infinity;
  for (let j = 1; j < stairs.length; j++) {
    if (stairs[j]!.result !== stairs[j - 1]!.result) gap = Math.min(gap, stairs[j]!.at - stairs[j - 1]!.at);
  }
  return gap;
}

/** How often the result changes along the axis. */
export const countChanges = (stairs: Staircase): number =>
  stairs.filter((s, j) => j > 0 && s.result !== stairs[j - 1]!.result).length;

/** The subspaces that the heads of a layer write. */
import type { HeadRun } from "./head-run.js";
import type { Sample } from "./sample.js";
import { getOrInsert } from "../../../language/maps.js";
import { statesOf, valueOf } from "./residual-stream.js";
import { picked, ValueSet, type Subspace } from "./subspace.js";

/** The residual coordinates that the same heads write, divided into subspaces: a copied value is one, each number is one of its own. */
export function headSubspaces(runs: readonly HeadRun[], layer: number, sample: Sample): Subspace[] {
  const places = sample.token.length;
  const writers = new Map<number, number[]>();
  for (const [h, { written }] of runs.entries()) {
    for (const c of written) getOrInsert(writers, c, () => []).push(h);
  }
  const groups = new Map<string, { heads: number[]; coordinates: number[] }>();
  const copied = runs.map(copies);
  for (const [c, heads] of [...writers].sort(([a], [b]) => a - b)) {
    const run = runs[heads[0]!]!;
    const key = heads.length === 1 && copied[heads[0]!]! ? `${heads[0]!} ${copiedWith(run, c)}` : `number ${c}`;
    getOrInsert(groups, key, () => ({ heads, coordinates: [] })).coordinates.push(c);
  }
  return [...groups.values()].map(({ heads, coordinates }) => {
    const results = heads.map((h) => resultsOf(runs[h]!, coordinates, places));
    const set = new ValueSet();
    const at = Int32Array.from({ length: places }, (_, place) => set.idOf(sum(results.map((rows) => rows[place]!))));
    const atBos = sum(heads.map((h) => picked(runs[h]!.value.atBos, columnsOf(runs[h]!, coordinates))));
    const writer = { kind: "heads", layer, heads: heads.map((h) => runs[h]!.head) } as const;
    return { writer, coordinates, values: set.values, at, atBos };
  });
}

const sum = (vectors: readonly Float64Array[]): Float64Array =>
  vectors.reduce((total, vector) => total.map((v, c) => v + vector[c]!));

/** The indices of some residual coordinates among those that a head writes. */
export const columnsOf = ({ written }: HeadRun, coordinates: readonly number[]): number[] =>
  coordinates.map((c) => written.indexOf(c));

/** Whether in every row all selected keys carry the same value. */
function copies(run: HeadRun): boolean {
  if (run.adds) return false;
  const { at } = statesOf(
    run.value.parts.map(({ subspace }) => subspace),
    run.selected.length,
  );
  return run.selected.every((keys) => keys.every((k) => at[k] === at[keys[0]!]));
}

/** The subspaces that a key's value in a coordinate depends on; if there are none, as in a flag for empty rows, those of another coordinate. */
function copiedWith(run: HeadRun, coordinate: number): string {
  const inputsOf = (c: number): string =>
    run.value.parts.flatMap(({ rows }, j) => (rows.some((r) => r[c] !== rows[0]![c]) ? [j] : [])).join();
  const own = inputsOf(run.written.indexOf(coordinate));
  return own === "" ? (run.written.map((_, c) => inputsOf(c)).find((some) => some !== "") ?? "") : own;
}

/** What a head adds to some coordinates at each place. */
function resultsOf(run: HeadRun, coordinates: readonly number[], places: number): Float64Array[] {
  const columns = columnsOf(run, coordinates);
  const states = statesOf(
    run.value.parts.map(({ subspace }) => subspace),
    places,
  );
  const rows = states.tuples.map((tuple) => picked(valueOf(run.value, tuple), columns));
  const atBos = picked(run.value.atBos, columns);
  return run.selected.map((keys) => {
    if (keys.length === 0) return atBos;
    const total = sum([...keys].map((k) => rows[states.at[k]!]!));
    return run.adds ? total.map((v, c) => v + atBos[c]!) : total.map((v) => v / keys.length);
  });
}

/** Fewer and smaller whole numbers in a readout, as long as it decides as before on the sequences that it was fitted to and chosen on. */
import type { Observed } from "../data/observe.js";
import { NEVER, Readout } from "./readout.js";

/** The whole numbers that the largest entry is tried to become, in this order. */
const RESOLUTIONS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 3000, 10_000, 100_000];

/** The match that rounding and dropping together may cost. */
const TOLERANCE = 0.005;

/** The largest number of entries that are tried to be dropped. */
const MOST_DROPPED = 120;

/** Rounds the entries, then drops those that are not needed. */
export function simplify(readout: Readout, observed: readonly Observed[]): Readout {
  const floor = readout.match(observed) - TOLERANCE;
  const keeps = (candidate: Readout): boolean => candidate.match(observed) >= floor;
  return dropEntries(round(centre(readout), keeps), keeps);
}

const copy = (readout: Readout): Readout =>
  new Readout(
    readout.task,
    readout.projections.map((projection) => ({ ...projection, table: Float64Array.from(projection.table) })),
    Float64Array.from(readout.constant),
    readout.divergence,
  );

/** A softmax depends only on differences between symbols, so the smallest entry of each row can become 0. */
function centre(readout: Readout): Readout {
  if (readout.task.sigmoid) return readout;
  const result = copy(readout);
  const width = result.task.vocabulary.length;
  const live = [...result.constant.keys()].filter((v) => result.constant[v]! > NEVER);
  if (live.length === width) return result;
  for (const { table, variable, identity } of result.projections) {
    if (identity !== 0) continue;
    for (let c = 0; c < variable.basis.length; c++) {
      const least = Math.min(...live.map((v) => table[c * width + v]!));
      for (const v of live) table[c * width + v]! -= least;
    }
  }
  const least = Math.min(...live.map((v) => result.constant[v]!));
  if (result.projections.every(({ identity }) => identity === 0)) for (const v of live) result.constant[v]! -= least;
  return result;
}

/** Rounds to the smallest whole numbers that keep the decisions. */
function round(readout: Readout, keeps: (candidate: Readout) => boolean): Readout {
  const width = readout.task.vocabulary.length;
  if (!readout.task.sigmoid) {
    const most = largest(readout, () => true);
    return firstThat(keeps, (resolution) => rounded(readout, resolution / most, () => true)) ?? readout;
  }
  // Each sigmoid has a scale of its own.
  let result = readout;
  for (let v = 0; v < width; v++) {
    const own = (symbol: number): boolean => symbol === v;
    const most = largest(result, own);
    const before = result;
    if (most > 0) result = firstThat(keeps, (resolution) => rounded(before, resolution / most, own)) ?? before;
  }
  return result;
}

function firstThat(keeps: (candidate: Readout) => boolean, make: (resolution: number) => Readout): Readout | undefined {
  for (const resolution of RESOLUTIONS) {
    const candidate = make(resolution);
    if (keeps(candidate)) return candidate;
  }
  return undefined;
}

/** The largest entry of some symbols. */
function largest({ projections: terms, constant, task }: Readout, of: (symbol: number) => boolean): number {
  const width = task.vocabulary.length;
  const entries = terms.flatMap(({ identity, successor, table }) => [
    Math.abs(identity),
    Math.abs(successor),
    ...[...table].map((entry, at) => (of(at % width) ? Math.abs(entry) : 0)),
  ]);
  return Math.max(...entries, ...[...constant].map((entry, v) => (of(v) && entry > NEVER ? Math.abs(entry) : 0)));
}

function rounded(readout: Readout, scale: number, of: (symbol: number) => boolean): Readout {
  const result = copy(readout);
  const width = result.task.vocabulary.length;
  const to = (entry: number): number => Math.round(entry * scale) + 0;
  for (const projection of result.projections) {
    [projection.identity, projection.successor] = [to(projection.identity), to(projection.successor)];
    projection.table.forEach((entry, at) => {
      if (of(at % width)) projection.table[at] = to(entry);
    });
  }
  result.constant.forEach((entry, v) => {
    if (of(v) && entry > NEVER) result.constant[v] = to(entry);
    // Far enough below all other entries, whatever their scale.
    else if (entry <= NEVER) result.constant[v] = Math.min(NEVER, -100 * Math.ceil(largest(result, () => true)));
  });
  return result;
}

/** Tries to set each entry to 0, the smallest first. */
function dropEntries(readout: Readout, keeps: (candidate: Readout) => boolean): Readout {
  let result = readout;
  const slots = readout.projections.flatMap(({ identity, successor, table }, t) => [
    { t, at: "identity" as const, size: Math.abs(identity) },
    { t, at: "successor" as const, size: Math.abs(successor) },
    ...[...table].map((entry, at) => ({ t, at, size: Math.abs(entry) })),
  ]);
  const smallest = slots.filter(({ size }) => size > 0).sort((a, b) => a.size - b.size);
  for (const { t, at } of smallest.slice(0, MOST_DROPPED)) {
    const candidate = copy(result);
    const projection = candidate.projections[t]!;
    if (at === "identity") projection.identity = 0;
    else if (at === "successor") projection.successor = 0;
    else projection.table[at] = 0;
    if (keeps(candidate)) result = candidate;
  }
  return result;
}

/** Fewer and rounder numbers in a readout, as long as it decides as before on what it was fitted and chosen on. */
import type { Observed } from "../data/observe.js";
import { Readout, type Term } from "./readout.js";

/** Whole numbers up to these are tried for the largest entry. */
const RESOLUTIONS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 3000, 10_000, 100_000];

/** Match that rounding and pruning together may cost. */
const TOLERANCE = 0.005;

/** Rounds, then drops entries. */
export function simplify(readout: Readout, observed: readonly Observed[]): Readout {
  const floor = readout.match(observed) - TOLERANCE;
  const keeps = (candidate: Readout): boolean => candidate.match(observed) >= floor;
  return dropEntries(round(centre(readout), keeps), keeps);
}

const copy = (readout: Readout): Readout =>
  new Readout(
    readout.task,
    readout.terms.map((term) => ({ ...term, table: Float64Array.from(term.table) })),
    Float64Array.from(readout.constant),
    readout.divergence,
  );

/** A softmax sees only differences between symbols: the smallest entry of each row becomes 0. */
function centre(readout: Readout): Readout {
  if (readout.task.sigmoid) return readout;
  const result = copy(readout);
  const width = result.task.vocabulary.length;
  const live = [...result.constant.keys()].filter((v) => result.constant[v]! > NEVER);
  if (live.length === width) return result;
  for (const { table, variable, identity } of result.terms) {
    if (identity !== 0) continue;
    for (let c = 0; c < variable.basis.length; c++) {
      const least = Math.min(...live.map((v) => table[c * width + v]!));
      for (const v of live) table[c * width + v]! -= least;
    }
  }
  const least = Math.min(...live.map((v) => result.constant[v]!));
  if (result.terms.every(({ identity }) => identity === 0)) for (const v of live) result.constant[v]! -= least;
  return result;
}

/** Constants at or below this say that a symbol is never predicted. */
const NEVER = -1000;

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

function largest({ terms, constant, task }: Readout, of: (symbol: number) => boolean): number {
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
  for (const term of result.terms) {
    [term.identity, term.successor] = [to(term.identity), to(term.successor)];
    term.table.forEach((entry, at) => {
      if (of(at % width)) term.table[at] = to(entry);
    });
  }
  result.constant.forEach((entry, v) => {
    if (of(v) && entry > NEVER) result.constant[v] = to(entry);
    // Out of reach of all other entries, whatever their scale.
    else if (entry <= NEVER) result.constant[v] = Math.min(NEVER, -100 * Math.ceil(largest(result, () => true)));
  });
  return result;
}

/** Tries to do without each entry, the smallest first. */
function dropEntries(readout: Readout, keeps: (candidate: Readout) => boolean): Readout {
  let result = readout;
  const slots = readout.terms.flatMap(({ identity, successor, table }, t) => [
    { t, at: -1, size: Math.abs(identity) },
    { t, at: -2, size: Math.abs(successor) },
    ...[...table].map((entry, at) => ({ t, at, size: Math.abs(entry) })),
  ]);
  const worth = slots.filter(({ size }) => size > 0).sort((a, b) => a.size - b.size);
  for (const { t, at } of worth.slice(0, 120)) {
    const candidate = copy(result);
    const term = candidate.terms[t]! as Term;
    if (at === -1) term.identity = 0;
    else if (at === -2) term.successor = 0;
    else term.table[at] = 0;
    if (keeps(candidate)) result = candidate;
  }
  return result;
}

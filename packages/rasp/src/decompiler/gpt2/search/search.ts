/**
 * From the smallest program upwards: the fewest variables from which a readout decides as the model does. Every program is fitted to the
 * tuning set and judged on the selection set; of each size the best ones grow by one more variable.
 */
import type { FrontPoint } from "../../common/front.js";
import { SEARCH_SHARE, type Run } from "../run.js";
import { isNamed, type Variable } from "../variables/variable.js";
import { Candidates, isAllNamed, valueOf, type Candidate } from "./candidate.js";

/** The match on the selection set that ends the search. */
const ENOUGH = 0.97;
/** A match that ends the search where no larger program improves on it. */
const LEAST = 0.92;
const MAX_VARIABLES = 4;
/** How many candidates of each size grow further. */
const SEEDS = [1, 6, 4, 2];

/** The best program, and the programs of each size that were best. */
export type Found = Candidate & { readonly front: readonly FrontPoint[]; readonly tried: readonly Candidate[] };

/** The smallest set of variables that suffices, or the best one found. */
export function search(run: Run, pool: readonly Variable[]): Found {
  const candidates = new Candidates(run, pool);
  let best = candidates.nothing();
  let seeds = [best];
  let growth = pool;
  for (let size = 1; size <= MAX_VARIABLES; size++) {
    const level = grown(run, candidates, { size, seeds, growth, best: best.match });
    if (!level) break;
    const winner = level.reduce((a, b) => (valueOf(b) > valueOf(a) ? b : a));
    const improves = valueOf(winner) > valueOf(best);
    if (improves) best = winner;
    if (best.match >= ENOUGH && (size > 1 || isAllNamed(best))) break;
    if (!improves && best.match >= LEAST) break;
    seeds = level.sort((a, b) => a.readout.divergence - b.readout.divergence);
    if (best.match >= ENOUGH) {
      // A single fitted score suffices; two selectors with names may suffice as well, and say more.
      growth = pool.filter(isNamed);
      seeds = seeds.filter(isAllNamed);
    } else {
      seeds = seeds.slice(0, SEEDS[size] ?? 1);
    }
  }
  return { ...best, front: candidates.front(), tried: candidates.tried };
}

/** The programs of one size that are tried. */
interface Level {
  readonly size: number;
  readonly seeds: readonly Candidate[];
  /** The variables that the seeds grow by. */
  readonly growth: readonly Variable[];
  /** The best match so far. */
  readonly best: number;
}

/** Every seed with one more variable; undefined if the time is up before all of them are tried. */
function grown(
  { progress, clock, team }: Run,
  candidates: Candidates,
  { size, seeds, growth, best }: Level,
): Candidate[] | undefined {
  const stage = `programs with ${size} variable${size === 1 ? "" : "s"}`;
  const sets = seeds.flatMap((seed) =>
    growth.filter((variable) => !seed.variables.includes(variable)).map((variable) => [...seed.variables, variable]),
  );
  const level: Candidate[] = [];
  // With other threads first those that none of them fits, so that nobody waits before all are taken.
  const ways = [
    ...(team ? [(set: readonly Variable[]): void => candidates.prepare(set, best)] : []),
    (set: readonly Variable[]): void => void level.push(candidates.of(set, best)),
  ];
  for (const [w, visit] of ways.entries()) {
    for (const [s, set] of sets.entries()) {
      if (w === 0) progress(stage, s, sets.length);
      if (clock.expired(SEARCH_SHARE)) return undefined;
      visit(set);
    }
  }
  return level;
}

/** Interchange accuracy of a readout's variables in a GPT-2-style model. */
import type { Followed, Interchange } from "../../common/interchange.js";
import { followed, interchange, placesIn } from "../../interchange/measure.js";
import type { Observed } from "../data/observe.js";
import type { Readout } from "../readout/readout.js";
import type { Variable } from "../variables/variable.js";
import { activationsOf, aligned, type AlignmentOptions } from "./alignment.js";
import { controlsOf } from "./controls.js";
import { ProgramRuns, swappedRun } from "./program-runs.js";
import { carriedVariables, ReadoutComparison, textsOf } from "./readout-comparison.js";
import type { SitePlace, SwappedModel } from "./swapped-model.js";

/** A variable that whole sites follow less is looked for in subspaces. */
const GOOD = 0.95;
/** A later activation must do better by this much. */
const LEAST_GAIN = 0.02;

/**
 * Looks for every variable of a readout in the model.
 *
 * @param search - how subspaces are looked for; without it only whole sites are
 */
export function interchangeOf(swapped: SwappedModel, readout: Readout, search?: AlignmentOptions): Interchange {
  const runs = new ProgramRuns(readout, swapped.pairs);
  const whole = new ReadoutComparison(swapped, readout, { runs });
  if (!search) return interchange(whole);
  const weak = weakVariables(whole, readout);
  const learned = weak.length > 0 ? bestAlignment(swapped, runs, weak, search) : undefined;
  if (!learned) return interchange(whole);
  const found = interchange(new ReadoutComparison(swapped, readout, { runs, learned }));
  const activation = [...learned.values()][0]!.sites[0]!;
  const isLearned = (row: Followed): boolean => row.dimensions !== undefined;
  if (!found.variables.some(isLearned)) return found;
  const controls = controlsOf(activation, swapped, readout, weak, search);
  const variables = found.variables.map((row) => (isLearned(row) ? { ...row, controls: controls(row.variable) } : row));
  return { ...found, variables };
}

/** Those that no whole site follows well enough. */
function weakVariables(comparison: ReadoutComparison, readout: Readout): Variable[] {
  const { variables } = interchange(comparison, "search");
  const weak = new Set(
    variables.flatMap(({ variable, accuracy }) => (accuracy.of > 0 && accuracy.share < GOOD ? [variable] : [])),
  );
  return carriedVariables(readout).filter(({ key }) => weak.has(key));
}

/** Subspaces of the activation at which the model follows the variables best. */
function bestAlignment(
  swapped: SwappedModel,
  runs: ProgramRuns,
  variables: readonly Variable[],
  options: AlignmentOptions,
): ReadonlyMap<string, SitePlace> | undefined {
  let best: { readonly places: ReadonlyMap<string, SitePlace>; readonly share: number } | undefined;
  for (const activation of activationsOf(swapped.model)) {
    if (best && (best.share >= GOOD || options.clock.expired())) break;
    const places = aligned(activation, swapped, runs, variables, options);
    if (!places) continue;
    const shares = [...places].map(([variable, place]) => {
      const [model] = swapped.decisions("search", [place]);
      return followedBy(runs, variable, model!);
    });
    const share = Math.min(...shares);
    if (!best || share > best.share + LEAST_GAIN) best = { places, share };
  }
  return best?.places;
}

function followedBy(runs: ProgramRuns, variable: string, model: readonly (readonly (readonly number[])[])[]): number {
  const plain = textsOf(runs.decisions("search", undefined));
  return followed(plain, textsOf(runs.decisions("search", variable)), textsOf(model)).accuracy.share;
}

/** Swapped runs of the search half to fit a readout to: each variable at the place where it is followed best so far. */
export function swappedFits(swapped: SwappedModel, readout: Readout): Observed[] {
  const placed = placesIn(new ReadoutComparison(swapped, readout), "search");
  return placed.flatMap(({ variable, place }) => {
    const [decisions] = swapped.decisions("search", [place]);
    return swapped.pairs.search.map((pair, p) => ({
      ...swappedRun(pair, (key) => key === variable),
      decisions: decisions![p]!,
    }));
  });
}

/** How far the model follows a readout on the search half: the mean over its variables, and the largest change that none explains. */
export function judged(swapped: SwappedModel, readout: Readout): { followed: number; unexplained: number } {
  const { variables, unexplained } = interchange(new ReadoutComparison(swapped, readout), "search");
  const shares = variables.map(({ accuracy }) => accuracy.share);
  return {
    followed: shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length),
    unexplained: unexplained[0]?.changed ?? 0,
  };
}

/**
 * The smallest part of a model that makes its decisions, with linear layer norms as far as they allow it: constants are tuned, paths are
 * chosen by gradient, then each path that is left is cut alone, and each product of a query and a key. Every cut that is kept preserved
 * the match on sequences that nothing was tuned on.
 */
import type { Rng } from "@selectron/core";
import type { Clock } from "../../common/clock.js";
import type { Progress } from "../../common/search-options.js";
import { readerOf, type Component, type Path } from "./components.js";
import {
  copyOf,
  startingConstants,
  tuneConstants,
  withConstants,
  type ConstantMeans,
  type Constants,
} from "./constants.js";
import { connected, gateOf, LEAST, pathsOf } from "./cuts.js";
import type { Intervention } from "./intervention.js";
import { maskByGradient } from "./masks.js";
import type { PathModel } from "./path-model.js";
import type { LinearNorms } from "./report.js";
import type { Targets } from "./targets.js";

/** A product in a head's score; the query's constant part if `query` is empty. */
export interface Product {
  readonly head: Component;
  readonly query: Component | "";
  readonly key: Component;
}

/** What is left of a model. */
export interface LinearModel {
  readonly constants: Constants;
  readonly linear: LinearNorms;
  /** The match with all paths open, on the selection set. */
  readonly wholeMatch: number;
  readonly paths: readonly Path[];
  /** Those in the scores of the heads that are left; undefined if norms are not linear. */
  readonly products: readonly Product[] | undefined;
  /** The match of what is left, on the selection set. */
  readonly match: number;
  readonly complete: boolean;
}

/** The intervention that turns the model into what is left of it. */
export function interventionOf({ constants, paths, products }: Pick<LinearModel, "constants" | "paths" | "products">) {
  const gate = gateOf(paths);
  if (products === undefined) return withConstants(constants, { gate });
  const kept = new Set(products.map(productName));
  return withConstants(constants, {
    gate,
    product: (head, query, key) => kept.has(productName({ head, query, key })),
  });
}

const productName = ({ head, query, key }: Product): string => `${head}: ${query} ${key}`;

/** The numbers of steps of the optimizations. */
export interface Steps {
  readonly tuning: number;
  readonly masks: number;
  readonly retuning: number;
}

export const STEPS: Steps = { tuning: 300, masks: 400, retuning: 80 };
/** What an open path costs, in nats: the first price that leaves enough of the decisions is taken. */
const PRICES = [0.02, 0.005, 0.001] as const;
/** The shares of the time after which tuning, masks and single cuts end. */
const UNTIL = { tuning: 0.7, masks: 0.8, cuts: 0.88 } as const;

/** What linearizing takes. */
export interface LinearizeRun {
  /** What constants and masks are fitted to. */
  readonly tune: Targets;
  /** What matches are measured on. */
  readonly select: Targets;
  readonly steps: Steps;
  readonly rng: Rng;
  readonly progress: Progress;
  readonly clock: Clock;
}

export function linearizeAndPrune(run: LinearizeRun, means: ConstantMeans): LinearModel {
  const { paths } = run.tune;
  const whole = linearNorms(run, means);
  const cutter = new OneByOne(run);
  let left = cutByGradient(run, whole, pathsOf(paths));
  if (left.match >= LEAST) {
    left = cutSinglePaths(cutter, left);
    left = retuned(run, { ...left, paths: connected(left.paths, paths) });
  }
  const result = { ...left, linear: whole.linear, wholeMatch: whole.match };
  if (whole.linear === "none" || left.match < LEAST) {
    return { ...result, products: undefined, complete: cutter.complete };
  }
  const cut = cutter.cut(
    productsOf(left.paths, paths),
    left.match,
    "cutting products of queries and keys",
    (products) => interventionOf({ ...left, products }),
  );
  return { ...result, products: cut.parts, match: cut.match, complete: cutter.complete };
}

/** Paths that are left, with the constants for the others, and the match of both on the selection set. */
interface Remaining {
  readonly paths: readonly Path[];
  readonly constants: Constants;
  readonly match: number;
}

interface Whole {
  readonly constants: Constants;
  readonly linear: LinearNorms;
  readonly match: number;
}

/** Tuned constants with as many linear norms as leave enough of the decisions. */
function linearNorms(run: LinearizeRun, means: ConstantMeans): Whole {
  const { tune, select, rng, progress, steps } = run;
  const { paths } = tune;
  const kinds = ["all", "all but those before feed-forward sublayers"] as const;
  for (const [k, linear] of kinds.entries()) {
    progress("tuning constants", k, kinds.length);
    const isLinear = (reader: string): boolean => linear === "all" || paths.reader(reader).part !== "feedForward";
    const logScales = new Map([...means.logScales].filter(([reader]) => isLinear(reader)));
    const constants = startingConstants(paths, { ...means, logScales });
    tuneConstants(tune, constants, {}, { steps: steps.tuning, rng, clock: until(run, UNTIL.tuning) });
    const match = select.match(withConstants(constants, {}));
    if (match >= LEAST) return { constants, linear, match };
  }
  const constants = startingConstants(paths, { ...means, logScales: new Map() });
  return { constants, linear: "none", match: select.match({}) };
}

/** The paths that masks leave at the first price that leaves enough of the decisions; all paths if none does. */
function cutByGradient(run: LinearizeRun, { constants, match }: Whole, candidates: readonly Path[]): Remaining {
  const { tune, select, steps, rng, progress } = run;
  const clock = until(run, UNTIL.masks);
  for (const [p, price] of PRICES.entries()) {
    if (run.clock.expired(UNTIL.masks)) break;
    progress("cutting paths by gradient", p, PRICES.length);
    const tried = copyOf(constants);
    const masked = maskByGradient(tune, tried, candidates, { price, steps: steps.masks, rng, clock });
    const paths = connected(masked, tune.paths);
    const gate = gateOf(paths);
    tuneConstants(tune, tried, { gate }, { steps: steps.retuning, rng, clock });
    const left = select.match(withConstants(tried, { gate }));
    if (left >= LEAST) return { paths, constants: tried, match: left };
  }
  return { paths: candidates, constants, match };
}

function cutSinglePaths(cutter: OneByOne, { paths, constants, match }: Remaining): Remaining {
  const cut = cutter.cut(paths, match, "cutting single paths", (rest) =>
    withConstants(constants, { gate: gateOf(rest) }),
  );
  return { paths: cut.parts, constants, match: cut.match };
}

/** The same paths with constants tuned again, if that loses nothing. */
function retuned(run: LinearizeRun, left: Remaining): Remaining {
  const { tune, select, steps, rng } = run;
  const constants = copyOf(left.constants);
  const gate = gateOf(left.paths);
  tuneConstants(tune, constants, { gate }, { steps: steps.retuning, rng, clock: until(run, UNTIL.cuts) });
  const match = select.match(withConstants(constants, { gate }));
  return match >= left.match ? { paths: left.paths, constants, match } : left;
}

const until = ({ clock }: LinearizeRun, share: number): Clock => ({ expired: () => clock.expired(share) });

/** Cuts parts one by one, the last one first, as long as enough of the decisions is left. */
class OneByOne {
  /** Whether the time was enough to try every part so far. */
  complete = true;

  readonly #run: LinearizeRun;

  constructor(run: LinearizeRun) {
    this.#run = run;
  }

  /** @returns the parts that are left, and the match with them */
  cut<T>(
    parts: readonly T[],
    match: number,
    what: string,
    intervention: (rest: readonly T[]) => Intervention,
  ): { readonly parts: readonly T[]; readonly match: number } {
    const { select, progress, clock } = this.#run;
    let left = { parts, match };
    [...parts].reverse().forEach((part, i) => {
      progress(what, i, parts.length);
      if (clock.expired(UNTIL.cuts)) {
        this.complete = false;
        return;
      }
      const rest = left.parts.filter((other) => other !== part);
      const restMatch = select.match(intervention(rest));
      if (restMatch >= LEAST) left = { parts: rest, match: restMatch };
    });
    return left;
  }
}

/** All products of what reaches a head's query, or its constant part, and what reaches its key. */
function productsOf(kept: readonly Path[], paths: PathModel): Product[] {
  return kept.flatMap(({ from: key, to }) => {
    const { part, owner: head } = paths.reader(to);
    if (part !== "key" || head === undefined) return [];
    const queries = kept.filter((path) => path.to === readerOf(head, "query")).map(({ from }) => from);
    return ["", ...queries].map((query) => ({ head, query, key }));
  });
}

/**
 * As little of a model as makes its decisions, with linear layer norms where they allow it: constants tuned, paths chosen by gradient,
 * then each path that is left cut alone, and each product of a query and a key. Every cut that stands kept the match on sequences that
 * nothing was tuned on.
 */
import type { Rng } from "@selectron/core";
import type { Observed } from "../data/observe.js";
import type { Clock, Progress } from "../search/search.js";
import type { Task } from "../data/task.js";
import { lessonsOf, matchOf, type Lesson } from "./batch.js";
import { startingConstants, tuneConstants, withConstants, type Constants } from "./constants.js";
import { maskByGradient, pathName, type Path } from "./masks.js";
import { WHOLE, type Component, type Intervention, type PathModel, type Reader } from "./path-model.js";

/** Match that cuts together must leave. */
export const LEAST = 0.94;

/** A product in a head's score; the query's constant part where `query` is empty. */
export interface Product {
  readonly head: string;
  readonly query: Component;
  readonly key: Component;
}

/** What is left of a model. */
export interface LinearModel {
  readonly constants: Constants;
  /** Readers whose norm is linear: all, or all but the feed-forward sublayers, or none. */
  readonly linear: "all" | "all but those before feed-forward sublayers" | "none";
  /** Match with all paths open, on the selection set. */
  readonly wholeMatch: number;
  readonly paths: readonly Path[];
  /** Of the heads that are left; absent where norms are not linear. */
  readonly products: readonly Product[] | undefined;
  /** What is left of the decisions, on the selection set. */
  readonly match: number;
  readonly complete: boolean;
}

/** The intervention that a linear model is. */
export function interventionOf({ constants, paths, products }: LinearModel): Intervention {
  const open = new Set(paths.map(pathName));
  const gate = (from: Component, to: Reader): number => +open.has(pathName({ from, to }));
  if (products === undefined) return withConstants(constants, { gate });
  const kept = new Set(products.map(productName));
  return withConstants(constants, {
    gate,
    product: (head, query, key) => kept.has(productName({ head, query, key })),
  });
}

const productName = ({ head, query, key }: Product): string => `${head}: ${query} ${key}`;

export interface LinearOptions {
  readonly progress: Progress;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Of the optimisations. */
  readonly steps: Steps;
  /** Shares of the time after which tuning, masks and single cuts end. */
  readonly until: { readonly tuning: number; readonly masks: number; readonly cuts: number };
}

export interface Steps {
  readonly tuning: number;
  readonly masks: number;
  readonly retuning: number;
}

export const STEPS: Steps = { tuning: 300, masks: 400, retuning: 80 };
/** What an open path costs, in nats: the first price at which enough is left. */
const PRICES = [0.02, 0.005, 0.001] as const;

export function linearise(
  paths: PathModel,
  task: Task,
  means: Parameters<typeof startingConstants>[1],
  tune: readonly Observed[],
  select: readonly Observed[],
  { progress, clock, rng, until, steps }: LinearOptions,
): LinearModel {
  const lessons = lessonsOf(paths, task, tune);
  const tests = lessonsOf(paths, task, select);
  const before = (share: number): Clock => ({ expired: () => clock.expired(share) });
  const match = (intervention: Intervention): number => matchOf(paths, task, tests, intervention);

  const candidates = paths.readers.flatMap(({ reader, sources }) => sources.map((from) => ({ from, to: reader })));
  const whole = linearNorms(paths, task, means, lessons, match, {
    rng,
    clock: before(until.tuning),
    progress,
    steps: steps.tuning,
  });

  let kept: readonly Path[] = candidates;
  let constants = whole.constants;
  let left = whole.match;
  for (const [p, price] of PRICES.entries()) {
    if (clock.expired(until.masks)) break;
    progress("cutting paths by gradient", p, PRICES.length);
    const tried = copyOf(whole.constants);
    const options = { price, steps: steps.masks, rng, clock: before(until.masks) };
    const found = connected(maskByGradient(paths, task, lessons, tried, candidates, options), paths);
    const gate = gateOf(found);
    tuneConstants(paths, task, lessons, tried, { gate }, { steps: steps.retuning, rng, clock: before(until.masks) });
    const own = match(withConstants(tried, { gate }));
    if (own < LEAST) continue;
    [kept, constants, left] = [found, tried, own];
    break;
  }

  let complete = true;
  const cutOneByOne = <T>(
    parts: readonly T[],
    what: string,
    test: (rest: readonly T[]) => Intervention,
  ): readonly T[] => {
    let rest = parts;
    [...parts].reverse().forEach((part, i) => {
      progress(what, i, parts.length);
      if (!rest.includes(part)) return;
      if (clock.expired(until.cuts)) {
        complete = false;
      } else {
        const without = rest.filter((other) => other !== part);
        const own = match(test(without));
        if (own >= LEAST) [rest, left] = [without, own];
      }
    });
    return rest;
  };
  if (left >= LEAST) {
    kept = cutOneByOne(kept, "cutting single paths", (rest) => withConstants(constants, { gate: gateOf(rest) }));
    kept = connected(kept, paths);
    const retuned = copyOf(constants);
    tuneConstants(
      paths,
      task,
      lessons,
      retuned,
      { gate: gateOf(kept) },
      { steps: steps.retuning, rng, clock: before(until.cuts) },
    );
    const own = match(withConstants(retuned, { gate: gateOf(kept) }));
    if (own >= left) [constants, left] = [retuned, own];
  }
  const result = { constants, linear: whole.linear, wholeMatch: whole.match, paths: kept, complete };
  if (whole.linear === "none" || left < LEAST) return { ...result, products: undefined, match: left };
  const products = cutOneByOne(productsOf(kept), "cutting products of queries and keys", (rest) =>
    interventionOf({ ...result, products: rest, match: left }),
  );
  return { ...result, products, match: left, complete };
}

/** Constants with as many linear norms as leave enough of the decisions. */
function linearNorms(
  paths: PathModel,
  task: Task,
  means: Parameters<typeof startingConstants>[1],
  lessons: readonly Lesson[],
  match: (intervention: Intervention) => number,
  {
    rng,
    clock,
    progress,
    steps,
  }: { readonly rng: Rng; readonly clock: Clock; readonly progress: Progress; readonly steps: number },
): { readonly constants: Constants; readonly linear: LinearModel["linear"]; readonly match: number } {
  const kinds = ["all", "all but those before feed-forward sublayers"] as const;
  for (const [k, linear] of kinds.entries()) {
    progress("tuning constants", k, kinds.length);
    const logScales = new Map([...means.logScales].filter(([reader]) => linear === "all" || !reader.endsWith(".mlp")));
    const constants = startingConstants(paths, { ...means, logScales });
    tuneConstants(paths, task, lessons, constants, {}, { steps, rng, clock });
    const own = match(withConstants(constants, {}));
    if (own >= LEAST) return { constants, linear, match: own };
  }
  const constants = startingConstants(paths, { ...means, logScales: new Map() });
  return { constants, linear: "none", match: match(WHOLE) };
}

const copyOf = ({ constants, shifts, logScales }: Constants): Constants => {
  const copy = (map: Constants["shifts"]): Constants["shifts"] =>
    new Map([...map].map(([name, value]) => [name, value.mul(1)]));
  return { constants: copy(constants), shifts: copy(shifts), logScales: copy(logScales) };
};

const gateOf = (kept: readonly Path[]): NonNullable<Intervention["gate"]> => {
  const open = new Set(kept.map(pathName));
  return (from, to) => +open.has(pathName({ from, to }));
};

/** The paths that still lead to the logits. */
export function connected(kept: readonly Path[], paths: PathModel): readonly Path[] {
  const read = new Set<Component>();
  const open = [...paths.readers].reverse().flatMap(({ reader }) => {
    const owner = reader.replace(/\.(query|key|value)$/, "").replace(/^(\d+\.mlp)$/, "$1");
    if (reader !== "logits" && !read.has(owner)) return [];
    const own = kept.filter(({ to }) => to === reader);
    own.forEach(({ from }) => read.add(from));
    return own;
  });
  return kept.filter((path) => open.includes(path));
}

/** All products of what reaches a head's query, or its constant part, and what reaches its key. */
function productsOf(kept: readonly Path[]): Product[] {
  return kept
    .filter(({ to }) => to.endsWith(".key"))
    .flatMap(({ from: key, to }) => {
      const head = to.replace(".key", "");
      const queries = kept.filter((path) => path.to === `${head}.query`).map(({ from }) => from);
      return ["", ...queries].map((query) => ({ head, query, key }));
    });
}

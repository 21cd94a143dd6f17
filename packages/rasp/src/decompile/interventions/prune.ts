/**
 * Which parts of a model its decisions rest on, by intervention: each layer norm made linear alone, each head and feed-forward sublayer
 * replaced by its mean alone, then as many components and paths cut together as the decisions bear. Greedy and in a fixed order, so that
 * equal models give equal reports; every cut that stands kept the match on sequences at `LEAST` or above.
 */
import type { Gpt2 } from "@selectron/nn";
import { decide, sameDecision, type Observed } from "../observe.js";
import type { Clock, Progress } from "../search.js";
import type { Task } from "../task.js";
import { meansOf, PathModel, WHOLE, type Component, type Intervention, type Reader } from "./paths.js";

/** Match that cuts together must leave. */
export const LEAST = 0.94;
/** Sequences that cuts are tested on, shortest first: a cut costs a run of the model on each. */
const TESTED = 40;

/** What an intervention on one part leaves of the decisions. */
export interface Effect {
  /** A layer norm `h.0.ln_1`, or a component. */
  readonly part: string;
  /** Share of sequences with the same decisions at every scored position. */
  readonly match: number;
}

export interface Interventions {
  /** Each layer norm with one scale for all positions, the others as they are. */
  readonly norms: readonly Effect[];
  /** All layer norms with one scale each: what a linear re-parameterisation would start from. */
  readonly allLinear: number;
  /** Each head and feed-forward sublayer replaced by its mean, the others as they are. */
  readonly components: readonly Effect[];
  /** What all cuts together leave, and what they leave standing. */
  readonly pruned: {
    readonly match: number;
    readonly components: readonly Component[];
    readonly paths: readonly { readonly from: Component; readonly to: Reader }[];
    readonly of: { readonly components: number; readonly paths: number };
    /** Whether the time was enough to try every path. */
    readonly complete: boolean;
  };
  /** How many sequences each share is of. */
  readonly sequences: number;
}

/**
 * @param tune - for the means
 * @param select - for the match tests
 */
export function interventions(
  model: Gpt2,
  task: Task,
  tune: readonly Observed[],
  select: readonly Observed[],
  progress: Progress,
  clock: Clock,
): Interventions {
  const { components: means, scales } = meansOf(model, shortest(tune));
  const paths = new PathModel(model, means);
  const sequences = shortest(select);
  const match = (intervention: Intervention): number => matchOf(paths, task, sequences, intervention);

  const norms = [...scales].map(([part, scale], i) => {
    progress("making layer norms linear", i, scales.size);
    return { part, match: match({ ...WHOLE, scales: new Map([[part, scale]]) }) };
  });
  const removable = paths.components.filter((component) => component !== "tokens" && component !== "positions");
  const components = removable.map((part, i) => {
    progress("cutting components", i, removable.length);
    return { part, match: match({ reaches: (component) => component !== part }) };
  });
  return {
    norms,
    allLinear: match({ ...WHOLE, scales }),
    components,
    pruned: prune(paths, components, match, progress, clock),
    sequences: sequences.length,
  };
}

/** Cuts components, those that matter least first, then paths, from the logits backwards. */
function prune(
  paths: PathModel,
  alone: readonly Effect[],
  match: (intervention: Intervention) => number,
  progress: Progress,
  clock: Clock,
): Interventions["pruned"] {
  const cut = new Set<string>();
  const name = (from: Component, to: Reader): string => `${from} > ${to}`;
  const reaches = (from: Component, to: Reader): boolean => !cut.has(name(from, to));
  let kept = 1;
  const tryCut = (names: readonly string[]): void => {
    names.forEach((path) => cut.add(path));
    const left = match({ reaches });
    if (left >= LEAST) kept = left;
    else names.forEach((path) => cut.delete(path));
  };
  const readersOf = (component: Component): string[] =>
    paths.readers.filter(({ sources }) => sources.includes(component)).map(({ reader }) => name(component, reader));
  const all = paths.readers.flatMap(({ reader, sources }) => sources.map((from) => ({ from, to: reader })));
  let complete = true;
  const steps: (readonly string[])[] = [
    ...[...alone].sort((a, b) => b.match - a.match).map(({ part }) => readersOf(part)),
    ...[...all].reverse().map(({ from, to }) => [name(from, to)]),
  ];
  steps.forEach((step, i) => {
    progress("cutting paths", i, steps.length);
    const open = step.filter((path) => !cut.has(path) && isRead(path.split(" > ")[1]!, cut, paths));
    if (open.length === 0) return;
    if (clock.expired()) complete = false;
    else tryCut(open);
  });
  const standing = all.filter(({ from, to }) => reaches(from, to) && isRead(to, cut, paths));
  return {
    match: kept,
    components: paths.components.filter((component) => standing.some(({ from }) => from === component)),
    paths: standing,
    of: { components: paths.components.length, paths: all.length },
    complete,
  };
}

/** Whether what a reader belongs to still reaches the logits. */
function isRead(reader: Reader, cut: ReadonlySet<string>, paths: PathModel): boolean {
  if (reader === "logits") return true;
  const owner = reader.replace(/\.(query|key|value)$/, "");
  return paths.readers.some(
    ({ reader: next, sources }) =>
      sources.includes(owner) && !cut.has(`${owner} > ${next}`) && isRead(next, cut, paths),
  );
}

const shortest = (observed: readonly Observed[]): Observed[] =>
  [...observed].sort((a, b) => a.ids.length - b.ids.length).filter((_, i, { length }) => i % Math.ceil(length / TESTED) === 0); // prettier-ignore

function matchOf(paths: PathModel, task: Task, observed: readonly Observed[], intervention: Intervention): number {
  const width = task.vocabulary.length;
  const right = observed.filter((sequence) => {
    const logits = paths.logits(sequence, intervention);
    return sequence.scored.every(
      (position, i) =>
      sameDecision(decide(logits.subarray(position * width, (position + 1) * width), task.sigmoid), sequence.decisions[i]!), // prettier-ignore
    );
  });
  return right.length / observed.length;
}

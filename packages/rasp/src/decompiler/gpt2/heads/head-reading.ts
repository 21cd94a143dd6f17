/** The reading of a model's heads: each as a pattern, with its distance from what the head does. */
import type { Gpt2 } from "@selectron/nn";
import type { Json } from "../../../language/text/value-json.js";
import type { NearestHead } from "../../common/report.js";
import type { Observed } from "../data/observe.js";
import { FEW_SYMBOLS } from "../data/task.js";
import { SEARCH_SHARE, type Run } from "../run.js";
import { answered, claimed, type Question } from "../team.js";
import { attendVariable, tokenVariable } from "../variables/basic.js";
import type { Pattern, Variable } from "../variables/variable.js";
import { back } from "./named-patterns.js";
import { patternQuestion, softPattern, type HeadPlace } from "./soft-pattern.js";
import { weightPattern } from "./weight-pattern.js";

/** How a head was read. */
export interface HeadReading extends HeadPlace {
  readonly pattern: Pattern;
  /** Mean total variation distance between the head's pattern and the one read, at scored positions. */
  readonly distance: number;
  /** The pattern that the head's weights give, if it attends by tokens alone, and its distance. */
  readonly byWeights?: { readonly pattern: Pattern; readonly distance: number };
}

/** Programs have two hops of attention at most, so later layers are not read. */
const READ_LAYERS = 2;
/** Weights of tokens tell what a head does if they are no farther from it. */
const MOST_DISTANCE = 0.05;
/** Sequences that distances are measured on. */
const COMPARED = 40;

/** Reads every head of the first layers as a sum of few scores, as far as the time allows. */
export function readHeads(run: Run, model: Gpt2): HeadReading[] {
  const { task, tune, progress, clock, memo, team } = run;
  const { config } = model;
  const readings: HeadReading[] = [];
  const previous = attendVariable(back(1), tokenVariable(task));
  const layers = Math.min(READ_LAYERS, config.layers);
  const basesOf = (layer: number): Variable[] => (layer === 0 ? [] : [previous]);
  const question = (place: HeadPlace): Question => patternQuestion(place, tune, task, basesOf(place.layer), memo);
  const first = readFirst(run, layers * config.heads, (at) =>
    question({ layer: Math.floor(at / config.heads), head: at % config.heads }),
  );
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < config.heads && !clock.expired(SEARCH_SHARE); head++) {
      progress("reading heads", layer * config.heads + head, layers * config.heads);
      const place = { layer, head };
      const fit = answered(team, question(place), first[layer * config.heads + head]);
      const pattern = softPattern(place, fit, task, basesOf(layer));
      const reading = { ...place, pattern, distance: patternDistance(pattern, place, tune) };
      if (layer > 0 || task.vocabulary.length > FEW_SYMBOLS) {
        readings.push(reading);
        continue;
      }
      const own = weightPattern(model, head, task, tune);
      const distance = patternDistance(own, place, tune);
      readings.push(distance < MOST_DISTANCE ? { ...reading, byWeights: { pattern: own, distance } } : reading);
    }
  }
  return readings;
}

/** With other threads: the fits of those heads that none of them fits. */
function readFirst(
  { team, clock, progress }: Run,
  count: number,
  question: (at: number) => Question,
): readonly (Json | undefined)[] {
  const own: (Json | undefined)[] = [];
  for (let at = 0; team && at < count && !clock.expired(SEARCH_SHARE); at++) {
    progress("reading heads", at, count);
    own[at] = claimed(team, question(at));
  }
  return own;
}

/** The head whose attention is nearest to a pattern; undefined if no head was read. */
export function nearestHead(
  readings: readonly HeadPlace[],
  pattern: Pattern,
  observed: readonly Observed[],
): NearestHead | undefined {
  const distances = readings.map(({ layer, head }) => ({
    layer,
    head,
    distance: patternDistance(pattern, { layer, head }, observed),
  }));
  return distances.sort((a, b) => a.distance - b.distance)[0];
}

/** Mean total variation distance between a pattern and a head's, at scored positions of the first sequences. */
export function patternDistance(pattern: Pattern, { layer, head }: HeadPlace, observed: readonly Observed[]): number {
  let [sum, count] = [0, 0];
  for (const sequence of observed.slice(0, COMPARED)) {
    const shares = pattern.shares(sequence);
    const own = sequence.patterns[layer]![head]!;
    const length = sequence.ids.length;
    for (const i of sequence.scored) {
      for (let j = 0; j <= i; j++) sum += Math.abs(shares[i * length + j]! - own[i * length + j]!) / 2;
      count++;
    }
  }
  return sum / count;
}

/**
 * From the smallest program upwards: which variables does a readout need to decide as the model does? Every candidate is fitted on
 * the tuning set and judged on the selection set.
 */
import type { Gpt2Config } from "@selectron/nn";
import type { Json } from "../../../language/text/value-json.js";
import { readoutJson, readoutOf, remembered, type Memo } from "./memo.js";
import type { Observed } from "../data/observe.js";
import { countVariables } from "../variables/counts.js";
import { namedPatterns, tokenPatterns, type Pattern } from "../heads/named-patterns.js";
import { fitReadout, type Readout } from "../readout/readout.js";
import { paretoFront, type FrontPoint } from "../../common/report.js";
import { softPattern } from "../heads/soft-pattern.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { attendVariable, moduloVariable, tokenVariable, type Variable } from "../variables/variable.js";

/** Match on the selection set that ends the search. */
export const ENOUGH = 0.97;

export interface Candidate {
  readonly variables: readonly Variable[];
  readonly readout: Readout;
  /** Shares of sequences, on the tuning and the selection set. */
  readonly tuneMatch: number;
  readonly match: number;
}

/** What a search came to, with the programs of each size that were best. */
export type Found = Candidate & { readonly front: readonly FrontPoint[] };

/** Tells what is being done, and how much of it. */
export type Progress = (stage: string, done: number, of: number) => void;

/** What to stop for. */
export interface Clock {
  /** Whether the time is up, or a share of it, 0 to 1. */
  expired(share?: number): boolean;
}

/** Share of the time after which the search ends; the rest is for interventions and the report. */
const SEARCH = 0.65;

/** How a head was read. */
export interface HeadReading {
  readonly layer: number;
  readonly head: number;
  readonly pattern: Pattern;
  /** Mean total variation distance between the head's pattern and the one read, at scored positions. */
  readonly distance: number;
}

/** Reads every head of the first layers as a sum of few scores. */
export function readHeads(
  config: Gpt2Config,
  task: Task,
  observed: readonly Observed[],
  progress: Progress,
  clock: Clock,
  memo?: Memo,
): HeadReading[] {
  const readings: HeadReading[] = [];
  const tokens = tokenVariable(task);
  const previous = attendVariable(namedPatterns(task)[1]!, tokens);
  // What the third layer and later ones do is beyond two hops of attention.
  const layers = Math.min(2, config.layers);
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < config.heads && !clock.expired(SEARCH); head++) {
      progress("reading heads", layer * config.heads + head, layers * config.heads);
      const pattern = softPattern(layer, head, observed, task, layer === 0 ? [] : [previous], memo);
      readings.push({ layer, head, pattern, distance: patternDistance(pattern, layer, head, observed.slice(0, 40)) });
    }
  }
  return readings;
}

/** Mean total variation distance between a pattern and a head's, at scored positions. */
export function patternDistance(pattern: Pattern, layer: number, head: number, observed: readonly Observed[]): number {
  let [sum, count] = [0, 0];
  for (const sequence of observed) {
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

/** Variables that a readout may use, simplest first. */
export function variablePool(
  task: Task,
  readings: readonly HeadReading[],
  deep = readings.some(({ layer }) => layer > 0),
): Variable[] {
  const tokens = tokenVariable(task);
  const named = namedPatterns(task).map((pattern) => attendVariable(pattern, tokens));
  const previous = named[1]!;
  const read = readings
    .filter(({ pattern }) => pattern.parameters > 0)
    .flatMap(({ layer, pattern }) => [
      attendVariable(pattern, tokens),
      ...(layer > 0 ? [attendVariable(pattern, previous)] : []),
    ]);
  const twoHops = deep
    ? namedPatterns(task)
        .slice(2, 6)
        .map((pattern) => attendVariable(pattern, previous))
    : [];
  // Whether some pair of tokens has stood side by side.
  const pairs =
    task.vocabulary.length <= FEW_SYMBOLS
      ? tokenPatterns(task).map((pattern) => attendVariable(pattern, previous))
      : [];
  return [tokens, ...[2, 3, 4].map(moduloVariable), ...named, ...twoHops, ...pairs, ...read, ...countVariables(task)];
}

/** The smallest set of variables from which the model's decisions can be read; the best one found where none suffices. */
export function search(
  task: Task,
  pool: readonly Variable[],
  tune: readonly Observed[],
  select: readonly Observed[],
  progress: Progress,
  clock: Clock,
  memo?: Memo,
): Found {
  const tried = new Map<string, Candidate>();
  const nothing = fitReadout(task, [], tune);
  let best: Candidate = {
    variables: [],
    readout: nothing,
    tuneMatch: nothing.match(tune),
    match: nothing.match(select),
  };
  const attempt = (variables: readonly Variable[]): Candidate => {
    const sorted = [...variables].sort((a, b) => pool.indexOf(a) - pool.indexOf(b));
    const key = sorted.map((variable) => variable.key).join(" | ");
    const known = tried.get(key);
    if (known) return known;
    const kept = remembered(memo, key, () => {
      const fitted = fitReadout(task, sorted, tune);
      const least = Math.max(0, best.match - 0.05);
      const match = fitted.match(select, least);
      return { readout: readoutJson(fitted), match, tuneMatch: match < least ? match : fitted.match(tune, least) };
    }) as { readonly readout: Json; readonly match: number; readonly tuneMatch: number };
    const { match, tuneMatch } = kept;
    const candidate = { variables: sorted, readout: readoutOf(kept.readout, task, sorted), tuneMatch, match };
    tried.set(key, candidate);
    return candidate;
  };
  let seeds: Candidate[] = [best];
  let candidates = pool;
  for (let size = 1; size <= MAX_VARIABLES; size++) {
    const level: Candidate[] = [];
    for (const [s, seed] of seeds.entries()) {
      for (const [v, variable] of candidates.entries()) {
        progress(
          `programs with ${size} variable${size === 1 ? "" : "s"}`,
          s * candidates.length + v,
          seeds.length * candidates.length,
        );
        if (clock.expired(SEARCH)) return { ...best, front: frontOf(tried.values()) };
        if (seed.variables.includes(variable)) continue;
        level.push(attempt([...seed.variables, variable]));
      }
    }
    const winner = level.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    const improves = worth(winner) > worth(best);
    if (improves) best = winner;
    if (best.match >= ENOUGH && (size > 1 || isNamed(best))) break;
    if (!improves && best.match >= LEAST) break;
    seeds = level.sort((a, b) => a.readout.divergence - b.readout.divergence);
    if (best.match >= ENOUGH) {
      // One fitted score does it; two selectors with names may do as well, and say more.
      candidates = pool.filter((variable) => isNamed({ variables: [variable] }));
      seeds = seeds.filter(isNamed);
    } else {
      seeds = seeds.slice(0, SEEDS[size] ?? 1);
    }
  }
  return { ...best, front: frontOf(tried.values()) };
}

const frontOf = (candidates: Iterable<Candidate>): FrontPoint[] =>
  paretoFront([...candidates].map(({ variables, match }) => ({ size: sizeOf(variables), match })));

/** Whether all its selectors have names. A program with tables is held against larger ones without. */
const isNamed = ({ variables }: Pick<Candidate, "variables">): boolean =>
  variables.every(({ pattern }) => pattern === undefined || pattern.parameters === 0);

/** Match on the selection set that a larger program must improve on. */
const LEAST = 0.92;

const MAX_VARIABLES = 4;
/** Candidates of each size that grow further. */
const SEEDS = [1, 6, 4, 2];

/** Match, less a price for what makes a program hard to read. What it decides on the tuning set counts little: it was fitted there. */
function worth({ match, tuneMatch, variables }: Candidate): number {
  const tables = variables.reduce((sum, { pattern }) => sum + (pattern?.parameters ?? 0), 0);
  return match + 0.1 * Math.min(match, tuneMatch) - 0.02 * sizeOf(variables) - 0.002 * Math.min(tables, 30);
}

/** One for each variable, and one for each further hop of attention. */
const sizeOf = (variables: readonly Variable[]): number =>
  variables.reduce((sum, { depth }) => sum + Math.max(1, depth), 0);

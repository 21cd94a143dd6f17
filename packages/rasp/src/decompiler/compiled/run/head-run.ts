/** A head in the limit of sharp attention: which keys it selects at each place of the sample, and what it makes of what they carry. */
import { NotHardError } from "../not-hard-error.js";
import type { Sample } from "./sample.js";
import { cleaned, read, statesOf, valueOf, type Reading, type ResidualStream } from "./subspace.js";
import type { HeadWeights } from "./weights.js";

/** What a head does on the sample. */
export interface HeadRun {
  readonly layer: number;
  readonly head: number;
  readonly query: Reading;
  readonly key: Reading;
  readonly value: Reading;
  /** Whether the head adds up what it selects, as a width does; else it takes the mean. */
  readonly adds: boolean;
  /** The places that each place selects, ascending; none where it falls on BOS. */
  readonly selected: readonly Int32Array[];
  /** The most of a row's attention that is on other keys than the selected ones: 0 where it is sharp. */
  readonly elsewhere: number;
  /** How much higher than BOS the key at one place scores for the query at another. */
  readonly margin: (key: number, query: number) => number;
  /** The residual coordinates that it writes. */
  readonly written: readonly number[];
}

/** A key whose part in what a head adds up is less than this is not counted. */
const LEAST_PART = 1e-3;
/** Scores so far below BOS's are for counting: the share of the selected keys is linear in their number. */
const COUNTED = -8;
/** Scores that differ by no more are equal; those that differ by more than the second may be levels of their own. */
const [SAME, CLEAR] = [0.01, 0.25];

export function runHead(
  weights: HeadWeights,
  layer: number,
  head: number,
  stream: ResidualStream,
  sample: Sample,
  causal: boolean,
): HeadRun {
  const [query, key, value] = [weights.query, weights.key, weights.value].map((map) => read(stream, map));
  const [queries, keys, values] = [query!, key!, value!].map((reading) => {
    const states = statesOf(
      reading.parts.map(({ subspace }) => subspace),
      sample.token.length,
    );
    return { ...states, rows: states.tuples.map((tuple) => valueOf(reading, tuple)) };
  });
  /** How much a key can change what is written: where BOS outweighs the keys, a small share of much is what counts. */
  const largest = values!.rows.reduce(
    (all, v) => v.reduce((most, x, c) => Math.max(most, Math.abs(x - value!.atBos[c]!)), all),
    1,
  );
  const bosScores = queries!.rows.map((q) => dot(q, key!.atBos));
  // Scores of pairs of states, each worked out once.
  const scores = queries!.rows.map(() => new Float64Array(keys!.rows.length).fill(NaN));
  const selected: Int32Array[] = [];
  let [adding, averaging, elsewhere] = [0, 0, 0];
  const score = (k: number, place: number): number => {
    const [known, at] = [scores[queries!.at[place]!]!, keys!.at[k]!];
    if (Number.isNaN(known[at]!)) known[at] = dot(queries!.rows[queries!.at[place]!]!, keys!.rows[at]!);
    return known[at]!;
  };
  for (let place = 0; place < sample.token.length; place++) {
    const input = sample.input[place]!;
    const [from, to] = [sample.starts[input]!, causal ? place + 1 : sample.starts[input + 1]!];
    const bosScore = bosScores[queries!.at[place]!]!;
    const row = rowOf(
      Array.from({ length: to - from }, (_, k) => score(from + k, place) - bosScore),
      largest,
    );
    if (typeof row === "string") {
      throw notSharp(layer, head, `${row}, as at position ${place - from} of ${shown(sample, input)}`);
    }
    if (row.chosen.length > 0) {
      if (row.adds) adding++;
      else averaging++;
    }
    elsewhere = Math.max(elsewhere, row.elsewhere);
    selected.push(Int32Array.from(row.chosen, (k) => from + k));
  }
  if (adding > 0 && averaging > 0) throw notSharp(layer, head, "it adds up in some rows and averages in others");
  return {
    layer,
    head,
    query: query!,
    key: key!,
    value: adding > 0 ? scaledToCounts(value!, selected, bosScores, scores, queries!.at, keys!.at) : value!,
    adds: adding > 0,
    selected,
    elsewhere,
    margin: (key, place) => score(key, place) - bosScores[queries!.at[place]!]!,
    written: weights.written,
  };
}

/** What a query does: which of its keys it selects, whether it adds them up, and how much of its attention is elsewhere. */
interface Row {
  readonly chosen: readonly number[];
  readonly adds: boolean;
  readonly elsewhere: number;
}

/**
 * @param scores - of the keys, above BOS's
 * @returns the reason where the scores have no level that is clearly above the others
 */
function rowOf(scores: readonly number[], largest: number): Row | string {
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  if (highest < COUNTED) {
    const chosen = scores.flatMap((score, k) => (Math.exp(score) * largest < LEAST_PART ? [] : [k]));
    const lowest = chosen.reduce((least, k) => Math.min(least, scores[k]!), highest);
    return highest - lowest > SAME ? differing(highest, lowest) : { chosen, adds: true, elsewhere: 0 };
  }
  const levels = [0, ...scores].sort((a, b) => b - a);
  const [top] = levels;
  const lowest = levels.find((level, n) => {
    const gap = level - (levels[n + 1] ?? -Infinity);
    return gap > CLEAR && gap > 4 * (top! - level);
  })!;
  if (lowest <= 0 && highest >= lowest) {
    return `it attends to BOS and to other positions at once, of which one scores ${highest.toFixed(2)} above BOS`;
  }
  if (top! - lowest > CLEAR) return differing(top!, lowest);
  const chosen = scores.flatMap((score, k) => (score >= lowest ? [k] : []));
  const parts = levels.map((level) => Math.exp(level - top!));
  const inside = parts.filter((_, n) => levels[n]! >= lowest);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return { chosen, adds: false, elsewhere: 1 - sum(inside) / sum(parts) };
}

const differing = (high: number, low: number): string =>
  `the keys that it attends to score from ${low.toFixed(2)} to ${high.toFixed(2)} above BOS, and no gap between them is clear`;

const shown = ({ inputs }: Sample, input: number): string => inputs[input]!.map(String).join(" ");

const notSharp = (layer: number, head: number, why: string): NotHardError =>
  new NotHardError(`head ${head} of layer ${layer} is no hard selection: ${why}`);

/** Where BOS outweighs the selected keys: what each of them adds to the result. */
function scaledToCounts(
  { parts, constant, atBos }: Reading,
  selected: readonly Int32Array[],
  bosScores: readonly number[],
  scores: readonly Float64Array[],
  queryAt: Int32Array,
  keyAt: Int32Array,
): Reading {
  const place = selected.findIndex(({ length }) => length > 0);
  const q = queryAt[place]!;
  const share = Math.exp(scores[q]![keyAt[selected[place]![0]!]!]! - bosScores[q]!);
  const scaled = (row: Float64Array): Float64Array => row.map((v) => cleaned(share * v));
  return {
    parts: parts.map((part) => ({ ...part, rows: part.rows.map(scaled), atBos: scaled(part.atBos) })),
    // What BOS itself gives is no part of a sum.
    constant: constant.map((v, c) => cleaned(share * (v - atBos[c]!))),
    atBos,
  };
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, v, c) => total + v * b[c]!, 0);

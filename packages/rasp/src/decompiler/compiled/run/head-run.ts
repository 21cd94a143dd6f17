/** A head in the limit of sharp attention: which keys it selects at each place of the sample, and the values that it reads from them. */
import { exactExp } from "@selectron/core";
import { NotHardError } from "../not-hard-error.js";
import { read, statesOf, valueOf, type Reading, type ResidualStream } from "./residual-stream.js";
import type { Sample } from "./sample.js";
import { cleaned } from "./subspace.js";
import { dot, type HeadWeights } from "./weights.js";

/** What a head does on the sample. */
export interface HeadRun extends HeadPlace {
  readonly query: Reading;
  readonly key: Reading;
  readonly value: Reading;
  /** Whether the head adds up what it selects, as a width does; otherwise it takes the mean. */
  readonly adds: boolean;
  /** The places that each place selects, ascending; none where all attention is on BOS. */
  readonly selected: readonly Int32Array[];
  /** The largest part of a row's attention that is on keys other than the selected ones; 0 if the head is sharp. */
  readonly elsewhere: number;
  /** By how much the key at one place scores higher than BOS for the query at another. */
  readonly margin: (key: number, query: number) => number;
  /** The residual coordinates that it writes. */
  readonly written: readonly number[];
}

export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

/** A key that contributes less than this to a sum is not counted. */
const LEAST_PART = 1e-3;
/** Scores that are so far below BOS's serve counting: the attention on the selected keys is then linear in their number. */
const COUNTED = -8;
/** Scores that differ by no more than the first are equal; those that differ by more than the second may be different levels. */
const [SAME, CLEAR] = [0.01, 0.25];

/** @throws NotHardError if the scores of a row have no clear levels, or some rows are sums and others means */
export function runHead(
  weights: HeadWeights,
  place: HeadPlace,
  stream: ResidualStream,
  sample: Sample,
  causal: boolean,
): HeadRun {
  const [query, key, value] = [read(stream, weights.query), read(stream, weights.key), read(stream, weights.value)];
  const places = sample.token.length;
  const margins = new Margins(query, key, places);
  const largest = largestChange(value, places);
  const alike = value.parts.length === 0;
  const rows = Array.from({ length: places }, (_, at) => {
    const input = sample.input[at]!;
    const [from, to] = [sample.starts[input]!, causal ? at + 1 : sample.starts[input + 1]!];
    const row = rowOf(
      Array.from({ length: to - from }, (_, k) => margins.of(from + k, at)),
      largest,
      alike,
    );
    if (typeof row === "string") {
      throw notSharp(place, `${row}, as at position ${at - from} of ${inputText(sample, input)}`);
    }
    return { ...row, chosen: Int32Array.from(row.chosen, (k) => from + k) };
  });
  const selecting = rows.filter(({ chosen }) => chosen.length > 0);
  const adds = selecting.some((row) => row.adds);
  if (adds && !selecting.every((row) => row.adds)) {
    throw notSharp(place, "it adds up in some rows and averages in others");
  }
  const selected = rows.map(({ chosen }) => chosen);
  return {
    ...place,
    query,
    key,
    value: adds ? scaledToCounts(value, selected, margins) : value,
    adds,
    selected,
    elsewhere: rows.reduce((most, { elsewhere }) => Math.max(most, elsewhere), 0),
    margin: (key, query) => margins.of(key, query),
    written: weights.written,
  };
}

/** By how much keys score higher than BOS; computed once for each pair of states. */
class Margins {
  readonly #queryAt: Int32Array;
  readonly #keyAt: Int32Array;
  readonly #queries: readonly Float64Array[];
  readonly #keys: readonly Float64Array[];
  readonly #bosScores: readonly number[];
  readonly #scores: readonly Float64Array[];

  constructor(query: Reading, key: Reading, places: number) {
    [this.#queryAt, this.#queries] = valuesAt(query, places);
    [this.#keyAt, this.#keys] = valuesAt(key, places);
    this.#bosScores = this.#queries.map((q) => dot(q, key.atBos));
    this.#scores = this.#queries.map(() => new Float64Array(this.#keys.length).fill(NaN));
  }

  /** @param key - a place @param query - a place of the same input */
  of(key: number, query: number): number {
    const [q, k] = [this.#queryAt[query]!, this.#keyAt[key]!];
    const known = this.#scores[q]!;
    if (Number.isNaN(known[k]!)) known[k] = dot(this.#queries[q]!, this.#keys[k]!);
    return known[k]! - this.#bosScores[q]!;
  }
}

/** The number of the state at each place, and the value of a reading in each state. */
function valuesAt(reading: Reading, places: number): [Int32Array, Float64Array[]] {
  const { at, tuples } = statesOf(
    reading.parts.map(({ subspace }) => subspace),
    places,
  );
  return [at, tuples.map((tuple) => valueOf(reading, tuple))];
}

/** By how much a key can change what is written, at least 1: where BOS has most of the attention, a small part of a large value counts. */
function largestChange(value: Reading, places: number): number {
  const [, rows] = valuesAt(value, places);
  return rows.reduce((all, v) => v.reduce((most, x, c) => Math.max(most, Math.abs(x - value.atBos[c]!)), all), 1);
}

/** The keys that a query selects, whether it adds them up, and how much of its attention is on others. */
interface Row {
  readonly chosen: readonly number[];
  readonly adds: boolean;
  readonly elsewhere: number;
}

/**
 * @param scores - of the keys, above BOS's
 * @param largest - how much a key can change what is written
 * @param alike - whether all keys have one value, so that it does not matter which of those that score above BOS has the attention
 * @returns the reason if no level of the scores is clearly above the others
 */
function rowOf(scores: readonly number[], largest: number, alike: boolean): Row | string {
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  if (highest < COUNTED) {
    const chosen = scores.flatMap((score, k) => (exactExp(score) * largest < LEAST_PART ? [] : [k]));
    const lowest = chosen.reduce((least, k) => Math.min(least, scores[k]!), highest);
    return highest - lowest > SAME ? differing(highest, lowest) : { chosen, adds: true, elsewhere: 0 };
  }
  const levels = [0, ...scores].sort((a, b) => b - a);
  const [top] = levels;
  const lowest = levels.find((level, n) => {
    const next = levels[n + 1] ?? -Infinity;
    return level - next > CLEAR && (alike ? next <= 0 : level - next > 4 * (top! - level));
  })!;
  if (lowest <= 0 && highest >= lowest) {
    return `it attends to BOS and to other positions at once, of which one scores ${highest.toFixed(2)} above BOS`;
  }
  if (!alike && top! - lowest > CLEAR) return differing(top!, lowest);
  const chosen = scores.flatMap((score, k) => (score >= lowest ? [k] : []));
  const parts = levels.map((level) => Math.exp(level - top!));
  const inside = parts.filter((_, n) => levels[n]! >= lowest);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return { chosen, adds: false, elsewhere: 1 - sum(inside) / sum(parts) };
}

const differing = (high: number, low: number): string =>
  `the keys that it attends to score from ${low.toFixed(2)} to ${high.toFixed(2)} above BOS, and no gap between them is clear`;

const inputText = ({ inputs }: Sample, input: number): string => inputs[input]!.map(String).join(" ");

const notSharp = ({ layer, head }: HeadPlace, why: string): NotHardError =>
  new NotHardError(`head ${head} of layer ${layer} is no hard selection: ${why}`);

/** For a head that counts: what each selected key adds to the result. */
function scaledToCounts(
  { parts, constant, atBos }: Reading,
  selected: readonly Int32Array[],
  margins: Margins,
): Reading {
  const place = selected.findIndex(({ length }) => length > 0);
  const share = Math.exp(margins.of(selected[place]![0]!, place));
  const scaled = (row: Float64Array): Float64Array => row.map((v) => cleaned(share * v));
  return {
    parts: parts.map((part) => ({ ...part, rows: part.rows.map(scaled), atBos: scaled(part.atBos) })),
    // The value at BOS is no part of the sum.
    constant: constant.map((v, c) => cleaned(share * (v - atBos[c]!))),
    atBos,
  };
}

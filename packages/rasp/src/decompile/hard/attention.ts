/** A head in the limit of sharp attention: which keys it selects at each place of the sample, and what it makes of what they carry. */
import { NotHardError } from "./not-hard.js";
import type { Sample } from "./sample.js";
import { cleaned, read, statesOf, valueOf, type Reading, type Stream } from "./variable.js";
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
  /** How much higher than BOS the key at one place scores for the query at another. */
  readonly margin: (key: number, query: number) => number;
  /** The residual coordinates that it writes. */
  readonly written: readonly number[];
}

/** A key whose part in the result is less than this is not selected. */
const LEAST_PART = 1e-3;

export function runHead(
  weights: HeadWeights,
  layer: number,
  head: number,
  stream: Stream,
  sample: Sample,
  causal: boolean,
): HeadRun {
  const [query, key, value] = [weights.query, weights.key, weights.value].map((map) => read(stream, map));
  const [queries, keys, values] = [query!, key!, value!].map((reading) => {
    const states = statesOf(
      reading.parts.map(({ variable }) => variable),
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
  let [adding, averaging] = [0, 0];
  const score = (k: number, place: number): number => {
    const [known, at] = [scores[queries!.at[place]!]!, keys!.at[k]!];
    if (Number.isNaN(known[at]!)) known[at] = dot(queries!.rows[queries!.at[place]!]!, keys!.rows[at]!);
    return known[at]!;
  };
  for (let place = 0; place < sample.token.length; place++) {
    const input = sample.input[place]!;
    const [from, to] = [sample.starts[input]!, causal ? place + 1 : sample.starts[input + 1]!];
    const bosScore = bosScores[queries!.at[place]!]!;
    let most = bosScore;
    for (let k = from; k < to; k++) most = Math.max(most, score(k, place));
    const onBos = bosScore > most - 1;
    const chosen: number[] = [];
    let [low, high] = [Infinity, -Infinity];
    for (let k = from; k < to; k++) {
      const below = score(k, place) - most;
      const part = Math.exp(below) * (onBos ? largest : 1);
      if (part < LEAST_PART) continue;
      chosen.push(k);
      low = Math.min(low, below);
      high = Math.max(high, below);
    }
    if (chosen.length > 0) {
      if (high - low > 0.01) throw notSharp(layer, head, "the keys that it attends to have different scores");
      if (onBos && high > -8) throw notSharp(layer, head, "it attends to BOS and to other positions at once");
      if (onBos) adding++;
      else averaging++;
    }
    selected.push(Int32Array.from(chosen));
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
    margin: (key, place) => score(key, place) - bosScores[queries!.at[place]!]!,
    written: weights.written,
  };
}

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

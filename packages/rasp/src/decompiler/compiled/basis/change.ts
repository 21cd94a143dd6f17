/** The weights of a model in other coordinates of its residual stream, without what is 0 or rounded. */
import type { Affine, CompiledWeights, HeadWeights, LayerWeights, Matrix } from "../run/weights.js";
import { row } from "../run/weights.js";
import { dot, NOTHING, times, type Span } from "./span.js";

/**
 * @param span - the vectors of the new coordinates
 * @param written - of each layer the coordinates that hidden units write, a list for each function
 */
export function inCoordinates(
  weights: CompiledWeights,
  span: Span,
  written: readonly (readonly (readonly number[])[])[],
): CompiledWeights {
  const { size } = span;
  const write = (vector: Float64Array): Float64Array => snapped(span.coordinates(vector));
  const table = (matrix: Matrix): Matrix => matrixOf(rowsOf(matrix).map(write), size);
  const read = ({ weight, bias }: Affine): Affine => {
    const rows = span.vectors.map((vector) => times(vector, weight));
    return { weight: withoutNothing(matrixOf(rows, weight.columns)), bias };
  };
  return {
    ...weights,
    dModel: size,
    tokens: table(weights.tokens),
    positions: table(weights.positions),
    layers: weights.layers.map(({ heads, hidden, output, constant }, l): LayerWeights => ({
      written: written[l]!,
      heads: heads.map((head) => ({ head: head.head, ...scoresIn(head, span), ...valuesIn(head, span) })),
      hidden: read(hidden),
      output: table(output),
      constant: { attention: write(constant.attention), feedForward: write(constant.feedForward) },
    })),
    outputs: weights.outputs.map((output) => ({ ...output, unembedding: read(output.unembedding) })),
  };
}

export const rowsOf = (matrix: Matrix): Float64Array[] =>
  Array.from({ length: matrix.rows }, (_, r) => row(matrix, r).slice());

/** What a map gives for each vector of the new coordinates and, at the end, for none. */
const through = ({ weight, bias }: Affine, span: Span): Float64Array[] => [
  ...span.vectors.map((vector) => times(vector, weight)),
  bias,
];

/** What is so much smaller than the largest score is 0: products of two maps are rounded more often than one map. */
const NO_SCORE = 1e-5;

/** The scores as one bilinear form, which does not depend on the head's basis: keys are coordinates, queries their coefficients. */
function scoresIn(head: HeadWeights, span: Span): Pick<HeadWeights, "query" | "key"> {
  const { size } = span;
  const [queries, keys] = [through(head.query, span), through(head.key, span)];
  const form = queries.map((query) => Float64Array.from(keys, (key) => dot(query, key)));
  const least = NO_SCORE * largestOf(form);
  const clean = form.map((scores) => snappedScores(withoutSmaller(scores, least)));
  const kept = [...keys.keys()].filter((k) => clean.some((scores) => scores[k] !== 0));
  const units = Array.from({ length: size + 1 }, (_, c) => Float64Array.from(kept, (k) => Number(k === c)));
  return {
    query: affine(
      clean.map((scores) => picked(scores, kept)),
      kept.length,
    ),
    key: affine(units, kept.length),
  };
}

function valuesIn({ value, written: old }: HeadWeights, span: Span): Pick<HeadWeights, "value" | "written"> {
  const found = through(value, span).map((part) => {
    const vector = new Float64Array(span.vectors[0]!.length);
    old.forEach((c, j) => (vector[c] = part[j]!));
    return span.coordinates(vector);
  });
  const least = NOTHING * largestOf(found);
  const clean = found.map((vector) => snapped(withoutSmaller(vector, least)));
  const written = Array.from({ length: span.size }, (_, c) => c).filter((c) => clean.some((vector) => vector[c] !== 0));
  return {
    value: affine(
      clean.map((vector) => picked(vector, written)),
      written.length,
    ),
    written,
  };
}

/** The last row is the bias. */
const affine = (rows: readonly Float64Array[], columns: number): Affine => ({
  weight: matrixOf(rows.slice(0, -1), columns),
  bias: rows.at(-1)!,
});

const picked = (vector: Float64Array, from: readonly number[]): Float64Array =>
  Float64Array.from(from, (c) => vector[c]!);

const largestOf = (vectors: readonly Float64Array[]): number =>
  vectors.reduce((most, vector) => vector.reduce((all, x) => Math.max(all, Math.abs(x)), most), 0);

const withoutSmaller = (vector: Float64Array, least: number): Float64Array =>
  vector.map((x) => (Math.abs(x) < least ? 0 : x));

function matrixOf(rows: readonly Float64Array[], columns: number): Matrix {
  const data = new Float64Array(rows.length * columns);
  rows.forEach((vector, r) => data.set(vector, r * columns));
  return { rows: rows.length, columns, data };
}

/** Without entries that are 0 up to rounding beside the largest of their column. */
function withoutNothing({ rows, columns, data }: Matrix): Matrix {
  const result = data.slice();
  for (let c = 0; c < columns; c++) {
    let largest = 0;
    for (let r = 0; r < rows; r++) largest = Math.max(largest, Math.abs(data[r * columns + c]!));
    for (let at = c; at < data.length; at += columns) if (Math.abs(data[at]!) < NOTHING * largest) result[at] = 0;
  }
  return { rows, columns, data: snapped(result) };
}

/** Where a number is as near to a multiple of 2⁻¹², or a score to a whole number, it is that one. */
const [NEAR, NEAR_SCORE] = [6e-5, 2e-4];

const snapped = (numbers: Float64Array): Float64Array =>
  numbers.map((x) => {
    const whole = Math.round(x * 4096) / 4096;
    return Math.abs(whole - x) < NEAR ? whole : x;
  });

/** The powers of two by which BOS may outweigh a key. */
const [LEAST_POWER, GREATEST_POWER] = [8, 30];

/** The same of scores. Some are a whole number and the logarithm of a power of two, by which BOS outweighs what a head counts. */
const snappedScores = (scores: Float64Array): Float64Array =>
  snapped(scores).map((score) => {
    if (Number.isInteger(score * 4096)) return score;
    for (let power = LEAST_POWER; power <= GREATEST_POWER; power++) {
      const offset = Math.sign(score) * power * Math.LN2;
      const whole = Math.round(score - offset);
      if (Math.abs(whole + offset - score) < NEAR_SCORE) return whole + offset;
    }
    return score;
  });

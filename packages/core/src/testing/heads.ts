/** What the attention cases share: operands in memory, one query in plain float64, gradients held to differences. */
import type { AttentionSizes, HeadsView } from "../kernels/kernels.js";
import type { Rng } from "../random.js";
import { assertNear, blank, normals, ROUNDOFF } from "./support.js";

/** Sizes of an attention call. */
export type Sizes = Pick<AttentionSizes, "batch" | "heads" | "queries" | "keys" | "width" | "valueWidth">;

/** Elements before an operand in its buffer, which no kernel may touch. */
export const MARGIN = 3;

/** Length of the buffer of an operand of `rows` rows per head, its margin included. */
export const lengthOf = ({ batch, heads }: Sizes, rows: number, width: number): number =>
  MARGIN + batch * heads * rows * width;

/** [batch, rows, heads, width] behind the margin: the heads of a position side by side. */
export const sideBySide = ({ heads }: Sizes, rows: number, width: number, data: Float32Array): HeadsView => ({
  data,
  offset: MARGIN,
  batchStride: rows * heads * width,
  headStride: width,
  rowStride: heads * width,
});

/** [batch, heads, rows, width] behind the margin: one head after another. */
export const apart = ({ heads }: Sizes, rows: number, width: number, data: Float32Array): HeadsView => ({
  data,
  offset: MARGIN,
  batchStride: rows * heads * width,
  headStride: rows * width,
  rowStride: width,
});

/** An operand of the same layout with other data. */
export const like = (view: HeadsView, data: (length: number) => Float32Array): HeadsView => ({
  ...view,
  data: data(view.data.length),
});

/** Index of the first element of row i. */
export const rowStart = (view: HeadsView, b: number, h: number, i: number): number =>
  view.offset + b * view.batchStride + h * view.headStride + i * view.rowStride;

/** The operands that have gradients. */
const NAMES = ["query", "key", "value"] as const;
type Operands = Readonly<Record<(typeof NAMES)[number], HeadsView>>;

/** The numbers in the operands' buffers: those of a call, or some of them moved a little. */
export type Buffers = Readonly<Record<keyof Operands, ArrayLike<number>>>;

export const buffersOf = ({ query, key, value }: Operands): Buffers => ({
  query: query.data,
  key: key.data,
  value: value.data,
});

/** What one query should come out as. */
export interface PlainRow {
  /** [valueWidth]. */
  readonly result: readonly number[];
  /** The softmax over the given keys. */
  readonly weights: readonly number[];
  /** Logarithm of the sum of the exponentiated scores; −∞ if every key is hidden. */
  readonly logSum: number;
  /** How much a score or a weight may be off by rounding. */
  readonly slack: number;
}

/**
 * Query i over the given keys, in float64.
 *
 * @param bias - added to the scaled score of a key; −∞ hides it
 * @param factor - of the weight of the n-th key given
 */
export function plainRow(
  call: AttentionSizes & Operands,
  buffers: Buffers,
  [b, h, i]: readonly [number, number, number],
  keys: readonly number[],
  { bias = () => 0, factor = () => 1 }: { bias?: (key: number) => number; factor?: (n: number) => number },
): PlainRow {
  const { width, valueWidth, scale, query, key, value } = call;
  let size = 0;
  const queryRow = rowStart(query, b, h, i);
  const scores = keys.map((j) => {
    const keyRow = rowStart(key, b, h, j);
    let sum = 0;
    let magnitude = 0;
    for (let c = 0; c < width; c++) {
      const product = buffers.query[queryRow + c]! * buffers.key[keyRow + c]!;
      sum += product;
      magnitude += Math.abs(product);
    }
    size = Math.max(size, Math.abs(scale) * magnitude);
    return scale * sum + bias(j);
  });
  const most = Math.max(...scores);
  const exponentials = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - most)));
  const total = exponentials.reduce((sum, e) => sum + e, 0);
  const weights = exponentials.map((e) => (total === 0 ? 0 : e / total));
  const mixed = (c: number): number =>
    keys.reduce((sum, j, n) => sum + weights[n]! * factor(n) * buffers.value[rowStart(value, b, h, j) + c]!, 0);
  return {
    result: Array.from({ length: valueWidth }, (_, c) => mixed(c)),
    weights,
    logSum: total === 0 ? -Infinity : most + Math.log(total),
    slack: ROUNDOFF * ((width + 4) * (1 + size) + call.keys + 16),
  };
}

/** Every query of a call. */
export function forEachQuery(
  { batch, heads, queries }: AttentionSizes,
  visit: (b: number, h: number, i: number) => void,
): void {
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) visit(b, h, i);
    }
  }
}

/** What a backward kernel is given and what it writes. */
export interface Gradients {
  readonly outGradient: HeadsView;
  readonly queryGradient: HeadsView;
  readonly keyGradient: HeadsView;
  readonly valueGradient: HeadsView;
}

/**
 * Compares the gradients of Σ out ⊙ outGradient, for a random outGradient, with differences of that sum along a random
 * direction for each operand.
 *
 * @param backward - the kernel
 * @param plain - the results that the sum is made of
 */
export function checkGradients(
  label: string,
  call: AttentionSizes & Operands & { readonly out: HeadsView },
  backward: (gradients: Gradients) => void,
  plain: (buffers: Buffers, b: number, h: number, i: number) => PlainRow,
  rng: Rng,
): void {
  const outGradient = like(call.out, (length) => normals(rng, length));
  const gradients = { query: like(call.query, blank), key: like(call.key, blank), value: like(call.value, blank) };
  const { query: queryGradient, key: keyGradient, value: valueGradient } = gradients;
  backward({ outGradient, queryGradient, keyGradient, valueGradient });
  const loss = (buffers: Buffers): number => {
    let total = 0;
    forEachQuery(call, (b, h, i) => {
      const start = rowStart(outGradient, b, h, i);
      plain(buffers, b, h, i).result.forEach((value, c) => (total += value * outGradient.data[start + c]!));
    });
    return total;
  };
  const step = 1e-4;
  for (const name of NAMES) {
    const { data } = gradients[name];
    const direction = normals(rng, data.length).fill(0, 0, MARGIN);
    const along = (sign: number): number => {
      const moved = Float64Array.from(call[name].data, (x, index) => x + sign * step * direction[index]!);
      return loss({ ...buffersOf(call), [name]: moved });
    };
    const expected = (along(1) - along(-1)) / (2 * step);
    let actual = 0;
    let magnitude = 0;
    for (let i = MARGIN; i < data.length; i++) {
      actual += data[i]! * direction[i]!;
      magnitude += Math.abs(data[i]! * direction[i]!);
    }
    assertNear(`${label}: gradient along ${name}`, actual, expected, 2e-5 * (1 + magnitude));
  }
}

/**
 * A compiled model in a narrower residual stream, to be trained on: every map reads and writes the directions in which the streams of inputs lie
 * most, their principal components. Heads and hidden units stay what they are, so that the circuit's edges are those of the compiled model.
 * Lindner et al. 2023 (arXiv 2301.05062, section 5) learn such a projection; here it is the beginning of a training of all weights.
 */
import { noGrad, scope, tensor, type Tensor } from "@selectron/core";
import type { TransformerEncoder } from "@selectron/nn";

/** Whether a recorded activation is the residual stream. */
export const isStream = (name: string): boolean => name === "embedding" || name.endsWith(".residual");

/**
 * The `width` directions in which residual streams are largest, as columns [dModel, width].
 *
 * @param batches - token ids
 */
export function principalDirections(
  model: TransformerEncoder,
  batches: readonly (readonly (readonly number[])[])[],
  width: number,
): Tensor {
  const { dModel } = model.config;
  const moments = Array.from({ length: dModel }, () => new Float64Array(dModel));
  for (const tokens of batches) {
    scope(() => noGrad(() => model.forward(tokens, { record: (name, x) => void (isStream(name) && add(moments, x)) })));
  }
  const { values, vectors } = eigenvectors(moments);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
  const data = Float32Array.from({ length: dModel * width }, (_, at) => {
    return vectors[Math.floor(at / width)]![order[at % width]!]!;
  });
  return tensor(data, [dModel, width]);
}

/** Adds x xᵀ for each row of a stream [B, n, dModel]. */
function add(moments: readonly Float64Array[], stream: Tensor): void {
  const { data } = stream;
  const n = moments.length;
  for (let row = 0; row < data.length; row += n) {
    for (let i = 0; i < n; i++) {
      const x = data[row + i]!;
      if (x !== 0) for (let j = 0; j < n; j++) moments[i]![j]! += x * data[row + j]!;
    }
  }
}

const [SWEEPS, TINY] = [60, 1e-12];

/** Eigenvalues and, as columns, eigenvectors of a symmetric matrix, by Jacobi's rotations. Only +, -, ×, ÷ and √, so that every runtime has the same. */
export function eigenvectors(symmetric: readonly Float64Array[]): {
  readonly values: readonly number[];
  readonly vectors: readonly Float64Array[];
} {
  const a = symmetric.map((row) => row.slice());
  const n = a.length;
  const vectors = a.map((_, i) => Float64Array.from({ length: n }, (__, j) => Number(i === j)));
  const trace = a.reduce((sum, row, i) => sum + Math.abs(row[i]!), 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let outside = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) outside += Math.abs(a[p]![q]!);
    if (outside <= TINY * trace) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, p, q);
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}

/** One rotation, which makes a[p][q] 0. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  if (a[p]![q] === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of [...a, ...vectors]) [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!];
  const [left, right] = [a[p]!, a[q]!];
  for (let k = 0; k < a.length; k++) {
    [left[k], right[k]] = [c * left[k]! - s * right[k]!, s * left[k]! + c * right[k]!];
  }
}

/** Maps that write to the residual stream, and those that read it. */
const [WRITES, READS] = [
  /^embedding\.|\.output\.(weight|bias)$/,
  /\.(query|key|value|hidden)\.weight$|^unembedding\.weight$/,
];

/** The weights of a model with a stream of these directions, columns [dModel, width]. */
export function narrowed(model: TransformerEncoder, directions: Tensor): Map<string, Tensor> {
  const [dModel, width] = directions.shape as [number, number];
  const back = directions.transpose();
  return noGrad(
    () =>
      new Map(
        [...model.parameters()].map(([name, weight]) => {
          if (READS.test(name)) return [name, back.matmul(weight)];
          if (!WRITES.test(name)) return [name, weight];
          if (weight.shape.length > 1) return [name, weight.matmul(directions)];
          return [name, weight.reshape([1, dModel]).matmul(directions).reshape([width])];
        }),
      ),
  );
}

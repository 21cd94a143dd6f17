/** What the engines are asked to compute, and what comes out in float64 (the reference accumulates so and rounds once). */
import { randn, referenceKernels, Rng, type HeadsView, type MatrixView } from "@selectron/core";

/** A product of [batch, m, k] and [batch, k, n]; `a` and `b` lie as their transposes where that is asked. */
export interface MatmulTask {
  readonly kind: "matmul";
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** Attention of `heads` heads, each operand [heads, length, width]. */
export interface AttentionTask {
  readonly kind: "attention";
  readonly heads: number;
  readonly length: number;
  readonly width: number;
  readonly causal: boolean;
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
}

/** One operation on x [rows, columns]. */
export interface RowsTask {
  readonly kind: "softmax" | "layerNorm" | "gelu" | "add";
  readonly rows: number;
  readonly columns: number;
  readonly x: Float32Array;
}

/** A pre-norm encoder without embedding: x [batch, length, dModel] through blocks; parameters by short names. */
export interface EncoderTask {
  readonly kind: "encoder";
  readonly batch: number;
  readonly length: number;
  readonly dModel: number;
  readonly heads: number;
  readonly dFf: number;
  readonly layers: number;
  readonly x: Float32Array;
  /** "0.query" [dModel, dModel], ..., "0.hidden" [dModel, dFf], "0.output2" [dFf, dModel]. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

export type Task = MatmulTask | AttentionTask | RowsTask | EncoderTask;

const normals = (rng: Rng, length: number, scale = 1): Float32Array => randn([length], rng).data.map((x) => x * scale);

/** The operands are drawn when they are first read: some have tens of millions of elements, and a caller may only ask for the sizes. */
export function matmulTask(m: number, k: number, n: number, options: Partial<MatmulTask> = {}): MatmulTask {
  const batch = options.batch ?? 1;
  let drawn: Pick<MatmulTask, "a" | "b"> | undefined;
  const operands = (): Pick<MatmulTask, "a" | "b"> => {
    const rng = new Rng(1);
    return (drawn ??= { a: normals(rng, batch * m * k), b: normals(rng, batch * k * n) });
  };
  const sizes = { kind: "matmul", batch, m, k, n, transposeA: false, transposeB: false } as const;
  return {
    ...sizes,
    get a() {
      return operands().a;
    },
    get b() {
      return operands().b;
    },
    ...options,
  };
}

/** A product with a right matrix as empty as the weights of a compiled program. */
export function sparseMatmulTask(m: number, k: number, n: number, density: number): MatmulTask {
  const task = matmulTask(m, k, n);
  const rng = new Rng(5);
  return { ...task, b: task.b.map((value) => (rng.float() < density ? value : 0)) };
}

export function attentionTask(heads: number, length: number, width: number, causal: boolean): AttentionTask {
  const rng = new Rng(2);
  const draw = (): Float32Array => normals(rng, heads * length * width);
  return { kind: "attention", heads, length, width, causal, query: draw(), key: draw(), value: draw() };
}

export function rowsTask(kind: RowsTask["kind"], rows: number, columns: number): RowsTask {
  return { kind, rows, columns, x: normals(new Rng(3), rows * columns, 2) };
}

export function encoderTask(sizes: Omit<EncoderTask, "kind" | "x" | "weights">): EncoderTask {
  const { batch, length, dModel, dFf, layers } = sizes;
  const rng = new Rng(4);
  const weights = new Map<string, Float32Array>();
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ["query", "key", "value", "output"]) {
      weights.set(`${layer}.${name}`, normals(rng, dModel * dModel, dModel ** -0.5));
    }
    weights.set(`${layer}.hidden`, normals(rng, dModel * dFf, dModel ** -0.5));
    weights.set(`${layer}.output2`, normals(rng, dFf * dModel, dFf ** -0.5));
  }
  return { kind: "encoder", ...sizes, x: normals(rng, batch * length * dModel), weights };
}

/** Floating-point operations, multiplications and additions apart; undefined where they are not what counts. */
export function operationsOf(task: Task): number | undefined {
  switch (task.kind) {
    case "matmul":
      return 2 * task.batch * task.m * task.k * task.n;
    case "attention":
      return 4 * task.heads * task.length ** 2 * task.width;
    case "encoder": {
      const { batch, length, dModel, dFf, layers } = task;
      return 2 * batch * layers * length * (4 * dModel ** 2 + 2 * dModel * dFf + 2 * length * dModel);
    }
    default:
      return undefined;
  }
}

function matrix(data: Float32Array, start: number, rows: number, columns: number, transposed: boolean): MatrixView {
  return transposed
    ? { data, offset: start, rowStride: 1, columnStride: rows }
    : { data, offset: start, rowStride: columns, columnStride: 1 };
}

function expectedMatmul({ batch, m, k, n, transposeA, transposeB, a, b }: MatmulTask): Float32Array {
  const out = new Float32Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    const left = matrix(a, i * m * k, m, k, transposeA);
    const right = matrix(b, i * k * n, k, n, transposeB);
    referenceKernels.matmul({ a: left, b: right, m, k, n, out: out.subarray(i * m * n, (i + 1) * m * n) });
  }
  return out;
}

function expectedAttention({ heads, length, width, causal, query, key, value }: AttentionTask): Float32Array {
  const out = new Float32Array(heads * length * width);
  const view = (data: Float32Array): HeadsView => ({
    data,
    offset: 0,
    batchStride: 0,
    headStride: length * width,
    rowStride: width,
  });

  referenceKernels.attention({
    batch: 1,
    heads,
    queries: length,
    keys: length,
    width,
    valueWidth: width,
    scale: 1 / Math.sqrt(width),
    after: causal ? 0 : undefined,
    query: view(query),
    key: view(key),
    value: view(value),
    out: view(out),
  });
  return out;
}

function expectedRows({ kind, rows, columns, x }: RowsTask): Float32Array {
  const out = new Float32Array(x.length);
  if (kind === "softmax") referenceKernels.softmaxRows(x, out, rows, columns);
  else if (kind === "layerNorm") referenceKernels.layerNormRows(x, undefined, undefined, out, rows, columns, 1e-5);
  else if (kind === "gelu") referenceKernels.unary("geluExact", x, out);
  else referenceKernels.binary("add", x, x, out);
  return out;
}

/** The answer, or undefined for an encoder, whose answer is that of core's reference kernels through the tensor API. */
export function expected(task: Task): Float32Array | undefined {
  if (task.kind === "matmul") return expectedMatmul(task);
  if (task.kind === "attention") return expectedAttention(task);
  return task.kind === "encoder" ? undefined : expectedRows(task);
}

/** Throws an Error unless every element is within 1e-5 of the largest expected one. */
export function compare(actual: ArrayLike<number>, wanted: Float32Array): void {
  if (actual.length !== wanted.length) throw new Error(`${actual.length} elements, not ${wanted.length}.`);
  const most = wanted.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  wanted.forEach((value, i) => {
    if (!(Math.abs(actual[i]! - value) <= 1e-5 * most)) throw new Error(`element ${i} is ${actual[i]}, not ${value}.`);
  });
}

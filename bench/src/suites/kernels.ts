/** The kernel suites: lists of tasks under the names that `npm run bench` takes. */
import {
  attentionTask,
  encoderTask,
  matmulTask,
  rowsTask,
  sparseMatmulTask,
  type RowsTask,
  type Task,
} from "../tasks.js";

export interface NamedTask {
  readonly name: string;
  readonly task: () => Task;
  /** Engines that would take minutes. */
  readonly without?: readonly string[];
}

const square = (n: number): NamedTask => ({
  name: `matmul ${n}³`,
  task: () => matmulTask(n, n, n),
  ...(n >= 256 ? { without: ["tfjs-cpu", "plain"] } : {}),
});

const transposed = (transposeA: boolean, transposeB: boolean): NamedTask => ({
  name: `matmul 256³ ${transposeA ? "T" : "N"}${transposeB ? "T" : "N"}`,
  task: () => matmulTask(256, 256, 256, { transposeA, transposeB }),
  without: ["tfjs-cpu", "plain"],
});

const encoder = (batch: number): NamedTask => ({
  name: `encoder, 2 layers, d 256, 4 heads, FFN 1024, sequence 128, batch ${batch}`,
  task: () => encoderTask({ batch, length: 128, dModel: 256, heads: 4, dFf: 1024, layers: 2 }),
  without: ["tfjs-cpu", "plain"],
});

/** The linear layers of GPT-2 over a few tokens, its logits of one, and a matrix times a column. */
const fewRows = [
  [1, 768, 768],
  [1, 768, 3072],
  [1, 768, 50257],
  [4, 768, 768],
  [4, 768, 3072],
  [8, 768, 3072],
  [16, 768, 2304],
  [64, 768, 3072],
  [1024, 1024, 1],
] as const;

const threads: readonly NamedTask[] = [
  ...[32, 64, 128, 256, 512, 1024].map((n) => ({ name: `threads, matmul ${n}³`, task: () => matmulTask(n, n, n) })),
  { name: "threads, matmul 1×768×3072", task: () => matmulTask(1, 768, 3072) },
  { name: "threads, matmul 4×768×3072", task: () => matmulTask(4, 768, 3072) },
  { name: "threads, matmul 16×1024×1024", task: () => matmulTask(16, 1024, 1024) },
  ...[128, 512, 1024].map((n) => ({
    name: `threads, attention, 4 heads, d 64, causal, n ${n}`,
    task: () => attentionTask(4, n, 64, true),
  })),
];

export const kernelSuites: Readonly<Record<string, readonly NamedTask[]>> = {
  kernels: [
    ...[32, 64, 128, 256, 512, 1024].map(square),
    transposed(false, true),
    transposed(true, false),
    transposed(true, true),
    { name: "matmul 8×[128,64]·[64,128]", task: () => matmulTask(128, 64, 128, { batch: 8 }) },
    { name: "matmul 1×256×1024", task: () => matmulTask(1, 256, 1024), without: ["tfjs-cpu"] },
    {
      name: "matmul 1600×200×2500, 0.5 % not zero",
      task: () => sparseMatmulTask(1600, 200, 2500, 0.005),
      without: ["tfjs-cpu"],
    },
    { name: "matmul 8×768×768", task: () => matmulTask(8, 768, 768), without: ["tfjs-cpu", "plain"] },
  ],
  "few-rows": [
    ...fewRows.map(([m, k, n]) => ({ name: `matmul ${m}×${k}×${n}`, task: () => matmulTask(m, k, n) })),
    { name: "matmul 4×768×3072 NT", task: () => matmulTask(4, 768, 3072, { transposeB: true }) },
  ].map((named) => ({ ...named, without: ["tfjs-cpu", "plain", "jax-js"] })),
  attention: [64, 256, 512, 1024, 2048].map((n) => ({
    name: `attention, 4 heads, d 64, causal, n ${n}`,
    task: () => attentionTask(4, n, 64, true),
    without: ["tfjs-cpu", "plain", ...(n >= 2048 ? ["jax-js"] : [])],
  })),
  rows: (["softmax", "layerNorm", "gelu"] as const).map((kind) => ({
    name: `${kind} [512, 512]`,
    task: () => rowsTask(kind, 512, 512),
    without: ["plain"],
  })),
  encoder: [1, 8].map(encoder),
  dispatch: [
    { name: "add [2, 2]", task: () => rowsTask("add", 2, 2) },
    { name: "add [16, 16]", task: () => rowsTask("add", 16, 16) },
    { name: "matmul 4³", task: () => matmulTask(4, 4, 4) },
  ],
  default: [
    ...["softmax", "layerNorm", "gelu"].map((kind) => ({
      name: `default, ${kind} [512, 512]`,
      task: () => rowsTask(kind as RowsTask["kind"], 512, 512),
    })),
    ...[
      [1, 256, 1024],
      [1, 768, 3072],
      [128, 128, 128],
      [256, 256, 256],
      [512, 512, 512],
    ].map(([m, k, n]) => ({ name: `default, matmul ${m}×${k}×${n}`, task: () => matmulTask(m!, k!, n!) })),
    { name: "default, matmul 8×[128,64]·[64,128]", task: () => matmulTask(128, 64, 128, { batch: 8 }) },
    ...[256, 512, 1024, 2048].map((n) => ({
      name: `default, attention, 4 heads, d 64, causal, n ${n}`,
      task: () => attentionTask(4, n, 64, true),
      ...(n >= 2048 ? { without: ["jax-js"] } : {}),
    })),
    ...[1, 8].map((batch) => ({ ...encoder(batch), name: `default, ${encoder(batch).name}` })),
  ],
  threads,
  "threads-resident": threads,
  "threads-relaxed": threads,
};

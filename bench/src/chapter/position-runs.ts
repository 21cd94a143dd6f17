/** Training a small causal model with each positional encoding, and testing it on longer rows. */
import {
  crossEntropy,
  getKernels,
  noGrad,
  randn,
  referenceKernels,
  Rng,
  scope,
  setKernels,
  type Tensor,
} from "@selectron/core";
import { AdamW, cosine, decoderOnly, train, TransformerDecoder, type PositionConfig } from "@selectron/nn";
import {
  IGNORED,
  MULTIPLES,
  positionTasks,
  TRAINED_TOKENS,
  VOCABULARY,
  type PositionTask,
  type PositionTaskName,
  type Row,
} from "./position-tasks.js";

/** The encoding of a model for rows so many times as long as those of its training. */
type Encoding = (multiple: number) => PositionConfig;

const rope: Encoding = () => ({ kind: "rope" });
const interpolated: Encoding = () => ({ kind: "interpolated", trainedLength: TRAINED_TOKENS });
const composite = (relative: PositionConfig): PositionConfig => ({
  kind: "composite",
  absolute: { kind: "sinusoidal" },
  relative,
});

/** What is trained, and under which further names it is tested: with the same parameters and another rule for longer rows. */
export const encodings: Readonly<
  Record<string, { readonly trained: Encoding; readonly also?: Readonly<Record<string, Encoding>> }>
> = {
  none: { trained: () => ({ kind: "none" }) },
  sinusoidal: { trained: () => ({ kind: "sinusoidal" }) },
  learned: { trained: () => ({ kind: "learned" }), also: { "learned, interpolated": interpolated } },
  rope: {
    trained: rope,
    also: {
      "rope, interpolated": (multiple) => ({ kind: "rope", interpolation: multiple }),
      "rope, NTK-aware": (multiple) => ({ kind: "ntk", factor: multiple }),
    },
  },
  "rope, CLEX": { trained: () => ({ kind: "clex", trainedLength: TRAINED_TOKENS }) },
  shaw: { trained: () => ({ kind: "shaw", maxDistance: 8 }) },
  t5: { trained: () => ({ kind: "t5", buckets: 16, maxDistance: 32 }) },
  clipped: { trained: () => ({ kind: "clipped", maxDistance: 8 }) },
  "clipped, (qk + b) / √d": { trained: () => ({ kind: "clipped", maxDistance: 8, scaled: true }) },
  alibi: { trained: () => ({ kind: "alibi" }) },
  "multi-scale CNN": { trained: () => ({ kind: "convolutional" }) },
  dynamic: { trained: () => ({ kind: "dynamic" }) },
  "recurrent (LSTM)": { trained: () => ({ kind: "recurrent" }) },
  "neural ODE": { trained: () => ({ kind: "ode" }) },
  complex: { trained: () => ({ kind: "complex" }) },
  "α sinusoidal + β t5": { trained: () => composite({ kind: "t5", buckets: 16, maxDistance: 32 }) },
  "α sinusoidal + β rope": { trained: () => composite({ kind: "rope" }) },
};

/** Sizes and length of a training. */
export interface PositionOptions {
  readonly steps: number;
  readonly width: number;
  readonly batch: number;
  /** Rows of each test. */
  readonly count: number;
}

/** What an encoding reached on a task. */
export interface PositionRun {
  readonly encoding: string;
  readonly task: PositionTaskName;
  readonly seed: number;
  readonly parameters: number;
  /** The share of answers' tokens that are right, at each multiple of the trained length. */
  readonly accuracy: readonly number[];
  /** Milliseconds of a processor for a step, and megabytes that one allocates, of a batch of the longest trained rows. */
  readonly milliseconds: number;
  readonly megabytes: number;
}

function configOf(positions: PositionConfig, multiple: number, width: number) {
  const sizes = {
    vocabSize: VOCABULARY,
    hiddenSize: width,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    intermediateSize: 2 * width,
  };
  const plain = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, activation: "relu", layerNormEps: 1e-5 } as const;
  return decoderOnly({ ...sizes, ...plain, positions, maxPositionEmbeddings: multiple * TRAINED_TOKENS });
}

/** The model for longer rows with given parameters. A table of positions gets rows that were never trained. */
function longer(
  parameters: ReadonlyMap<string, Tensor>,
  positions: PositionConfig,
  multiple: number,
  width: number,
): TransformerDecoder {
  const config = configOf(positions, multiple, width);
  const own = new Map(parameters);
  for (const [name, shape] of TransformerDecoder.parameterShapes(config)) {
    const given = own.get(name)!;
    const missing = shape[0]! - given.shape[0]!;
    if (missing > 0) {
      own.set(name, given.concat([randn([missing, shape[1]!], new Rng(9)).div(Math.sqrt(shape[1]!))], 0));
    }
  }
  return new TransformerDecoder(config, own);
}

const rowsOf = (task: PositionTask, rng: Rng, size: number, count: number): Row[] =>
  Array.from({ length: count }, () => task.draw(rng, size));

/** A training pass over rows of one length; answers alone are counted. */
export function teacherForcedRows(model: TransformerDecoder, rows: readonly Row[]) {
  const logits = model.forward(rows.map(({ tokens }) => tokens));
  const targets = rows.flatMap(({ targets }) => targets);
  const answers = logits.detach().argmax().data;
  const counted = targets.filter((id) => id !== IGNORED).length;
  const correct = targets.filter((id, i) => id !== IGNORED && id === answers[i]).length;
  return { loss: crossEntropy(logits, targets, { ignoreIndex: IGNORED }), correct, counted, tokens: targets.length };
}

const TEST_SEED = 28_100_000;

function accuracyOf(model: TransformerDecoder, task: PositionTask, size: number, count: number): number {
  const rows = rowsOf(task, new Rng(TEST_SEED + size), size, count);
  const { correct, counted } = scope(() => noGrad(() => teacherForcedRows(model, rows)));
  return Number((correct / counted).toFixed(4));
}

/** Time and memory of steps on the longest rows of the training. */
function costOf(
  model: TransformerDecoder,
  task: PositionTask,
  batch: number,
): Pick<PositionRun, "milliseconds" | "megabytes"> {
  const rows = rowsOf(task, new Rng(1), task.trained, batch);
  const step = (): void => scope(() => teacherForcedRows(model, rows).loss.backward());
  const times = Array.from({ length: 7 }, () => {
    // The processor's time, which other work on the machine lengthens less.
    const before = process.cpuUsage();
    step();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  const kernels = getKernels();
  let bytes = 0;
  setKernels({ ...referenceKernels, allocate: (length) => ((bytes += 4 * length), new Float32Array(length)) });
  step();
  setKernels(kernels);
  return { milliseconds: Number(times[3]!.toFixed(1)), megabytes: Number((bytes / 1e6).toFixed(1)) };
}

/** Trains an encoding on a task from a seed, and tests it under each of its names. */
export async function runPositions(
  name: string,
  taskName: PositionTaskName,
  seed: number,
  options: PositionOptions,
): Promise<PositionRun[]> {
  const { steps, width, batch, count } = options;
  const { trained, also = {} } = encodings[name]!;
  const task: PositionTask = positionTasks[taskName];
  const model = new TransformerDecoder(configOf(trained(1), 1, width), new Rng(seed));
  const parameters = model.parameters();
  // CLEX draws how much longer the rows will be, so that its equation is trained.
  const stretched =
    name === "rope, CLEX"
      ? MULTIPLES.map((multiple) => longer(parameters, trained(multiple), multiple, width))
      : [model];
  await train({
    optimizer: new AdamW(parameters, { beta2: 0.98 }),
    schedule: cosine({ peak: 3e-3, warmup: Math.min(50, steps), steps, floor: 1e-5 }),
    steps,
    seed,
    clip: 1,
    forward: (rng) => {
      const own = rng.pick(stretched);
      return teacherForcedRows(own, rowsOf(task, rng, 1 + rng.int(task.trained), batch));
    },
  });
  const cost = costOf(model, task, batch);
  return Object.entries({ [name]: trained, ...also }).map(([encoding, positions]) => ({
    encoding,
    task: taskName,
    seed,
    parameters: model.parameterCount,
    accuracy: MULTIPLES.map((multiple) =>
      accuracyOf(longer(parameters, positions(multiple), multiple, width), task, multiple * task.trained, count),
    ),
    ...cost,
  }));
}

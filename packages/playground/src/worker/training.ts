/** Trains a small Transformer on what the program computes, in pieces, and looks for the program that it has learnt. */
import { Rng } from "@selectron/core";
import { AdamW, cosine, linear, NonFiniteError, train, TransformerEncoder } from "@selectron/nn";
import {
  displayElement,
  Evaluation,
  learnedHeads,
  learnedValues,
  loopSteps,
  programAccuracy,
  programPass,
  ProgramTask,
  RaspError,
  topological,
  trainedFile,
  type Atom,
  type ProgramBatch,
  type SOp,
} from "@selectron/rasp";
import { tokensOf } from "./input.js";
import { useFastKernels } from "./kernels.js";
import { otherProblem, sopOf } from "./model-problems.js";
import { label } from "./places.js";
import type { Progress } from "./problem.js";
import type {
  DecompileQuestion,
  DecompileReply,
  LearnedPair,
  TrainedReply,
  TrainingQuestion,
  TrainingReply,
  TrainMoreQuestion,
  TrainMoreReply,
  TrainQuestion,
  TrainReply,
} from "./training-protocol.js";

/** As in `selectron train`, on a narrower model and fewer steps. */
const [STEPS, BATCH, PEAK, WARMUP, WIDTH, FFN, SEED] = [2000, 32, 3e-3, 50, 48, 96, 1];
/** How many batches of 50 an accuracy is taken of. */
const GLANCE = 2;
/** What loops take several steps for has a layer for each of them, of these at most. */
const MOST_LAYERS = 4;
/** More classes than these are no task for so small a model. */
const MOST_CLASSES = 200;

/** The element that programs keep at position 0 only. */
const BOS = "§";

let current: Training | undefined;

export async function answerTraining(
  question: TrainingQuestion,
  tell: (progress: Progress) => void,
): Promise<TrainingReply> {
  await useFastKernels();
  switch (question.kind) {
    case "train":
      return begin(question);
    case "train-more":
      if (!current) throw new Error("there is no training");
      return current.more(question);
    case "trained":
      return current?.file() ?? { kind: "trained", name: "" };
    case "decompile":
      return decompiled(question, tell);
  }
}

function begin(question: TrainQuestion): TrainReply {
  try {
    const { sop } = sopOf(question);
    const written = tokensOf(question.vocabulary);
    const bos = written.includes(BOS) ? BOS : undefined;
    const vocabulary = [...new Map(written.map((token) => [displayElement(token), token])).values()].filter(
      (token) => token !== BOS,
    );
    const task = new ProgramTask(sop, { vocabulary, maxLength: question.maxLength, ...(bos ? { bos } : {}) });
    if (task.classes.length > MOST_CLASSES) throw new RangeError("train.tooMany");
    current = new Training(task, sop.name ?? "answer", question.supervise, stepsOn(sop, tokensOf(question.input)));
    return { kind: "train", training: current.figures };
  } catch (error) {
    return { kind: "train", problem: otherProblem(error) };
  }
}

const hasLoops = (sop: SOp): boolean => topological(sop).some(({ kind }) => kind === "final");

/** The most steps that a loop takes on an input; 0 where there is none, or no value. */
function stepsOn(sop: SOp, input: readonly Atom[]): number {
  if (!hasLoops(sop) || input.length === 0) return 0;
  try {
    return Math.max(...loopSteps(sop, new Evaluation(input)).map(({ steps }) => steps));
  } catch (error) {
    if (error instanceof RaspError) return 0;
    throw error;
  }
}

class Training {
  readonly #task: ProgramTask;
  readonly #name: string;
  readonly #model: TransformerEncoder;
  readonly #losses: number[] = [];
  /** Heads of loops differ from step to step: they are neither taught nor shown. */
  readonly #hasLoops: boolean;
  #step = 0;
  #isDone = false;
  #failure: unknown;
  /** Until when the loop goes on, and what lets it. */
  #until = 0;
  #go: (() => void) | undefined;
  /** Called where the loop pauses or ends. */
  #paused: () => void = () => undefined;

  /** @param loopSteps - the most steps that a loop of the program takes on the page's input; 0 without loops */
  constructor(task: ProgramTask, name: string, supervise: boolean, loopSteps: number) {
    this.#task = task;
    this.#name = name;
    this.#hasLoops = hasLoops(task.sop);
    const layers = Math.max(1, Math.min(task.layers * Math.max(1, loopSteps), Math.max(task.layers, MOST_LAYERS)));
    const model = new TransformerEncoder(task.config({ dModel: WIDTH, dFf: FFN, layers }), new Rng(SEED));
    const isTaught = supervise && !this.#hasLoops;
    this.#model = model;
    const supervision = linear({ peak: 1, steps: STEPS / 2 });
    const first = new Promise<void>((go) => (this.#go = go));
    const run = async (): Promise<void> => {
      await first;
      await train({
        optimizer: new AdamW(model.parameters(), { beta2: 0.98 }),
        schedule: cosine({ peak: PEAK, warmup: WARMUP, steps: STEPS, floor: PEAK / 100 }),
        steps: STEPS,
        seed: SEED,
        clip: 1,
        forward: (rng, step) => {
          const weight = isTaught ? supervision(step) : 0;
          return programPass(model, task, task.draw(rng, BATCH, { patterns: weight > 0, varied: true }), weight);
        },
        onStep: ({ step, loss }) => {
          this.#step = step;
          this.#losses.push(loss);
          if (performance.now() < this.#until || step === STEPS) return;
          this.#paused();
          return new Promise((go) => (this.#go = go));
        },
      });
    };
    void run()
      .catch((error: unknown) => (this.#failure = error))
      .then(() => {
        this.#isDone = true;
        this.#paused();
      });
  }

  get figures(): NonNullable<TrainReply["training"]> {
    const { blocks } = this.#model.config;
    return {
      name: this.#name,
      layers: blocks.length,
      heads: blocks[0]!.heads,
      parameters: this.#model.parameterCount,
      classes: this.#task.classes.length,
      steps: STEPS,
      hasLoops: this.#hasLoops,
    };
  }

  async more({ milliseconds, input }: TrainMoreQuestion): Promise<TrainMoreReply> {
    if (!this.#isDone) {
      const paused = new Promise<void>((settle) => (this.#paused = settle));
      this.#until = performance.now() + milliseconds;
      this.#go?.();
      await paused;
    }
    if (this.#failure !== undefined && !(this.#failure instanceof NonFiniteError)) throw this.#failure;
    const batch = this.#batchOf(tokensOf(input));
    return {
      kind: "train-more",
      step: this.#step,
      isDone: this.#isDone,
      losses: this.#losses.splice(0),
      accuracy: programAccuracy(this.#model, this.#task, new Rng(SEED + 1), GLANCE).tokens,
      tokens: tokensOf(input).map(displayElement),
      answers: batch ? learnedValues(this.#model, this.#task, batch.tokens[0]!).map(displayElement) : [],
      wanted: batch ? new Evaluation(batch.inputs[0]!).sop(this.#task.sop).map(displayElement) : [],
      heads: batch && !this.#hasLoops ? this.#heads(batch) : [],
      ...(this.#failure === undefined
        ? {}
        : { problem: { code: "", severity: "error", message: "train.diverged", notes: [] } }),
    };
  }

  file(): TrainedReply {
    const bytes = trainedFile(this.#model, this.#task, { program: this.#name, seed: SEED });
    return { kind: "trained", name: `${this.#name.replace(/[^\w-]/g, "_")}-trained.safetensors`, bytes };
  }

  #heads(batch: ProgramBatch): LearnedPair[] {
    return learnedHeads(this.#model, this.#task, batch).map(
      ({ block, learned, selector, agreement, selected, weights }) => ({
        selector: label(selector),
        layer: block + 1,
        learned: learned + 1,
        agreement,
        selected,
        weights,
      }),
    );
  }

  /** The input as a batch with the program's patterns; undefined where the model cannot take it. */
  #batchOf(input: readonly Atom[]): ProgramBatch | undefined {
    const { vocabulary, maxLength, bos } = this.#task.options;
    const all = bos === undefined ? vocabulary : [...vocabulary, bos];
    const ids = input.map((token) => all.indexOf(token));
    if (ids.length === 0 || ids.length > maxLength || ids.includes(-1)) return undefined;
    const evaluation = new Evaluation(input);
    try {
      evaluation.sop(this.#task.sop);
      const heads = this.#hasLoops ? [] : this.#task.programHeads;
      const patterns = heads.map(({ selector }) => shares(evaluation.selector(selector)));
      return { inputs: [input], tokens: [ids], targets: [], patterns };
    } catch (error) {
      if (error instanceof RaspError) return undefined;
      throw error;
    }
  }
}

/** A matrix with each row divided by its width. */
function shares(matrix: readonly Uint8Array[]): Float32Array {
  const n = matrix.length;
  const result = new Float32Array(n * n);
  for (const [q, row] of matrix.entries()) {
    const width = row.reduce((sum, cell) => sum + cell, 0);
    for (const [k, cell] of row.entries()) result[q * n + k] = width === 0 ? 0 : cell / width;
  }
  return result;
}

async function decompiled(
  { bytes, budget }: DecompileQuestion,
  tell: (progress: Progress) => void,
): Promise<DecompileReply> {
  const { decompileEncoder, readTrainedEncoder } = await import("@selectron/rasp/decompile");
  const end = performance.now() + budget;
  const { source, refusal, match, best, renamed } = decompileEncoder(readTrainedEncoder(bytes), {
    seed: SEED,
    clock: { expired: (share = 1) => performance.now() > end - budget * (1 - share) },
    progress: (stage, done, of) => tell({ done, of, stage }),
  });
  return {
    kind: "decompile",
    ...(source === undefined ? {} : { source }),
    ...(refusal === undefined ? {} : { refusal }),
    match: match.share,
    best,
    renamed,
  };
}

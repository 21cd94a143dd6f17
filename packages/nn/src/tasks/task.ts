/** What a sequence-to-sequence task is, and the data sets that are drawn from it. */
import { checks, Rng } from "@selectron/core";
import type { TransformerConfig } from "../transformer-config.js";

/** A question and its answer, as token ids. All of a task's sources have one length, and so have its targets. */
export interface Example {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** How a task is trained by default. */
export interface TaskTraining {
  readonly batch: number;
  readonly steps: number;
  /** The highest learning rate, reached after `warmup` steps and followed by half a cosine wave down. */
  readonly peak: number;
  readonly warmup: number;
  /** Steps between evaluations. */
  readonly evaluateEvery: number;
  /** Decay rate of Adam's mean of squares. */
  readonly beta2: number;
}

/** A sequence-to-sequence task: its data, and how a model for it is sized and trained. */
export interface SequenceTask {
  readonly name: string;
  readonly config: Partial<TransformerConfig>;
  readonly training: TaskTraining;
  /** Numbers of examples that are never trained on: for the final test, and for evaluations during training. */
  readonly heldOut: { readonly test: number; readonly validation: number };
  /** The share of exact answers that counts as learnt. */
  readonly goal: number;
  /** The decoder's start token. */
  readonly start: number;
  readonly draw: (rng: Rng) => Example;
  /** The tokens by id, as people write them. */
  readonly tokens: readonly string[];
  /** What sources are, for people. */
  readonly form: string;
  /** How many tokens answer a source; undefined where it is none of the task's. */
  readonly answerLength: (source: readonly number[]) => number | undefined;
  /** An example as text: source and target, which may be what a model answered. */
  readonly show: (example: Example) => string;
  /** Further data to test after training, by name: what a model may generalise to. */
  readonly beyond?: Readonly<Record<string, (rng: Rng) => Example>>;
  /** Examples that must be among the tested ones. */
  readonly mustHoldOut?: readonly Example[];
}

/** What the configurations of all three tasks have in common. */
export const plainStyle = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, activation: "relu" } as const;

/** Fixed, so that trainings of all seeds hold out the same examples. */
const HELD_OUT_SEED = 20_260_000;

const keyOf = ({ source }: Example): string => source.join();

/** Of a data set. */
const MOST_EXAMPLES = 1_000_000;

const aTask = checks.anObjectWith("a task, such as copyTask", "draw", "heldOut", "config");
const anExample = checks.anObject("an example, such as { source: [1, 2], target: [2, 1] }");
const count = checks.anInteger(0, MOST_EXAMPLES);

function checkTask(place: string, task: SequenceTask): void {
  checks.check(place, task, aTask);
  checks.check(`${place}: draw`, task.draw, checks.aFunction("a function of an Rng that gives an example"));
  checks.checkOptions(`${place}: heldOut`, task.heldOut, { test: count, validation: count }, ["test", "validation"]);
  checks.checkGiven(`${place}: mustHoldOut`, task.mustHoldOut, checks.aList("an array of examples", anExample));
}

const someIds: checks.Kind = {
  what: "an array of one id or more",
  fits: (value) =>
    checks.numbers.fits(value) && (value as number[]).length > 0 && (value as number[]).every(Number.isSafeInteger),
};

/** Throws a TypeError unless an example has a source and a target. */
export function checkExample(place: string, example: Example): void {
  checks.check(place, example, anExample);
  checks.check(`${place}: source`, example.source, someIds);
  checks.check(`${place}: target`, example.target, someIds);
}

function drawn(task: SequenceTask, rng: Rng): Example {
  const example = task.draw(rng);
  checkExample("task: what draw gives", example);
  return example;
}

/** A task may have fewer examples than are asked for, and would be drawn from for ever. */
function checkEnough(operation: string, draws: number, wanted: number): void {
  if (draws < 1000 + 100 * wanted) return;
  throw new RangeError(
    `${operation}: the task gave fewer than ${wanted} different examples in ${draws} draws; ask for fewer.`,
  );
}

/** Examples that are never trained on, without repetition: the same for every seed of a training. */
export class HeldOut {
  static {
    checks.guardMethods(this);
  }

  /** Examples for the final test. */
  readonly test: readonly Example[];
  /** Examples for evaluations during training. */
  readonly validation: readonly Example[];
  readonly #keys: ReadonlySet<string>;

  constructor(task: SequenceTask) {
    checkTask("HeldOut: task", task);
    const { test, validation } = task.heldOut;
    const rng = new Rng(HELD_OUT_SEED);
    const found = new Map((task.mustHoldOut ?? []).map((example) => [keyOf(example), example]));
    for (let draws = 0; found.size < test + validation; draws++) {
      checkEnough("HeldOut", draws, test + validation);
      const example = drawn(task, rng);
      found.set(keyOf(example), example);
    }
    const examples = [...found.values()];
    this.test = examples.slice(0, test);
    this.validation = examples.slice(test);
    this.#keys = new Set(found.keys());
  }

  /** Whether an example is held out. */
  has(example: Example): boolean {
    checkExample("HeldOut.has: example", example);
    return this.#keys.has(keyOf(example));
  }
}

/** Draws `count` examples to train on. */
export function drawBatch(task: SequenceTask, heldOut: HeldOut, count: number, rng: Rng): Example[] {
  checkTask("drawBatch: task", task);
  checks.check("drawBatch: heldOut", heldOut, checks.anInstance(HeldOut));
  checks.check("drawBatch: count", count, checks.anInteger(0, MOST_EXAMPLES));
  checks.check("drawBatch: rng", rng, checks.anRng);
  const batch: Example[] = [];
  for (let draws = 0; batch.length < count; draws++) {
    checkEnough("drawBatch", draws, count);
    const example = drawn(task, rng);
    if (!heldOut.has(example)) batch.push(example);
  }
  return batch;
}

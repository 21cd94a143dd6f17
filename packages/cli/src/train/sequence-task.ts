/** Training copy, addition and parser, and the test at the end. */
import { Rng } from "@selectron/core";
import {
  accuracyOf,
  Adam,
  answer,
  cosine,
  drawBatch,
  HeldOut,
  teacherForced,
  Transformer,
  type Accuracy,
  type Example,
  type SequenceTask,
} from "@selectron/nn";
import type { Json } from "@selectron/rasp";
import { ExitCode, type Context } from "../context.js";
import { encodeSequenceModel } from "../files/sequence-model.js";
import { percent } from "../text/words.js";
import { advice } from "./advice.js";
import { checkBatch, type TrainFlags } from "./flags.js";
import { shardCount, shardsOf, type Learner } from "./learner.js";
import { runTraining } from "./run-training.js";

/** How many examples of each set beyond the training's data are tested. */
const BEYOND = 200;

interface TestReport {
  readonly heldOut: Accuracy;
  /** The accuracy on data of other kinds than the training's, by name. */
  readonly beyond: Readonly<Record<string, Accuracy>>;
  /** The first tested examples with the model's answers. */
  readonly shown: readonly { readonly example: Example; readonly answer: readonly number[] }[];
}

interface SequenceLearner extends Learner<readonly Example[]> {
  readonly model: Transformer;
  readonly heldOut: HeldOut;
  /** Examples of each step. */
  readonly batch: number;
}

/** What is trained on a task. */
export function sequenceLearner(
  task: SequenceTask,
  { seed, batch = task.training.batch }: TrainFlags,
): SequenceLearner {
  const model = new Transformer(task.config, new Rng(seed));
  const heldOut = new HeldOut(task);
  const parameters = model.parameters();
  const shards = shardCount(batch, parameters);
  return {
    model,
    heldOut,
    batch,
    parameters,
    shards,
    draw: (rng) => shardsOf(drawBatch(task, heldOut, batch, rng), shards),
    forward: (examples, rng) => teacherForced(model, examples, task.start, rng),
  };
}

export async function trainSequenceTask(context: Context, task: SequenceTask, flags: TrainFlags): Promise<void> {
  const { seed, jobs } = flags;
  const { peak, warmup, evaluateEvery, beta2, ...usual } = task.training;
  const { steps = usual.steps } = flags;
  const learner = sequenceLearner(task, flags);
  const { model, heldOut, batch } = learner;
  const { source, target } = heldOut.test[0]!;
  checkBatch(batch, source.length + target.length, model.config.intermediateSize);
  const trained = await runTraining(context, {
    title: `${task.name}, seed ${seed}`,
    description: `${task.name}, seed ${seed}, ${steps} steps of ${batch}`,
    folder: flags.output ?? `runs/${task.name}-seed-${seed}`,
    checkpointEvery: flags.checkpointEvery,
    optimizer: new Adam(learner.parameters, { beta2 }),
    schedule: cosine({ peak, warmup: Math.min(warmup, steps), steps, floor: peak / 100 }),
    steps,
    seed,
    clip: 1,
    learner,
    batch,
    tokens: source.length + target.length,
    jobs,
    command: { what: task.name, flags },
    evaluation: { every: evaluateEvery, accuracy: () => accuracyOf(model, heldOut.validation, task.start).exact },
  });
  if (!trained) return;
  const { end, folder } = trained;
  folder.write("model.safetensors", encodeSequenceModel(model, task, seed));
  const report = tested(model, task, heldOut);
  const reached = report.heldOut.exact >= task.goal;
  if (!reached) context.exitCode = ExitCode.No;
  const { steps: done } = end;
  if (flags.json) {
    context.printJson({ task: task.name, seed, steps: done, folder: folder.path, reached, ...reportJson(report) });
  } else {
    context.print(reportText(task, report, reached, folder.path));
    if (!reached) context.print(advice(done, usual.steps, ["from other weights, with --seed"]));
  }
}

function tested(model: Transformer, task: SequenceTask, heldOut: HeldOut): TestReport {
  const rng = new Rng(1);
  const beyond = Object.entries(task.beyond ?? {}).map(([name, draw]) => {
    const examples = Array.from({ length: BEYOND }, () => draw(rng));
    return [name, accuracyOf(model, examples, task.start)] as const;
  });
  const shown = heldOut.test.slice(0, 4);
  const answers = answer(
    model,
    shown.map(({ source }) => source),
    task.start,
    shown[0]!.target.length,
  );
  return {
    heldOut: accuracyOf(model, heldOut.test, task.start),
    beyond: Object.fromEntries(beyond),
    shown: shown.map((example, i) => ({ example, answer: answers[i]! })),
  };
}

const accuracyJson = ({ exact, partial }: Accuracy): Json => ({ exact, partial });

function reportJson({ heldOut, beyond, shown }: TestReport): Record<string, Json> {
  return {
    heldOut: accuracyJson(heldOut),
    beyond: Object.fromEntries(Object.entries(beyond).map(([name, accuracy]) => [name, accuracyJson(accuracy)])),
    shown: shown.map(({ example, answer }) => ({ ...example, answer })),
  };
}

function reportText(
  task: SequenceTask,
  { heldOut, beyond, shown }: TestReport,
  reached: boolean,
  folder: string,
): string {
  const line = (name: string, { exact, partial }: Accuracy): string =>
    `${name}: ${percent(exact)} exact, ${percent(partial)} of the tokens`;
  return [
    ...shown.map(({ example, answer }) => {
      const isRight = answer.join() === example.target.join();
      return `  ${task.show({ source: example.source, target: answer })}${isRight ? "" : "  (wrong)"}`;
    }),
    line(`${task.heldOut.test} examples that it was not trained on`, heldOut),
    ...Object.entries(beyond).map(([name, accuracy]) => line(`beyond what it was trained on, ${name}`, accuracy)),
    `${reached ? "reached" : "not reached"}: ${percent(task.goal)} exact; weights, log and loss curve are in ${folder}`,
  ].join("\n");
}

/** `selectron task`: what one of the small tasks is made of, examples of it, and how a trained model answers them. */
import { printable, Rng } from "@selectron/core";
import {
  accuracyOf,
  answer,
  HeldOut,
  parseTree,
  structuralAccuracy,
  type Example,
  type SequenceTask,
} from "@selectron/nn";
import type { Json } from "@selectron/rasp";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { readBytes } from "../files/files.js";
import { isSequenceModel, readSequenceModel } from "../files/sequence-model.js";
import { useFastKernels } from "../files/model-file.js";
import { percent } from "../text/words.js";
import { TASKS, taskNamed } from "../train/tasks.js";

interface TaskOptions {
  readonly show: number;
  readonly seed: number;
  readonly test?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerTask(program: Command, context: Context): void {
  program
    .command("task")
    .description("explain a small task of `selectron train`, show examples, or test a model on held-out ones")
    .argument("<name>", Object.keys(TASKS).join(", "))
    .option("--show <n>", "how many examples", wholeNumber(1, 1000), 1)
    .option("--seed <n>", "from which they are drawn", wholeNumber(0), 1)
    .option("--test <model>", "a model.safetensors of a training on the task: its answers to held-out examples")
    .option("--json", "one JSON object on standard output")
    .action(async (name: string, options: TaskOptions) => {
      const task = taskNamed(name);
      if (!task) {
        throw new UsageError(`there is no task "${printable(name)}"`, `the tasks are ${Object.keys(TASKS).join(", ")}`);
      }
      if (options.test === undefined) explain(context, task, options);
      else await test(context, task, options.test, options);
    });
}

/** What an example is, as ids and as tokens; its tree where it has one. */
function exampleJson(task: SequenceTask, { source, target }: Example) {
  const words = (ids: readonly number[]): string[] => ids.map((id) => task.tokens[id] ?? `<${id}>`);
  const tree = task.name.endsWith("parser") ? parseTree(target) : undefined;
  return {
    ...{ source: [...source], target: [...target], sourceTokens: words(source), targetTokens: words(target) },
    ...(tree === undefined ? {} : { tree: tree as Json }),
  };
}

function explain(context: Context, task: SequenceTask, { show, seed, json }: TaskOptions): void {
  const rng = new Rng(seed);
  const examples = Array.from({ length: show }, () => exampleJson(task, task.draw(rng)));
  const { config, tokens, form } = task;
  if (json) {
    context.printJson({ task: task.name, reads: form, tokens: [...tokens], examples });
    return;
  }
  const { source, target } = examples[0]!;
  const { vocabSize, hiddenSize, numHiddenLayers, numAttentionHeads, intermediateSize } = config;
  context.print(
    [
      `${task.name}: it reads ${form}`,
      `input [1, ${source.length}], target [1, ${target.length}], ids from 0 to ${vocabSize! - 1}`,
      `model: hidden size ${hiddenSize}, ${numHiddenLayers} layers, ${numAttentionHeads} heads, feed-forward ${intermediateSize}`,
      ...examples.flatMap((example, n) => [
        "",
        `example ${n + 1}: ${task.show(example)}`,
        `  input   ${example.source.join(" ")}`,
        `  target  ${example.target.join(" ")}`,
        ...("tree" in example ? [`  tree    ${JSON.stringify(example.tree)}`] : []),
      ]),
    ].join("\n"),
  );
}

async function test(context: Context, task: SequenceTask, file: string, { show, json }: TaskOptions): Promise<void> {
  const bytes = readBytes(context, file);
  if (!isSequenceModel(bytes)) {
    throw new UsageError(
      `"${printable(file)}" is no model of a small task`,
      `train one with selectron train ${task.name}`,
    );
  }
  const { task: own, model, start, notes } = readSequenceModel(bytes);
  context.note(file, notes);
  if (own.name !== task.name) {
    throw new UsageError(`"${printable(file)}" learnt ${own.name}, and not ${task.name}`, `name the task ${own.name}`);
  }
  await useFastKernels();
  const examples = new HeldOut(task).test;
  const targets = examples.map(({ target }) => target);
  const answers = answer(
    model,
    examples.map(({ source }) => source),
    start,
    targets[0]!.length,
  );
  const { exact, partial } = accuracyOf(model, examples, start);
  const structure = task.name.endsWith("parser") ? structuralAccuracy(answers, targets) : undefined;
  const shown = examples.slice(0, show).map((example, n) => ({ example, answer: answers[n]! }));
  if (json) {
    context.printJson({
      ...{ task: task.name, examples: examples.length, exact, tokens: partial },
      ...(structure === undefined ? {} : { structure }),
      shown: shown.map(({ example, answer: given }) => ({ ...exampleJson(task, example), answer: given })),
    });
    return;
  }
  context.print(
    [
      ...shown.map(({ example: { source, target }, answer: given }) => {
        const right = given.join() === target.join() ? "right" : `wrong; right is ${task.show({ source, target })}`;
        return `${task.show({ source, target: given })}  (${right})`;
      }),
      `${examples.length} held-out examples: ${percent(exact)} exact, ${percent(partial)} of the tokens` +
        (structure === undefined ? "" : `, ${percent(structure)} of the trees' forms`),
    ].join("\n"),
  );
}

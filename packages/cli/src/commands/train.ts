/** `selectron train`: a Transformer learns one of four small tasks, or what a RASP program does. */
import type { ModelPart } from "@selectron/rasp";
import { InvalidArgumentError, type Command } from "commander";
import { parseVocabulary, wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import type { ProgramFlags } from "../train/flags.js";
import { MOST_JOBS } from "../process/threads.js";
import { trainProgram } from "../train/program.js";
import { trainSequenceTask } from "../train/sequence-task.js";
import { TASKS, taskNamed } from "../train/tasks.js";

/** Adds the command. */
export function registerTrain(program: Command, context: Context): void {
  program
    .command("train")
    .description("train a Transformer; the same command continues a training that was interrupted")
    .argument("<what>", "copy, addition, parser, nested-parser, or a RASP program")
    .option("--sop <name>", "the s-op of the program")
    .option("--vocab <tokens>", 'the tokens of its inputs: a,b,c, or a RASP list such as [1,2,"a,b"]', parseVocabulary)
    .option("--max-length <n>", "its longest input, BOS included", wholeNumber(1))
    .option("--bos <token>", "a token at position 0 of every input, for programs that count on it")
    .option("--causal", "train a decoder: no position sees later ones, neither the model's nor the program's")
    .option("--supervise", "pull the heads towards the program's selectors")
    .option("--layers <n>", "of the Transformer that learns a program; as many as cost says by default", wholeNumber(1))
    .option("--heads <n>", "of each of its layers; as many as cost says by default", wholeNumber(1))
    .option("--width <n>", "of its residual stream, d_model; 64 by default", wholeNumber(1))
    .option("--ffn <n>", "of its hidden feed-forward layers, d_ff; 256 by default", wholeNumber(1))
    .option("--from-compiled", "begin with the weights that the program compiles to, and tell what is left of it")
    .option("--noise <share>", "noise on these weights, as a share of each: 0.001, for example", aShare)
    .option("--freeze <parts>", "of these weights: embedding, attention, feed-forward, unembedding", parts)
    .option(
      "--distill",
      "train a model of half the width, or of --width, that begins with these weights projected to it",
    )
    .option("--seed <n>", "initial weights and order of the data; equal seeds, equal weights", wholeNumber(0), 1)
    .option("--steps <n>", "steps of the optimiser", wholeNumber(1))
    .option("--batch <n>", "examples per step", wholeNumber(1))
    .option("--checkpoint-every <n>", "steps between checkpoints", wholeNumber(1), 50)
    .option("-o, --output <folder>", "where weights, checkpoints, log and loss curve go; runs/NAME-seed-N by default")
    .option(
      "--jobs <n>",
      "threads that share each step, all cores by default; the weights are the same",
      wholeNumber(1, MOST_JOBS),
    )
    .option("--json", "one JSON object on standard output")
    .action(async (what: string, flags: ProgramFlags) => {
      const task = taskNamed(what);
      if (task) {
        checkTaskFlags(what, flags);
        await trainSequenceTask(context, task, flags);
      } else if (flags.sop !== undefined || /[./]|^-$/.test(what)) {
        await trainProgram(context, what, flags);
      } else {
        const names = Object.keys(TASKS).join(", ");
        throw new UsageError(`there is no task ${what}`, `the tasks are ${names}; a program needs --sop as well`);
      }
    });
}

/** @throws InvalidArgumentError */
function aShare(text: string): number {
  const share = Number(text);
  if (/^[\d.eE-]+$/.test(text) && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError("It must be a number from 0 to 1.");
}

/** What --freeze takes. */
const PARTS: readonly string[] = [
  "embedding",
  "attention",
  "feed-forward",
  "unembedding",
] satisfies readonly ModelPart[];

/** @throws InvalidArgumentError */
function parts(text: string): string[] {
  const named = text.split(",");
  const odd = named.find((name) => !PARTS.includes(name));
  if (odd !== undefined) throw new InvalidArgumentError(`The parts are ${PARTS.join(", ")}, with commas between them.`);
  if (PARTS.every((name) => named.includes(name))) {
    throw new InvalidArgumentError("Something must be left to be trained.");
  }
  return named;
}

/** @throws UsageError if options for programs are given for a task */
function checkTaskFlags(task: string, flags: ProgramFlags): void {
  const { sop, vocab, maxLength, bos, causal, supervise, layers, heads, width, ffn } = flags;
  const { fromCompiled, distill, noise, freeze } = flags;
  const given = Object.entries({
    ...{ sop, vocab, "max-length": maxLength, bos, causal, supervise, layers, heads, width, ffn },
    ...{ "from-compiled": fromCompiled, distill, noise, freeze },
  });
  const [option] = given.find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return;
  throw new UsageError(
    `--${option} is for programs, and ${task} is a task with its own data`,
    `for a program in a file of that name, write ./${task}`,
  );
}

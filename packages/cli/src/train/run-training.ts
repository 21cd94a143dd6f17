/** Runs a training in its folder: resumes it from the last checkpoint, shows progress, and writes log, curve and checkpoints. */
import { CheckpointError, NonFiniteError, train, type TrainingEnd, type TrainOptions } from "@selectron/nn";
import { ExitCode, UsageError, type Context } from "../context.js";
import { useFastKernels } from "../files/model-file.js";
import { TrainingFolder } from "./folder.js";
import type { Learner } from "./learner.js";
import { Progress } from "./progress.js";
import { SharedTraining, type SharedWork } from "./shared-training.js";

type Given = Omit<TrainOptions, "forward" | "shards" | "accumulate" | "checkpoints" | "signal" | "started" | "onStep">;

export interface TrainingRun extends Given, SharedWork {
  readonly learner: Learner<unknown>;
  readonly title: string;
  readonly folder: string;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
}

/**
 * Trains; `undefined` if it was interrupted before the end.
 * @throws UsageError if the folder belongs to another training, or the loss is not finite
 */
export async function runTraining(
  context: Context,
  run: TrainingRun,
): Promise<{ readonly end: TrainingEnd; readonly folder: TrainingFolder } | undefined> {
  await useFastKernels();
  const { title, folder: path, checkpointEvery: every, learner, batch, tokens, jobs, command, ...options } = run;
  const folder = new TrainingFolder(context, path);
  const progress = new Progress(context, run.steps);
  const interrupt = new AbortController();
  const ignore = context.io.onInterrupt?.((signal) => interrupt.abort(signal));
  const { seed, steps } = options;
  const shared = new SharedTraining(context, learner, { seed, steps, batch, tokens, jobs, command });
  try {
    const end = await train({
      ...options,
      shards: (step) => shared.gradients(step),
      signal: interrupt.signal,
      checkpoints: {
        storage: folder.checkpoints(),
        every,
        refused: (name, reason) => context.say(`${name} is not used: ${reason.replace(/[.?]$/, "")}.`),
      },
      started: (step) => {
        if (step > 0 && step < run.steps) context.say(`Going on after step ${step}, from ${folder.path}.`);
        folder.startLog(step);
        progress.start(step);
      },
      onStep: (record) => {
        folder.log(record);
        progress.step(record);
        if (record.step % every === 0) folder.drawLoss(title);
        // Lets signals be handled.
        return new Promise((resolve) => setImmediate(resolve));
      },
    });
    folder.drawLoss(title);
    if (end.why !== "aborted") return { end, folder };
    context.exitCode = interrupt.signal.reason === "SIGTERM" ? ExitCode.Terminated : ExitCode.Interrupted;
    const newLine = context.io.isErrorTerminal ? "\n" : "";
    context.say(`${newLine}Interrupted after step ${end.steps}; the same command goes on from there.`);
    return undefined;
  } catch (error) {
    if (error instanceof CheckpointError) throw new UsageError(error.message, "use -o with another folder");
    if (error instanceof NonFiniteError) {
      throw new UsageError(error.message, `the steps until then are in ${folder.path}/log.jsonl`);
    }
    throw error;
  } finally {
    shared.stop();
    ignore?.();
  }
}

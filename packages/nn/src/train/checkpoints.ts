/** Saving a training's checkpoints, deleting old ones and resuming from the newest. */
import type { FileBytes } from "@selectron/core";
import {
  CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  restoreCheckpoint,
  type CheckpointStorage,
  type TrainingState,
} from "./checkpoint.js";
import type { Optimizer } from "./optimizers.js";

/** Where, how often and how many checkpoints are kept. */
export interface CheckpointOptions {
  readonly storage: CheckpointStorage;
  /** Steps from one checkpoint to the next. */
  readonly every: number;
  /** How many of the newest are kept; 3 by default, so that a damaged one has predecessors. */
  readonly keep?: number | undefined;
  /** Called with each checkpoint that cannot be used, and the reason. */
  readonly refused?: ((name: string, reason: string) => void) | undefined;
}

const nameOf = (step: number): string => `step-${String(step).padStart(8, "0")}.safetensors`;

/** The step in a checkpoint's name; undefined for other files. */
function stepIn(name: string): number | undefined {
  const step = Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? NaN);
  return nameOf(step) === name ? step : undefined;
}

/** Names of checkpoints, the newest first. */
function namesIn(storage: CheckpointStorage): string[] {
  const named = storage.names().flatMap((name) => {
    const step = stepIn(name);
    return step === undefined ? [] : [{ name, step }];
  });
  return named.sort((a, b) => b.step - a.step).map(({ name }) => name);
}

/** Writes the state after a step, then deletes the checkpoints that are too old. */
export function saveCheckpoint(options: CheckpointOptions, optimizer: Optimizer, state: TrainingState): void {
  options.storage.write(nameOf(state.step), encodeCheckpoint(optimizer, state));
  removeOld(options, state.step);
}

/** Deletes what a training no longer needs at a step, so that one that was interrupted leaves the files of one that was not. */
function removeOld({ storage, every, keep = 3 }: CheckpointOptions, step: number): void {
  const past = namesIn(storage).filter((name) => stepIn(name)! <= step);
  // That of an interruption lies between two others, and is needed until the next one is there.
  const kept = past.filter((name) => stepIn(name) === step || stepIn(name)! % every === 0).slice(0, keep);
  for (const name of past) if (!kept.includes(name)) storage.remove(name);
}

/**
 * Restores the newest sound checkpoint, and deletes what a process that was ended meanwhile had left to delete. Undefined if there are none.
 *
 * @throws CheckpointError if a sound one belongs to another training, or if none is sound: to start anew would lose the training
 */
export function newestState(
  options: CheckpointOptions,
  optimizer: Optimizer,
  description: string,
  steps: number,
): TrainingState | undefined {
  const { storage, refused } = options;
  const names = namesIn(storage);
  let newest: string | undefined;
  for (const name of names) {
    try {
      const checkpoint = decodeCheckpoint(readFrom(storage, name));
      const { state } = checkpoint;
      if (state.description !== description) throw new OtherTraining(name, state.description, description);
      if (state.step !== stepIn(name)) {
        throw new CheckpointError(`it holds step ${state.step}, which is not in its name`);
      }
      if (state.step > steps) throw new CheckpointError(`it holds step ${state.step} of a training of ${steps} steps`);
      restoreCheckpoint(checkpoint, optimizer);
      removeOld(options, state.step);
      return state;
    } catch (error) {
      if (error instanceof OtherTraining || !(error instanceof CheckpointError)) throw error;
      newest ??= error.message;
      refused?.(name, error.message);
    }
  }
  if (newest === undefined) return undefined;
  throw new CheckpointError(
    `none of the ${names.length} checkpoints can be used; the newest, ${names[0]!}: ${newest}. Nothing was changed; to start anew, move them away.`,
  );
}

/** @throws CheckpointError for a checkpoint that cannot be read */
function readFrom(storage: CheckpointStorage, name: string): FileBytes {
  try {
    return storage.read(name);
  } catch (error) {
    throw new CheckpointError(error instanceof Error ? error.message : String(error));
  }
}

class OtherTraining extends CheckpointError {
  constructor(name: string, found: string, wanted: string) {
    super(`${name} is of another training, "${found}", not of "${wanted}"; use a folder of its own for each.`);
  }
}

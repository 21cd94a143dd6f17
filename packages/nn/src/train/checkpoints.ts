/** Saving a training's checkpoints, deleting old ones and resuming from the newest. */
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

/** Names of checkpoints, the newest first. */
function namesIn(storage: CheckpointStorage): string[] {
  const names = storage.names().filter((name) => /^step-\d+\.safetensors$/.test(name));
  return names.sort().reverse();
}

/** Writes the state after a step, then deletes the checkpoints that are too old. */
export function saveCheckpoint(options: CheckpointOptions, optimizer: Optimizer, state: TrainingState): void {
  const { storage, keep = 3 } = options;
  storage.write(nameOf(state.step), encodeCheckpoint(optimizer, state));
  for (const name of namesIn(storage).slice(keep)) storage.remove(name);
}

/**
 * Restores the newest sound checkpoint. Undefined if there is none.
 *
 * @throws CheckpointError if a sound one belongs to another training
 */
export function newestState(
  options: CheckpointOptions,
  optimizer: Optimizer,
  description: string,
): TrainingState | undefined {
  const { storage, refused } = options;
  for (const name of namesIn(storage)) {
    try {
      const checkpoint = decodeCheckpoint(storage.read(name));
      const { state } = checkpoint;
      if (state.description !== description) throw new OtherTraining(name, state.description, description);
      restoreCheckpoint(checkpoint, optimizer);
      return state;
    } catch (error) {
      if (error instanceof OtherTraining || !(error instanceof CheckpointError)) throw error;
      refused?.(name, error.message);
    }
  }
  return undefined;
}

class OtherTraining extends CheckpointError {
  constructor(name: string, found: string, wanted: string) {
    super(`${name} is of another training, "${found}", not of "${wanted}"; use a folder of its own for each.`);
  }
}

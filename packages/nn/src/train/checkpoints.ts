/** Which checkpoints there are, which is written next and which are given up. */
import {
  CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  restoreCheckpoint,
  type CheckpointStorage,
  type TrainingState,
} from "./checkpoint.js";
import type { Optimizer } from "./optimizers.js";

export interface CheckpointOptions {
  readonly storage: CheckpointStorage;
  /** Steps from one to the next. */
  readonly every: number;
  /** How many stay, the newest ones; 3 by default, so that one that went bad has a predecessor. */
  readonly keep?: number | undefined;
  /** Told of a checkpoint that is not used, with the reason. */
  readonly refused?: ((name: string, reason: string) => void) | undefined;
}

const nameOf = (step: number): string => `step-${String(step).padStart(8, "0")}.safetensors`;

/** Names of checkpoints, the newest first. */
function namesIn(storage: CheckpointStorage): string[] {
  const names = storage.names().filter((name) => /^step-\d+\.safetensors$/.test(name));
  return names.sort().reverse();
}

/** Writes the state after a step, then gives up what is too old. */
export function saveCheckpoint(options: CheckpointOptions, optimizer: Optimizer, state: TrainingState): void {
  const { storage, keep = 3 } = options;
  storage.write(nameOf(state.step), encodeCheckpoint(optimizer, state));
  for (const name of namesIn(storage).slice(keep)) storage.remove(name);
}

/**
 * Goes back to the newest sound checkpoint; undefined if there is none.
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

/**
 * A training's state as bytes: a safetensors file with the parameters under their own names, the optimiser's state
 * under "optimizer/", and in the metadata the progress of the training and a checksum over all of it. Nothing else is
 * needed to resume bit for bit, since every step draws from a random stream of its own.
 */
import {
  decodeSafetensors,
  elementsOf,
  encodeSafetensors,
  readable,
  SafetensorsError,
  verifyChecksum,
  withChecksum,
  type FileBytes,
  type SafetensorsFile,
  type Tensor,
} from "@selectron/core";
import type { Optimizer } from "./optimizers.js";

/** Where checkpoints are kept. A write must be all or nothing, even if the process dies during it. */
export interface CheckpointStorage {
  /** The names of all stored files, in any order. */
  names(): readonly string[];
  read(name: string): FileBytes;
  write(name: string, bytes: Uint8Array): void;
  remove(name: string): void;
}

/** The progress of a training after a step. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** The training in one line: seed, sizes, data. Checkpoints of another training are refused. */
  readonly description: string;
  /** The best accuracy of the evaluations so far. */
  readonly bestAccuracy: number;
  /** Evaluations since then. */
  readonly evaluationsSince: number;
}

/** A checkpoint that cannot be used; the message is the reason. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";

  constructor(message: string) {
    super(readable(message));
  }
}

const OPTIMIZER = "optimizer/";
const STATE = "selectron.training";

const tensorsOf = (optimizer: Optimizer): Map<string, Tensor> =>
  new Map([
    ...optimizer.parameters,
    ...[...optimizer.state()].map(([name, tensor]): [string, Tensor] => [OPTIMIZER + name, tensor]),
  ]);

/** Writes a checkpoint. Equal states give equal bytes. */
export function encodeCheckpoint(optimizer: Optimizer, state: TrainingState): Uint8Array {
  const tensors = tensorsOf(optimizer);
  const metadata = { [STATE]: JSON.stringify(state) };
  return encodeSafetensors(tensors, withChecksum(tensors, metadata));
}

/** What a checkpoint holds. */
export interface Checkpoint {
  readonly state: TrainingState;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Reads a checkpoint.
 *
 * @throws CheckpointError with the reason, if it is damaged
 */
export function decodeCheckpoint(bytes: FileBytes): Checkpoint {
  const { file, hasChecksum } = decoded(bytes);
  const state = file.metadata[STATE];
  if (!hasChecksum || state === undefined) throw new CheckpointError("it is not a training checkpoint");
  return { state: stateIn(state), tensors: file.tensors };
}

/** @throws CheckpointError where it is none that a training can be in */
function stateIn(text: string): TrainingState {
  const state = parsedState(text);
  const { step, description, bestAccuracy, evaluationsSince } = state;
  const counts = [step, evaluationsSince].every((count) => Number.isSafeInteger(count) && count! >= 0);
  const isShare = typeof bestAccuracy === "number" && bestAccuracy >= 0 && bestAccuracy <= 1;
  if (!counts || !isShare || typeof description !== "string" || evaluationsSince! > step!) {
    throw new CheckpointError(`it is damaged: no training is in the state ${text.slice(0, 200)}`);
  }
  return state as TrainingState;
}

function parsedState(text: string): Partial<TrainingState> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<TrainingState>;
  } catch {
    return {};
  }
}

/**
 * Copies a checkpoint into the parameters and the optimiser, which keep their values unless all of it fits.
 *
 * @throws CheckpointError with the reason, if it does not
 */
export function restoreCheckpoint({ tensors }: Checkpoint, optimizer: Optimizer): void {
  const targets = tensorsOf(optimizer);
  for (const [name, { shape }] of targets) {
    const given = tensors.get(name)?.shape;
    if (given?.join() !== shape.join()) {
      throw new CheckpointError(
        `it holds ${given ? `${name} of shape [${given.join(", ")}]` : `no ${name}`}, where [${shape.join(", ")}] belongs`,
      );
    }
  }
  for (const [name, tensor] of targets) elementsOf(tensor).set(elementsOf(tensors.get(name)!));
}

function decoded(bytes: FileBytes): { readonly file: SafetensorsFile; readonly hasChecksum: boolean } {
  try {
    const file = decodeSafetensors(bytes);
    return { file, hasChecksum: verifyChecksum(file) };
  } catch (error) {
    // Whatever a damaged file makes of its reader, the checkpoint before it is to be tried.
    if (error instanceof SafetensorsError || error instanceof RangeError) {
      throw new CheckpointError(`it is damaged: ${error.message}`);
    }
    throw error;
  }
}

/** Looking at the activations of a forward pass, and changing them. */
import type { Tensor } from "@selectron/core";

/** Called with every named activation of a forward pass. */
export type Recorder = (name: string, value: Tensor) => void;

/** Given a named activation, returns what takes its place: the value itself, or another tensor of its shape. */
export type Patcher = (name: string, value: Tensor) => Tensor;

/** Who looks on. */
export interface Watching {
  readonly record?: Recorder | undefined;
  /** Called with the same activations as `record` and before it; the forward pass goes on with what it returns. */
  readonly patch?: Patcher | undefined;
}

/** What every named activation goes through, if anything: first `patch`, then `record`. */
export function watcher({ record, patch }: Watching): Patcher | undefined {
  if (!record && !patch) return undefined;
  return (name, value) => {
    const used = patch ? patch(name, value) : value;
    if (used.shape.join() !== value.shape.join()) {
      throw new RangeError(
        `patch: the tensor for ${name} has shape [${used.shape.join(", ")}]; it must be [${value.shape.join(", ")}].`,
      );
    }
    record?.(name, used);
    return used;
  };
}

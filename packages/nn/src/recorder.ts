/** Callbacks that see, and may change, the activations of a forward pass. */
import { checks, type Tensor } from "@selectron/core";

/** Called with every named activation of a forward pass. */
export type Recorder = (name: string, value: Tensor) => void;

/** Called with a named activation; returns the value to continue with: the same one, or another of its shape. */
export type Patcher = (name: string, value: Tensor) => Tensor;

/** The callbacks of a forward pass. */
export interface Watching {
  readonly record?: Recorder | undefined;
  /** Called with the same activations as `record`, before it; the forward pass continues with its result. */
  readonly patch?: Patcher | undefined;
}

/**
 * One callback for both: `patch`, then `record` on its result. Undefined if neither is given. The callback throws a
 * RangeError if the patched tensor has another shape.
 */
export function watcher({ record, patch }: Watching): Patcher | undefined {
  if (!record && !patch) return undefined;
  return (name, value) => {
    const used = patch ? patch(name, value) : value;
    checks.check(`patch: what it gave for ${name}`, used, checks.aTensor);
    if (used.shape.join() !== value.shape.join()) {
      throw new RangeError(
        `patch: the tensor for ${name} has shape [${used.shape.join(", ")}]; it must be [${value.shape.join(", ")}].`,
      );
    }
    record?.(name, used);
    return used;
  };
}

/** Activation patching for swaps: values of another run in some heads, and differences added to the residual stream. */
import { tensor, type Tensor } from "@selectron/core";
import type { Patcher } from "@selectron/nn";

/** What is changed, by the names of activations. */
export interface Changes {
  /** For an activation of heads [B, H, n, d] a 1 for each head that is taken from the other run. */
  readonly heads: ReadonlyMap<string, Float32Array>;
  /** What is added to an activation [B, n, D]. */
  readonly added: ReadonlyMap<string, readonly Tensor[]>;
}

/** @param other - the activations of the other run */
export const swapPatcher =
  ({ heads, added }: Changes, other: ReadonlyMap<string, Tensor>): Patcher =>
  (name, value) => {
    const mask = heads.get(name);
    if (!mask) return (added.get(name) ?? []).reduce((sum, part) => sum.add(part), value);
    const shape = [1, mask.length, 1, 1];
    const kept = tensor(
      mask.map((flag) => 1 - flag),
      shape,
    );
    return value.maskedFill(tensor(mask, shape), 0).add(other.get(name)!.maskedFill(kept, 0));
  };

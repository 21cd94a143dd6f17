/** Activation patching for swaps: values of another run in some heads or subspaces, and differences added to the residual stream. */
import { tensor, type Tensor } from "@selectron/core";
import type { Patcher } from "@selectron/nn";

/** What is changed, by the names of activations. */
export interface Changes {
  /** For an activation of heads [B, H, n, d] a 1 for each head that is taken from the other run. */
  readonly heads: ReadonlyMap<string, Float32Array>;
  /** What is added to an activation [B, n, D]. */
  readonly added: ReadonlyMap<string, readonly Tensor[]>;
  /** For an activation [B, n, D] the orthonormal basis [D, k] of what is taken from the other run. */
  readonly subspaces?: ReadonlyMap<string, Tensor>;
}

/** @param other - the activations of the other run */
export const swapPatcher =
  ({ heads, added, subspaces }: Changes, other: ReadonlyMap<string, Tensor>): Patcher =>
  (name, value) => {
    const mask = heads.get(name);
    if (!mask) {
      const moved = (added.get(name) ?? []).reduce((sum, part) => sum.add(part), value);
      const basis = subspaces?.get(name);
      return basis ? projected(moved, other.get(name)!, basis) : moved;
    }
    const shape = [1, mask.length, 1, 1];
    const kept = tensor(
      mask.map((flag) => 1 - flag),
      shape,
    );
    return value.maskedFill(tensor(mask, shape), 0).add(other.get(name)!.maskedFill(kept, 0));
  };

/** An activation with its part in a subspace as in another one. @param basis - orthonormal columns [D, k] */
export const projected = (value: Tensor, other: Tensor, basis: Tensor): Tensor =>
  value.add(other.sub(value).matmul(basis).matmul(basis.transpose()));

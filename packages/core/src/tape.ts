/**
 * The record of how a tensor was computed. Every op builds its result through `recorded`, so that a result which
 * depends on a tensor with `requiresGrad` remembers its operation and inputs; all other results remember nothing.
 */
import type { Shape } from "./shape.js";
import { Tensor } from "./tensor.js";

/** One step of a computation: the operation's name and its tensor inputs, in argument order. */
export interface TapeEntry {
  readonly operation: string;
  readonly inputs: readonly Tensor[];
}

/** Where a view's elements lie in its storage; dense from 0 by default. */
export interface Layout {
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** The result of an operation on `inputs`, on the tape if one of them asks for gradients. */
export function recorded(
  operation: string,
  inputs: readonly Tensor[],
  storage: Float32Array,
  shape: Shape,
  layout: Layout = {},
): Tensor {
  return inputs.some((input) => input.requiresGrad)
    ? new Tensor(storage, shape, { ...layout, requiresGrad: true, tape: { operation, inputs } })
    : new Tensor(storage, shape, layout);
}

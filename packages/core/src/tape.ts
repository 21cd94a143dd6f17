/**
 * The record of how a tensor was computed, and reverse-mode differentiation over it (Baydin et al. 2018, arXiv
 * 1502.05767, section 3.2). Every op builds its result through `recorded`, with its backward beside its forward, so
 * that a result which depends on a tensor with `requiresGrad` remembers its inputs; all other results remember nothing.
 */
import { aFunction, aTensor, check, checkGiven, checkSynchronous } from "./checks.js";
import { ShapeError } from "./errors.js";
import { movable } from "./elements.js";
import { currentLease, type Lease } from "./lease.js";
import { allocate } from "./registry.js";
import { formatShape, sameShape, type Shape } from "./shape.js";
import { Tensor } from "./tensor.js";

/**
 * From the gradient of a result, of its shape: the gradients of the inputs, in their order and of their shapes.
 * Undefined for an input that does not require one.
 */
export type Backward = (gradient: Tensor) => readonly (Tensor | undefined)[];

/** One step of a computation: the operation's name, its tensor inputs in argument order, and the way back. */
export interface TapeEntry {
  readonly operation: string;
  readonly inputs: readonly Tensor[];
  readonly backward: Backward;
  /** The scope in which this was recorded, if its memory ends with it. */
  readonly lease?: Lease | undefined;
}

/** Where a view's elements lie in its storage; dense from 0 by default. */
export interface Layout {
  readonly strides?: readonly number[] | undefined;
  readonly offset?: number | undefined;
  /** Until when the storage is lent, or null if it is not, where that is known: as that of the tensor that this is a view of. */
  readonly lease?: Lease | null | undefined;
}

/** What an operation knows of its result: the constructor of tensors believes it, where it checks what callers give. */
export class Made implements Layout {
  readonly strides: readonly number[] | undefined;
  readonly offset: number;
  readonly lease: Lease | null | undefined;
  readonly requiresGrad: boolean;
  readonly tape: TapeEntry | undefined;

  constructor(strides?: readonly number[], offset = 0, lease?: Lease | null, tape?: TapeEntry) {
    this.strides = strides;
    this.offset = offset;
    this.lease = lease;
    this.requiresGrad = tape !== undefined;
    this.tape = tape;
  }
}

/** A result that is no view. */
export const DENSE = new Made();

let recording = true;

/** Runs a function without recording: its results do not require gradients. For inference. */
export function noGrad<T>(body: () => T): T {
  check("noGrad: the argument", body, aFunction());
  const before = recording;
  recording = false;
  try {
    return checkSynchronous("noGrad", body());
  } finally {
    recording = before;
  }
}

const requiresGrad = (x: Tensor): boolean => x.requiresGrad;

/** Whether a result of these inputs will be on the tape. */
export const isRecorded = (inputs: readonly Tensor[]): boolean => recording && inputs.some(requiresGrad);

/** Of a small array that `allocate` just gave: outside scopes it is an ordinary one, which need not be looked up. */
const ORDINARY = new Made(undefined, 0, null);

/** Of an array that nobody has but the tensor that is made of it; whether that is a model's weight. */
export function unshared(storage: Float32Array, isLasting = false): Made {
  const lease = movable(storage, isLasting);
  return lease === undefined ? ORDINARY : new Made(undefined, 0, lease);
}

/** Of an array that `allocate` just gave. */
const freshLayout = (storage: Float32Array): Made => (currentLease() === undefined ? unshared(storage) : DENSE);

/** A tensor of an array that `allocate` just gave. */
export const fresh = (storage: Float32Array, shape: Shape): Tensor => new Tensor(storage, shape, freshLayout(storage));

/** The result of an operation on `inputs`, on the tape if one of them requires gradients. */
export function recorded(
  operation: string,
  inputs: readonly Tensor[],
  storage: Float32Array,
  shape: Shape,
  backward: Backward,
  given?: Made,
): Tensor {
  if (!isRecorded(inputs)) return new Tensor(storage, shape, given ?? freshLayout(storage));
  const tape = { operation, inputs, backward, lease: currentLease() };
  // What the way back has kept is this array, so that it must stay where it is.
  const layout = given ?? (tape.lease === undefined ? ORDINARY : DENSE);
  return new Tensor(storage, shape, new Made(layout.strides, layout.offset, layout.lease, tape));
}

/** The gradient of an input, if it requires one. */
export const wanted = (input: Tensor, gradient: () => Tensor): Tensor | undefined =>
  input.requiresGrad ? gradient() : undefined;

/** The tensors that a result depends on and that require gradients, each after all that were computed from it. */
function fromResultToLeaves(result: Tensor): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  // A path from the result, each tensor with the number of its inputs visited so far. No recursion: chains are long.
  const path: { x: Tensor; next: number }[] = [{ x: result, next: 0 }];
  while (path.length > 0) {
    const top = path[path.length - 1]!;
    const input = top.x.tape?.inputs[top.next++];
    if (input === undefined) {
      order.push(top.x);
      path.pop();
    } else if (input.requiresGrad && !seen.has(input)) {
      seen.add(input);
      path.push({ x: input, next: 0 });
    }
  }
  return order.reverse();
}

/** Throws as `Tensor.backward` does, unless there is something to propagate and a gradient to start from. */
function checkBackward(result: Tensor, gradient: Tensor | undefined): void {
  checkGiven("backward: gradient", gradient, aTensor);
  if (!result.requiresGrad) {
    throw new Error(
      "backward: this tensor does not depend on any with requiresGrad, or was computed inside noGrad; " +
        "set requiresGrad on the parameters before computing it.",
    );
  }
  if (!gradient && result.size !== 1) {
    throw new ShapeError(
      `backward: shape ${formatShape(result.shape)} holds ${result.size} elements, not one; ` +
        "reduce it to a loss first, or pass the gradient of each element.",
    );
  }
  if (gradient && !sameShape(gradient.shape, result.shape)) {
    throw new ShapeError(
      `backward: a gradient of shape ${formatShape(gradient.shape)} does not fit a tensor of ${formatShape(result.shape)}; ` +
        "they must be equal.",
    );
  }
}

/**
 * Adds to every leaf's `grad` the gradient of sum(result ⊙ seed) with respect to it; the seed is 1 if none is given.
 */
export function propagate(result: Tensor, given: Tensor | undefined): void {
  checkBackward(result, given);
  const seed = given ?? fresh(allocate(1).fill(1), result.shape);
  const gradients = new Map<Tensor, Tensor>([[result, seed]]);
  const receive = (x: Tensor, gradient: Tensor): void => {
    const sum = gradients.get(x);
    gradients.set(x, sum ? sum.add(gradient) : gradient);
  };
  noGrad(() => {
    for (const x of fromResultToLeaves(result)) {
      const gradient = gradients.get(x);
      if (!gradient) continue;
      gradients.delete(x);
      if (!x.tape) {
        x.grad = x.grad ? x.grad.add(gradient) : gradient;
        continue;
      }
      const { inputs, backward, lease } = x.tape;
      // What the way back has kept lies in the memory of the scope.
      if (lease?.isLive === false) throw lease.ended(`backward through ${x.tape.operation}`);
      backward(gradient).forEach((part, index) => {
        if (part && inputs[index]!.requiresGrad) receive(inputs[index]!, part);
      });
    }
  });
}

/**
 * Tensor: a shape and strides over a Float32Array. The array is an ordinary one on the JavaScript heap, freed by the
 * garbage collector, or in a backend's memory (`lease.ts`); views (transpose, permute, reshape, slice, broadcastTo) share it.
 * Operations never change their inputs. The arithmetic lives in `ops/`, one file per family; the methods here only delegate.
 *
 * This file, `tape.ts` and the ops import one another. The circle is harmless as long as ops run nothing at load time:
 * whichever file loads first, `Tensor` and the functions are all defined by the time anything calls them.
 */
import { guardMethods } from "./checks.js";
import { elementsOf, keptElementsOf, keptStorageOf, storageOf } from "./elements.js";
import { ShapeError } from "./errors.js";
import { formatTensor, toNested, type NestedArray } from "./format.js";
import { leaseOf, type Lease } from "./lease.js";
import * as elementwise from "./ops/elementwise.js";
import { changedShape, checkStorage } from "./layout.js";
import { layerNorm } from "./ops/layer-norm.js";
import { matmul, type MatmulOptions } from "./ops/matmul.js";
import * as movement from "./ops/movement.js";
import * as reduce from "./ops/reduce.js";
import { logSoftmax, softmax } from "./ops/softmax.js";
import { contiguousStrides, formatShape, isContiguous, sizeOf, type Shape } from "./shape.js";
import { DENSE, Made, propagate, type Layout, type TapeEntry } from "./tape.js";

/** A tensor or a number, which broadcasts to any shape. */
export type Operand = Tensor | number;

/** How a tensor lies in its storage, and what gradients need to know of it. */
export interface TensorOptions extends Layout {
  readonly requiresGrad?: boolean | undefined;
  readonly tape?: TapeEntry | undefined;
}

/** An array of float32 numbers with a shape. */
export class Tensor {
  static {
    guardMethods(this, ["toArray", "item", "backward", "detach", "toString", "concat", "stack"]); // Operations check it themselves.
  }

  /** The type of the elements; there is no other. */
  readonly dtype = "float32";
  /** Axis lengths, outermost first; `[]` for a scalar. */
  readonly shape: Shape;
  /** Distance in elements between neighbours along each axis. */
  readonly strides: readonly number[];
  /** Index of the first element in `storage`. */
  readonly offset: number;
  /** For backends: the array that holds the elements, or did before its lease ended; `storageOf` asks for it. */
  held: Float32Array;
  lease: Lease | undefined; // for backends: until when `held` is lent; undefined on the JavaScript heap
  /**
   * Whether this tensor, or one that it was computed from, requires a gradient. May be set on a tensor that was not
   * computed itself (a parameter), for the computations that follow.
   */
  requiresGrad: boolean;
  #gradient: Tensor | undefined = undefined;
  /** How this tensor was computed, if that is recorded for gradients. */
  readonly tape: TapeEntry | undefined;
  readonly #size: number;

  /**
   * Wraps storage without copying it. Most callers want `tensor`, `zeros` or another constructor function. Throws a ShapeError
   * for a malformed shape, a dense layout of another size than the storage, or one that reaches beyond it.
   */
  constructor(storage: Float32Array, shape: Shape, given?: TensorOptions) {
    if (!(given instanceof Made)) checkStorage(storage, shape, given); // else an operation has worked it out: a tenth of a small sum
    const options = given ?? DENSE;
    this.held = storage;
    this.lease = options.lease === undefined ? leaseOf(storage) : (options.lease ?? undefined);
    this.shape = [...shape];
    this.strides = options.strides ?? contiguousStrides(shape);
    this.offset = options.offset ?? 0;
    this.#size = sizeOf(shape);
    this.requiresGrad = options.requiresGrad ?? false;
    this.tape = options.tape;
  }

  /** Number of elements. */
  get size(): number {
    if (sizeOf(this.shape) !== this.#size) throw changedShape(this.#size, this.shape);
    return this.#size;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Whether the elements are adjacent in row-major order. */
  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** The array that holds the elements, shared with every view. */
  get storage(): Float32Array {
    return this.lease === undefined ? this.held : keptStorageOf(this);
  }

  /**
   * The elements in row-major order. A contiguous tensor gives its own storage, so that writing to it changes the
   * tensor and its views; any other tensor gives a fresh copy.
   */
  get data(): Float32Array {
    return keptElementsOf(this);
  }

  /**
   * The gradient that `backward` accumulates here: of this tensor's shape, until set to undefined. Do not write into
   * it.
   */
  get grad(): Tensor | undefined {
    return this.#gradient;
  }
  set grad(gradient: Tensor | undefined) {
    this.#gradient = gradient;
    if (gradient?.lease?.kind === "scope") (gradient.lease.heirs ??= []).push(this);
  }

  /** Nested arrays of numbers; a plain number for a scalar. */
  toArray(): NestedArray {
    return toNested(elementsOf(this, "toArray"), this.shape);
  }

  /** The only element. Throws a ShapeError if there is not exactly one. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `item: shape ${formatShape(this.shape)} holds ${this.size} elements, not one; slice or reduce first.`,
      );
    }
    return storageOf(this, "item")[this.offset]!;
  }

  /**
   * Reverse-mode differentiation: computes the gradient of this tensor's only element, or of the sum of its elements
   * weighted by `gradient`, and adds it to the `grad` of every tensor with `requiresGrad` that this one depends on and
   * that was not computed itself.
   *
   * @param gradient - of this tensor's shape; 1 by default, for a tensor of one element
   * @throws ShapeError if there is more than one element and no gradient, or one of another shape
   * @throws Error if nothing that this tensor was computed from has `requiresGrad`
   */
  backward(gradient?: Tensor): void {
    propagate(this, gradient);
  }

  /** The same elements, without the record of how they were computed. A view, of the same shape. */
  detach(): Tensor {
    return new Tensor(storageOf(this, "detach"), this.shape, new Made(this.strides, this.offset, this.lease ?? null));
  }

  /** Shape and values, long axes shortened in the middle. */
  toString(): string {
    return formatTensor(elementsOf(this, "toString"), this.shape);
  }

  /** this + other, elementwise; the shapes broadcast. */
  add(other: Operand): Tensor {
    return elementwise.add(this, other);
  }
  /** this − other, elementwise; the shapes broadcast. */
  sub(other: Operand): Tensor {
    return elementwise.sub(this, other);
  }
  /** this · other, elementwise; the shapes broadcast. */
  mul(other: Operand): Tensor {
    return elementwise.mul(this, other);
  }
  /** this / other, elementwise; the shapes broadcast. */
  div(other: Operand): Tensor {
    return elementwise.div(this, other);
  }
  /** this to the power of other, elementwise; the shapes broadcast. */
  pow(other: Operand): Tensor {
    return elementwise.pow(this, other);
  }
  /** −this, elementwise. */
  neg(): Tensor {
    return elementwise.neg(this);
  }
  /** e to the power of this, elementwise. */
  exp(): Tensor {
    return elementwise.exp(this);
  }
  /** Natural logarithm, elementwise. */
  log(): Tensor {
    return elementwise.log(this);
  }
  /** Square root, elementwise. */
  sqrt(): Tensor {
    return elementwise.unary("sqrt", this);
  }
  /** Absolute value, elementwise. */
  abs(): Tensor {
    return elementwise.unary("abs", this);
  }
  /** Hyperbolic tangent, elementwise. */
  tanh(): Tensor {
    return elementwise.unary("tanh", this);
  }
  /** 1 / (1 + exp(−this)), elementwise. */
  sigmoid(): Tensor {
    return elementwise.unary("sigmoid", this);
  }
  /** max(this, 0), elementwise. */
  relu(): Tensor {
    return elementwise.unary("relu", this);
  }
  /** Gaussian error linear unit, elementwise, in the tanh form that GPT-2 uses. */
  gelu(): Tensor {
    return elementwise.unary("gelu", this);
  }
  /** Gaussian error linear unit, elementwise, by its definition: this · Φ(this). */
  geluExact(): Tensor {
    return elementwise.unary("geluExact", this);
  }
  /** Error function, elementwise. */
  erf(): Tensor {
    return elementwise.unary("erf", this);
  }
  /** `this` read as a condition: elementwise a where it is not 0, b where it is; all three broadcast. */
  where(a: Operand, b: Operand): Tensor {
    return elementwise.where(this, a, b);
  }
  /** `value` where the mask is not 0, this elsewhere. The mask broadcasts to this tensor's shape. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return elementwise.maskedFill(this, mask, value);
  }

  /** Matrix product [..., m, k] · [..., k, n] → [..., m, n]; leading axes broadcast. See {@link MatmulOptions}. */
  matmul(other: Tensor, options?: MatmulOptions): Tensor {
    return matmul(this, other, options);
  }

  /** Swaps two axes, the last two by default: [..., m, n] → [..., n, m]. A view. */
  transpose(axis0 = -2, axis1 = -1): Tensor {
    return movement.transpose(this, axis0, axis1);
  }
  /** Reorders the axes: result axis i is this tensor's axis `order[i]`. A view. */
  permute(order: readonly number[]): Tensor {
    return movement.permute(this, order);
  }
  /** The same elements in another shape, one axis of which may be −1. A view if contiguous, otherwise a copy. */
  reshape(shape: Shape): Tensor {
    return movement.reshape(this, shape);
  }
  /** Positions start ≤ i < end of one axis; negative ones count from the end. A view, [..., end − start, ...]. */
  slice(start: number, end?: number, axis = 0): Tensor {
    return movement.slice(this, start, end, axis);
  }
  /** This tensor repeated to a larger shape by the broadcasting rules. A view. */
  broadcastTo(shape: Shape): Tensor {
    return movement.broadcastTo(this, shape);
  }
  /** This tensor followed by others along an axis, whose lengths add up; the other axes have one shape. */
  concat(others: readonly Tensor[], axis = 0): Tensor {
    return movement.concat(movement.withOthers("concat", this, others), axis);
  }
  /** This tensor and others of the same shape along a new axis. */
  stack(others: readonly Tensor[], axis = 0): Tensor {
    return movement.stack(movement.withOthers("stack", this, others), axis);
  }
  /** The entries of one axis that `indices` name: that axis is replaced by the shape of the indices. */
  gather(indices: Tensor | readonly number[], axis = 0): Tensor {
    return movement.gather(this, indices, axis);
  }

  /** Sum over the given axes, all by default, which leave the shape or become 1. */
  sum(axes?: number | readonly number[], keepDims = false): Tensor {
    return reduce.sum(this, axes, keepDims);
  }
  /** Mean over the given axes, all by default; shapes as with `sum`. */
  mean(axes?: number | readonly number[], keepDims = false): Tensor {
    return reduce.mean(this, axes, keepDims);
  }
  /** Largest element over the given axes, all by default; NaN if there is one; shapes as with `sum`. */
  max(axes?: number | readonly number[], keepDims = false): Tensor {
    return reduce.extreme("max", this, axes, keepDims);
  }
  /** Smallest element over the given axes, all by default; NaN if there is one; shapes as with `sum`. */
  min(axes?: number | readonly number[], keepDims = false): Tensor {
    return reduce.extreme("min", this, axes, keepDims);
  }
  /** Position of the first largest element along an axis, the last by default, which leaves the shape. */
  argmax(axis = -1): Tensor {
    return reduce.argmax(this, axis);
  }

  /** Softmax along an axis, the last by default, in the same shape. A line of only −∞ becomes all 0. */
  softmax(axis = -1): Tensor {
    return softmax(this, axis);
  }
  /** Logarithm of the softmax along an axis, the last by default, in the same shape. */
  logSoftmax(axis = -1): Tensor {
    return logSoftmax(this, axis);
  }
  /** The last axis normalised to mean 0 and variance 1, then · gain + bias, both [that axis's length]. */
  layerNorm(gain?: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
    return layerNorm(this, gain, bias, epsilon);
  }
}

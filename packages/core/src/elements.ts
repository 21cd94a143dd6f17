/**
 * The elements of a tensor: where they lie, for kernels, and on the JavaScript heap, for everybody else. What `Tensor.data` gave is
 * never overwritten by what is computed later: elements in the memory of a scope move to the heap when they are asked for.
 *
 * Elements are *movable* if the library made their array and has not given it out: nobody can write to them unnoticed, so that a
 * backend may have them in its memory. They move there when products have read them a few times, and back when they are given out.
 */
import { Lease } from "./lease.js";
import { allocate, kernelsOr } from "./registry.js";
import { copyStrided, type Shape } from "./shape.js";

/** A tensor, as far as its elements go. */
export interface Elements {
  held: Float32Array;
  lease: Lease | undefined;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly isContiguous: boolean;
}

/**
 * The array that holds the elements, where they are, shared with every view. For kernels: it may be overwritten once the scope ends.
 * Throws an Error if that memory was given back.
 */
export function storageOf(x: Elements, operation = "tensor"): Float32Array {
  const { lease } = x;
  if (lease === undefined || (lease.isLive && !lease.hasMoved)) return x.held;
  return afterMoves(x, lease, operation);
}

/** The elements in row-major order, in place if they are adjacent; otherwise, and for kernels, as `storageOf`. */
export function elementsOf(x: Elements, operation?: string): Float32Array {
  const storage = storageOf(x, operation);
  if (!x.isContiguous) return copied(x, storage, allocate(x.size));
  const { size, offset } = x;
  return size === storage.length ? storage : storage.subarray(offset, offset + size);
}

/** The elements in row-major order, for whoever may keep them: in place if they are adjacent, and never in a scope's memory. */
export function keptElementsOf(x: Elements): Float32Array {
  const storage = keptStorageOf(x);
  if (!x.isContiguous) return copied(x, storage, new Float32Array(x.size));
  const { size, offset } = x;
  return size === storage.length ? storage : storage.subarray(offset, offset + size);
}

/** The array that holds the elements, for whoever may keep it: never one in a scope's memory. */
export function keptStorageOf(x: Elements): Float32Array {
  const { lease } = x;
  if (lease === undefined) return x.held;
  if (lease.kind === "movable") return givenOut(x, lease);
  const storage = storageOf(x, "tensor");
  return lease.kind === "resident" ? storage : moveOut(x);
}

/** Moves the elements of a tensor, and with them those of its views, out of a scope's memory. */
export function moveOut(x: Elements): Float32Array {
  const storage = storageOf(x);
  const { lease } = x;
  if (lease?.kind !== "scope") return storage;
  const copy = storage.slice();
  (lease.moved ??= new WeakMap()).set(storage, copy);
  lease.hasMoved = true;
  settle(x, copy);
  return copy;
}

/** Where the elements are after some were moved, or after the lease ended. */
function afterMoves(x: Elements, lease: Lease, operation: string): Float32Array {
  if (lease.kind === "movable") return (x.held = lease.place!);
  const copy = lease.moved?.get(x.held);
  if (copy !== undefined) settle(x, copy);
  else if (!lease.isLive) throw lease.ended(operation);
  return x.held;
}

/** Smaller arrays are copied for less than it takes to know of them: 16 KB. */
const LEAST_MOVABLE = 4096;

/** The lease of an array that nobody outside the library has; undefined for one that is not worth moving. */
export function movable(storage: Float32Array, isLasting = false): Lease | undefined {
  if (storage.length < LEAST_MOVABLE) return undefined;
  const lease = new Lease("movable");
  lease.isLasting = isLasting;
  return lease;
}

/** The reference has no memory of its own. */
const NONE = {};

/** Products that have read an operand before it moves: what is read less often costs more to move than to copy. */
const USES_TO_MOVE = 3;
/** Products until a backend without room is asked again. */
const USES_TO_WAIT = 64;

/** Notes that a product reads a tensor as its right operand: the third time, its elements move to the backend's memory if it takes them. */
export function readAgain(x: Elements & { readonly requiresGrad: boolean }): void {
  const { lease } = x;
  if (lease?.kind !== "movable" || lease.hasMoved || ++lease.uses < USES_TO_MOVE) return;
  lease.isLasting ||= x.requiresGrad; // no result that requires gradients is movable
  const place = kernelsOr<"adopt">(NONE).adopt?.(x.held, lease);
  if (place === undefined) {
    lease.uses = -USES_TO_WAIT;
    return;
  }
  lease.place = place;
  lease.hasMoved = true;
}

/** The array of a movable, for whoever may keep it and write to it: on the JavaScript heap, where it stays from now on. */
function givenOut(x: Elements, lease: Lease): Float32Array {
  const wasGivenOut = lease.uses === -Infinity; // by another view
  lease.uses = -Infinity;
  if (lease.hasMoved && !wasGivenOut) lease.place = lease.place!.slice();
  settle(x, storageOf(x));
  return x.held;
}

function settle(x: Elements, storage: Float32Array): void {
  x.held = storage;
  x.lease = undefined;
}

function copied(x: Elements, storage: Float32Array, out: Float32Array): Float32Array {
  copyStrided(storage, x.offset, x.shape, x.strides, out);
  return out;
}

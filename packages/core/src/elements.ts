/**
 * The elements of a tensor: where they lie, for kernels, and on the JavaScript heap, for everybody else. What `Tensor.data` gave is
 * never overwritten by what is computed later: elements in the memory of a scope move to the heap when they are asked for.
 */
import type { Lease } from "./lease.js";
import { allocate } from "./registry.js";
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
  if (lease === undefined || (lease.isLive && lease.moved === undefined)) return x.held;
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
  settle(x, copy);
  return copy;
}

/** Where the elements are after some were moved, or after the lease ended. */
function afterMoves(x: Elements, lease: Lease, operation: string): Float32Array {
  const copy = lease.moved?.get(x.held);
  if (copy !== undefined) settle(x, copy);
  else if (!lease.isLive) throw lease.ended(operation);
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

/**
 * Memory that a backend lends, and until when. A backend may keep elements in memory of its own, where kernels need not copy them:
 * those of tensors made inside a `scope`, until it ends, those of `resident` tensors, until they are released, and those that
 * are *movable*, as long as anything refers to them. Every tensor in such memory has the lease; it is asked on each use, so that
 * an ended lease is an error and never wrong numbers.
 */

/** For how long memory is lent: until a scope ends, until tensors are released, or, if movable, until nothing refers to them. */
export class Lease {
  readonly kind: "scope" | "resident" | "movable";
  /** For the backend: where the scope's part of its memory begins. */
  readonly start: number;
  /** For the backend: of the scope around this one. */
  readonly outer: Lease | undefined;
  /** Whether the memory still has what was put there. */
  isLive = true;
  /** What was lent last: mostly the result that a tensor is made of next, which need not be looked up. */
  newest: Float32Array | undefined;
  /** Whether elements are elsewhere than where tensors last found them. */
  hasMoved = false;
  /** Of a scope, by the array that was lent: the ordinary array that its elements have moved to. */
  moved: WeakMap<Float32Array, Float32Array> | undefined;
  /** Of a movable: where its elements are, once they have moved. */
  place: Float32Array | undefined;
  /**
   * Of a movable: how many products have read it as their right operand. Below 0 it stays where it is for a while; at −∞, once its
   * elements were given out, forever.
   */
  uses = 0;
  /** Of a movable: whether it is the weight of a model, which stays, and not one of many results. */
  isLasting = false;
  /** Tensors that may outlive the scope, and got a gradient in this memory, or were computed inside. */
  heirs: Heir[] | undefined;

  constructor(kind: Lease["kind"], start = 0, outer?: Lease) {
    this.kind = kind;
    this.start = start;
    this.outer = outer;
  }

  /** The error for those who come too late. */
  ended(operation: string): Error {
    const what =
      this.kind === "scope"
        ? "it was made inside a scope that has ended (training runs each step in one). Return it from the scope, " +
          "in anything; or copy what you need before the scope ends: tensor.data, item() or toArray()."
        : "it was released. Copy what you need before the release, or release later.";
    return new Error(`${operation}: this tensor's memory is gone: ${what}`);
  }
}

/** A tensor, as far as a lease knows it. */
export interface Heir {
  readonly lease: Lease | undefined;
  readonly grad: object | undefined;
  readonly tape: object | undefined;
}

/** Finds the lease of an array: undefined if it lies elsewhere. */
export type LeaseFinder = (data: Float32Array) => Lease | undefined;

/** Of the backends that have lent memory and not got all of it back. */
const finders: LeaseFinder[] = [];

/** From now on, arrays are looked up here too: called when a backend lends memory and none of its own is out. */
export function addLeaseFinder(finder: LeaseFinder): void {
  finders.push(finder);
}

/** Undoes `addLeaseFinder`: called when a backend has all of its memory back. */
export function removeLeaseFinder(finder: LeaseFinder): void {
  const last = finders.pop(); // nearly always this one: each scope outside others comes by here
  if (last !== finder) finders[finders.indexOf(finder)] = last!;
}

/** The lease of an array; undefined if it is an ordinary one. */
export function leaseOf(data: Float32Array): Lease | undefined {
  if (finders.length === 0) return undefined;
  if (innermost !== undefined && data === innermost.newest) return innermost;
  if (data.byteOffset === 0) return undefined; // nearly every ordinary one, and none that is lent
  for (let i = finders.length - 1; i >= 0; i--) {
    const lease = finders[i]!(data);
    if (lease !== undefined) return lease;
  }
  return undefined;
}

let innermost: Lease | undefined;

/** The lease of the innermost scope that is running. */
export const currentLease = (): Lease | undefined => innermost;

/** Makes a lease the current one; returns the one before, to be set again. */
export function enterLease(lease: Lease | undefined): Lease | undefined {
  const before = innermost;
  innermost = lease;
  return before;
}

/**
 * What a scope's function returned. Throws a TypeError for what goes on after the function has returned: a promise, an iterator.
 */
export function finished<T>(result: T): T {
  if (result === null || typeof result !== "object") return result;
  if (typeof (result as { then?: unknown }).then === "function") {
    // What the function does later must not end the process: it is an error here already.
    Promise.resolve(result).catch(() => undefined);
    throw new TypeError("scope: the function must not be asynchronous.");
  }
  const isIterator = typeof (result as { next?: unknown }).next === "function";
  if (isIterator && (Symbol.iterator in result || Symbol.asyncIterator in result)) {
    throw new TypeError(
      "scope: the function returned an iterator, which would go on after the scope; return an array.",
    );
  }
  return result;
}

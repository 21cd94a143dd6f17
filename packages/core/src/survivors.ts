/**
 * What outlives a scope. The elements of every tensor that can be found in what the scope's function returns, or throws, move to the
 * JavaScript heap; so do gradients that outer tensors got. The tensors themselves stay the same objects, so that it does
 * not matter what holds them. Those that cannot be found (a closure has them, or a private field) end with the scope.
 */
import { moveOut } from "./elements.js";
import { enterLease, finished, leaseOf, type Lease } from "./lease.js";
import type { TapeEntry } from "./tape.js";
import { Tensor } from "./tensor.js";

/**
 * For backends: runs a function whose results may lie in memory that is lent until it ends. Throws a TypeError if the function goes
 * on later, or returns an array of that memory inside something else.
 */
export function runInScope<T>(lease: Lease, body: () => T): T {
  const outer = enterLease(lease);
  try {
    const result = body();
    if (result === null || typeof result !== "object") return result;
    if (!(result instanceof Tensor)) finished(result);
    if (result instanceof Float32Array && leaseOf(result) === lease) {
      return Float32Array.from(result) as T & Float32Array;
    }
    rescue(result, lease);
    return result;
  } catch (error) {
    rescue(error, lease);
    throw error;
  } finally {
    // No closure here, nor a loop: what a scope costs shows beside a small product.
    if (lease.heirs !== undefined) inherit(lease.heirs as Tensor[], lease);
    lease.isLive = false;
    enterLease(outer);
  }
}

/**
 * Makes every tensor in a value outlive the scopes that are open, wherever it is then kept: its elements move to the
 * JavaScript heap. For what a scope's function leaves behind without returning it. Outside scopes it does nothing.
 *
 * @param value - a tensor, or what holds tensors: arrays, objects, maps, sets
 * @returns the same value
 */
export function keep<T>(value: T): T {
  for (const x of tensorsIn(value)) {
    if (x.lease) moveOut(x);
    if (x.tape?.lease) (x.tape.lease.heirs ??= []).push(x);
  }
  return value;
}

function rescue(value: unknown, lease: Lease): void {
  if (value === null || typeof value !== "object") return;
  const isOne = value instanceof Tensor && value.grad === undefined;
  for (const x of isOne ? [value] : tensorsIn(value)) {
    if (x.lease === lease) moveOut(x);
    forget(x, lease);
  }
}

/** Moves out the gradients of tensors, most of which outlive the scope, and drops the records of those that do. */
function inherit(heirs: readonly Tensor[], lease: Lease): void {
  for (const x of heirs) {
    if (x.grad?.lease === lease) moveOut(x.grad);
    forget(x, lease);
  }
}

/** Drops the record of a computation inside the scope: it would keep alive all that was computed there, and be of no use. */
function forget(x: Tensor, lease: Lease): void {
  if (x.tape?.lease !== lease) return;
  const tape: TapeEntry = { operation: x.tape.operation, inputs: [], backward: () => [], lease };
  (x as { tape: TapeEntry | undefined }).tape = tape;
}

/** The tensors that a value holds, at any depth, with their gradients. Neither getters nor functions are looked into. */
function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<object>();
  const left: object[] = [];
  const visit = (part: unknown): void => {
    if (part === null || typeof part !== "object" || seen.has(part)) return;
    seen.add(part);
    left.push(part);
  };
  visit(value);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next instanceof Tensor) {
      found.push(next);
      visit(next.grad);
    } else if (ArrayBuffer.isView(next)) {
      refuse(next);
    } else {
      if (next instanceof Map) next.forEach((item, key) => (visit(key), visit(item)));
      else if (next instanceof Set) next.forEach(visit);
      visitProperties(next, visit);
    }
  }
  return found;
}

function visitProperties(holder: object, visit: (part: unknown) => void): void {
  if (Array.isArray(holder) && Object.getPrototypeOf(holder) === Array.prototype) {
    for (let i = 0; i < holder.length; i++) visit(holder[i]);
    return;
  }
  for (const key of Reflect.ownKeys(holder)) visit(Object.getOwnPropertyDescriptor(holder, key)?.value);
}

function refuse(view: ArrayBufferView): void {
  if (!(view instanceof Float32Array) || leaseOf(view)?.kind !== "scope") return;
  throw new TypeError(
    "scope: what the function returned has an array that `allocate` gave, which ends with the scope; make a tensor of it, or copy it.",
  );
}

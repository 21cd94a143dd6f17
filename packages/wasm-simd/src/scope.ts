/** Tensors that live in linear memory for the duration of one function, so that kernels need not copy them. */
import { Tensor } from "@selectron/core";
import type { Arena } from "./arena.js";

/** Nested arrays, plain objects and maps with every tensor that lies in the arena replaced by a copy on the heap. */
function copiedOut(value: unknown, arena: Arena): unknown {
  if (value instanceof Tensor) {
    return arena.holds(value.storage) ? new Tensor(Float32Array.from(value.data), value.shape) : value;
  }
  if (value instanceof Float32Array) return arena.holds(value) ? Float32Array.from(value) : value;
  if (Array.isArray(value)) return value.map((part) => copiedOut(part, arena));
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, copiedOut(part, arena)] as const));
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copiedOut(part, arena)]));
  }
  return value;
}

/** The room of a scope by default: 64 MiB, which the operating system provides when it is first used. */
export const SCOPE_BYTES = 2 ** 26;

/** How many scopes are open, and so whether results are allocated in the arena. */
export class Scopes {
  readonly #arena: Arena;
  #depth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Storage for a kernel's result. */
  allocate(length: number): Float32Array {
    return (this.#depth > 0 && this.#arena.allocate(length)) || new Float32Array(length);
  }

  /** See `resident`. */
  keep(tensors: readonly Tensor[], bytes: number): { tensors: readonly Tensor[]; release: () => void } {
    this.#arena.prepare(bytes);
    const mark = this.#arena.mark();
    const kept = tensors.map(({ data, size, shape }) => {
      const storage = this.#arena.allocate(size) ?? new Float32Array(size);
      storage.set(data);
      return new Tensor(storage, shape);
    });
    const end = this.#arena.mark();
    const release = (): void => {
      if (this.#arena.mark() !== end) throw new Error("resident: release what was made later first.");
      this.#arena.release(mark);
    };
    return { tensors: kept, release };
  }

  /** See `scope`. */
  run<T>(body: () => T, bytes: number): T {
    this.#arena.prepare(bytes);
    const mark = this.#arena.mark();
    this.#depth++;
    try {
      const result = body();
      if (result instanceof Promise) throw new TypeError("scope: the function must not be asynchronous.");
      return copiedOut(result, this.#arena) as T;
    } finally {
      this.#depth--;
      this.#arena.release(mark);
    }
  }
}

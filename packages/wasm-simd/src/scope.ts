/**
 * Tensors that live in linear memory: for the duration of one function, until they are released, or, operands that products read
 * again and again, as long as anything refers to them.
 */
import { addLeaseFinder, elementsOf, Lease, removeLeaseFinder, runInScope, Tensor } from "@selectron/core";
import type { Arena } from "./arena.js";

/** The room of a scope by default: 64 MiB, which the operating system provides when it is first used. */
export const SCOPE_BYTES = 2 ** 26;

/** Room for operands that are adopted and beside them: 1 GiB of addresses, which the system fills as they are written to, or less. */
const ADOPTED_ROOMS: readonly number[] = [2 ** 30, 2 ** 28, SCOPE_BYTES];

/** Bytes of adopted operands that are no weights. No runtime says what is garbage before the job ends, which may make thousands. */
const MOST_PASSING = 2 ** 25;

/** A memory in which more bytes of residents than this have been is given back once nothing is in it. */
const MOST_KEPT = 2 ** 26;

/** Tensors, and how to release them: throws an Error the second time. */
export interface Kept {
  readonly tensors: readonly Tensor[];
  release(): void;
}

/** Copies of tensors in storage of one lease, wherever it is. */
export function leased(tensors: readonly Tensor[], lease: Lease, place: (length: number) => Float32Array): Tensor[] {
  // All are read first: one whose memory is gone must not leave half of them placed.
  const sources = tensors.map((x) => elementsOf(x, "resident"));
  return sources.map((source, i) => {
    const storage = place(source.length);
    storage.set(source);
    return new Tensor(storage, tensors[i]!.shape, { lease });
  });
}

/** What `resident` gives; `vacate` runs when it is released. */
export function kept(tensors: readonly Tensor[], lease: Lease, vacate = (): void => undefined): Kept {
  const release = (): void => {
    if (!lease.isLive) throw new Error("release: these tensors were released before; release them once.");
    lease.isLive = false;
    // Whoever still has them does not keep the memory.
    for (const x of tensors) x.held = new Float32Array();
    vacate();
  };
  return { tensors, release };
}

/** Where an array lies in linear memory, and whether it is a weight. */
interface Place extends Pick<Float32Array, "byteOffset" | "byteLength" | "length"> {
  readonly isLasting: boolean;
}

/** The open scopes, the residents and the adopted operands of an arena. */
export class Scopes {
  readonly #arena: Arena;
  readonly #renew: (() => void) | undefined;
  #innermost: Lease | undefined;
  #out = 0;
  readonly #residents = new Map<Lease, Float32Array[]>();
  /** By address: the leases of what was adopted. */
  readonly #adopted = new Map<number, WeakRef<Lease>>();
  /** Bytes of what was adopted and is no weight. */
  #passing = 0;
  /** Absent where the runtime does not tell what is garbage: then nothing is adopted. */
  readonly #garbage =
    typeof FinalizationRegistry === "function"
      ? new FinalizationRegistry<Place>((place) => this.#reclaim(place))
      : undefined;

  /** @param renew - gives the arena a new, small memory; if absent, it keeps the one that it has */
  constructor(arena: Arena, renew?: () => void) {
    this.#arena = arena;
    this.#renew = renew;
  }

  /** Called when other kernels take the place of those that use this arena: its memory goes with the last tensor that lies in it. */
  retire(): void {
    this.#arena.retire();
  }

  /** Storage for a kernel's result. */
  allocate(length: number): Float32Array {
    const lease = this.#innermost;
    if (lease === undefined) return new Float32Array(length);
    const view = this.#arena.allocate(length);
    return view ? (lease.newest = view) : new Float32Array(length);
  }

  /** Called when memory is lent; `#out` counts leases. */
  #begin(): void {
    if (this.#out++ === 0) addLeaseFinder(this.#find);
  }
  #end(): void {
    if (--this.#out === 0) removeLeaseFinder(this.#find);
  }

  /** The lease of an array in this arena. */
  readonly #find = (data: Float32Array): Lease | undefined => {
    if (!this.#arena.holds(data)) return undefined;
    const address = data.byteOffset;
    if (this.#arena.isSettled(address)) {
      for (const [lease, arrays] of this.#residents) {
        if (arrays.some((own) => address >= own.byteOffset && address < own.byteOffset + own.byteLength)) return lease;
      }
      for (const [start, adopted] of this.#adopted) {
        const lease = address >= start ? adopted.deref() : undefined;
        if (lease?.place && address < start + lease.place.byteLength) return lease;
      }
      return undefined;
    }
    let lease = this.#innermost;
    while (lease !== undefined && address < lease.start) lease = lease.outer;
    return lease;
  };

  /** See `Kernels.adopt`. Memory that threads share is copied to word by word, which takes longer than it saves. */
  adopt(data: Float32Array, lease: Lease): Float32Array | undefined {
    if (!this.#garbage || this.#arena.isShared) return undefined;
    const { isLasting } = lease;
    if (!isLasting && this.#passing + data.byteLength > MOST_PASSING) return undefined;
    for (const bytes of ADOPTED_ROOMS) this.#arena.prepare(bytes); // the first that the runtime gives
    const view = this.#arena.settle(data.length);
    if (!view) return undefined;
    view.set(data);
    this.#begin();
    this.#adopted.set(view.byteOffset, new WeakRef(lease));
    if (!isLasting) this.#passing += view.byteLength;
    const { byteOffset, byteLength, length } = view;
    this.#garbage.register(view, { byteOffset, byteLength, length, isLasting });
    return view;
  }

  /** Takes back what was adopted, once nothing refers to it. The runtime calls this between jobs, never inside a scope. */
  #reclaim(place: Place): void {
    this.#adopted.delete(place.byteOffset);
    if (!place.isLasting) this.#passing -= place.byteLength;
    this.#arena.vacate(place);
    this.#end();
    this.#shrink();
  }

  #shrink(): void {
    if (this.#out === 0 && this.#arena.mostSettled > MOST_KEPT) this.#renew?.();
  }

  /** See `resident`. */
  keep(tensors: readonly Tensor[], bytes: number): Kept {
    this.#arena.prepare(bytes);
    const lease = new Lease("resident");
    const arrays: Float32Array[] = [];
    const place = (length: number): Float32Array => {
      const storage = length > 0 ? this.#arena.settle(length) : undefined;
      if (storage) arrays.push(storage);
      return storage ?? new Float32Array(length);
    };
    const copies = leased(tensors, lease, place);
    this.#begin();
    this.#residents.set(lease, arrays);
    return kept(copies, lease, () => this.#vacate(lease));
  }

  #vacate(lease: Lease): void {
    const arrays = this.#residents.get(lease)!;
    for (const array of arrays) this.#arena.vacate(array);
    // Whoever still has the function `release` has this list, by its closure, and with a view the whole memory.
    arrays.length = 0;
    this.#residents.delete(lease);
    this.#end();
    this.#shrink();
  }

  /** See `scope`. */
  run<T>(body: () => T, bytes: number): T {
    this.#arena.prepare(bytes);
    const lease = new Lease("scope", this.#arena.mark(), this.#innermost);
    this.#begin();
    this.#innermost = lease;
    try {
      return runInScope(lease, body);
    } finally {
      this.#innermost = lease.outer;
      this.#arena.release(lease.start);
      this.#end();
    }
  }
}

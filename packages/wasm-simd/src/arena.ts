/**
 * Linear memory, which only this class grows. A kernel call starts with `reset` and takes scratch in steps of 16 bytes;
 * none of it outlives the call, so none of it is freed. Views of the memory, as Float32Arrays, lie on both sides of the scratch:
 *
 *     module | stack of `allocate` → scratch →        ← residents |
 *
 * `allocate` hands out a stack from below, which `mark` and `release` cut back. `settle` hands out ranges from above, which are
 * given back one by one, in any order, with `vacate`, and then reused.
 *
 * Growing the memory detaches every view of it. It therefore never grows while views are out: `reserve` then throws
 * `ArenaFullError`, so that the caller does its work elsewhere, and `prepare` grows it once none is out.
 */
import { FreeRanges } from "./free-ranges.js";

const PAGE = 65_536;
const ALIGNMENT = 16;
/** Kernels may read, never write, this far past an operand. */
const SLACK = 64;
/** WebAssembly addresses 4 GiB at most. */
const MAX_BYTES = 2 ** 32 - PAGE;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Scratch that does not fit: the memory cannot grow, or must not because views of it are out. */
export class ArenaFullError extends RangeError {
  override readonly name = "ArenaFullError";
}

export class Arena {
  #memory!: WebAssembly.Memory;
  #bottom!: number;
  #stack!: number;
  #next!: number;
  /** Where the residents begin, and where they end: also the end of stack and scratch. */
  #limit!: number;
  #top!: number;
  /** The least that `#limit` has been. */
  #lowest!: number;
  /** Between residents. */
  #gaps!: FreeRanges;
  /** The most bytes that were asked for while the memory could not grow. */
  #wanted = 0;
  // Kept: to ask a memory for its buffer is slow, and slower still if threads share it.
  #buffer!: ArrayBufferLike;
  /** What `allocate` handed out last, often the result of the kernel that is called next. */
  #newest: Float32Array | undefined;
  /** The last two other views that `holds` was asked for: kernels ask for each operand several times. */
  #asked: Float32Array | undefined;
  #askedBefore: Float32Array | undefined;
  #isRetired = false;
  #floats!: Float32Array;
  #ints!: Int32Array;

  /** @param base - the first byte that the module itself does not use */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.move(memory, base);
  }

  /** Goes on in another memory; no views may be out. Parameters as those of the constructor. */
  move(memory: WebAssembly.Memory, base: number): void {
    this.#memory = memory;
    this.#bottom = this.#stack = this.#next = aligned(base);
    this.#wanted = 0;
    this.#look();
  }

  /** Takes note of the memory's new buffer, of which no views are out. */
  #look(): void {
    this.#buffer = this.#memory.buffer;
    this.#floats = new Float32Array(this.#buffer);
    this.#ints = new Int32Array(this.#buffer);
    this.#newest = this.#asked = this.#askedBefore = undefined; // detached
    this.#limit = this.#lowest = this.#top = this.#buffer.byteLength - SLACK;
    this.#gaps = new FreeRanges();
  }

  /** Frees all scratch. */
  reset(): void {
    this.#next = this.#stack;
  }

  /** The address of that much scratch. Throws ArenaFullError if there is no room. */
  reserve(bytes: number): number {
    const address = this.#next;
    const next = address + aligned(bytes);
    if (next > this.#limit) this.#extend(next + SLACK);
    this.#next = next;
    return address;
  }

  #extend(bytes: number): void {
    this.#wanted = Math.max(this.#wanted, bytes);
    if (!this.isEmpty) throw new ArenaFullError(`${bytes} bytes of scratch while views are out.`);
    if (bytes > MAX_BYTES) throw new ArenaFullError(`${bytes} bytes exceed the 4 GiB of WebAssembly.`);
    try {
      this.#memory.grow(Math.ceil((bytes - this.#buffer.byteLength) / PAGE));
    } catch (cause) {
      throw new ArenaFullError(`WebAssembly memory cannot grow to ${bytes} bytes.`, { cause });
    }
    this.#look();
  }

  /** All of linear memory as floats. Valid until the next `reserve`. */
  get floats(): Float32Array {
    return this.#floats;
  }

  /** The same as whole numbers. */
  get ints(): Int32Array {
    return this.#ints;
  }

  /** That many doubles at an address that `reserve` gave. Valid until the next `reserve`. */
  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.#buffer, address, length);
  }

  /** Whether an array is a view of this memory, so that kernels can work on it in place. */
  holds(data: Float32Array): boolean {
    if (data === this.#newest || data === this.#asked || data === this.#askedBefore) return true;
    if (data.buffer !== this.#buffer) return false; // to ask an array for its buffer is slow
    if (this.#isRetired) return true;
    this.#askedBefore = this.#asked;
    this.#asked = data;
    return true;
  }

  /** Remembers no views from now on, since other kernels are used: what is remembered keeps the memory. */
  retire(): void {
    this.#isRetired = true;
    this.#newest = this.#asked = this.#askedBefore = undefined;
  }

  /** Whether threads share this memory. */
  get isShared(): boolean {
    return !(this.#buffer instanceof ArrayBuffer);
  }

  /** Whether no views are out. */
  get isEmpty(): boolean {
    return this.#stack === this.#bottom && this.#limit === this.#top;
  }

  /** Where the stack of views ends now: what `release` takes. */
  mark(): number {
    return this.#stack;
  }

  /** A view of that many floats, contents undefined, or undefined if they do not fit. Valid until `release`. */
  allocate(length: number): Float32Array | undefined {
    const end = this.#stack + aligned(4 * length);
    if (end > this.#limit) {
      this.#wanted = Math.max(this.#wanted, end + SLACK);
      return undefined;
    }
    this.#newest = new Float32Array(this.#buffer, this.#stack, length);
    this.#stack = this.#next = end;
    return this.#newest;
  }

  /** Takes back every view handed out since the mark; they must not be used any more. */
  release(mark: number): void {
    this.#stack = this.#next = mark;
  }

  /** A view of that many floats, contents undefined, or undefined if they do not fit. Valid until `vacate`. */
  settle(length: number): Float32Array | undefined {
    const bytes = aligned(4 * length);
    let address = this.#gaps.take(bytes);
    if (address === undefined) {
      if (this.#limit - bytes < this.#stack) {
        this.#wanted = Math.max(this.#wanted, this.#stack + bytes + this.#top - this.#limit + SLACK);
        return undefined;
      }
      address = this.#limit -= bytes;
      this.#lowest = Math.min(this.#lowest, address);
    }
    return new Float32Array(this.#buffer, address, length);
  }

  /** Takes back a view that `settle` handed out; it must not be used any more. */
  vacate({ byteOffset, length }: Pick<Float32Array, "byteOffset" | "length">): void {
    this.#gaps.give(byteOffset, byteOffset + aligned(4 * length));
    this.#limit = this.#gaps.takeFrom(this.#limit);
  }

  /** Whether an address is where residents are. */
  isSettled(address: number): boolean {
    return address >= this.#limit;
  }

  /** If no views are out, grows to hold `bytes` and what did not fit before. Never throws: less room is only slower. */
  prepare(bytes: number): void {
    if (!this.isEmpty) return;
    const target = Math.min(MAX_BYTES, Math.max(this.#bottom + bytes, this.#wanted));
    if (target <= this.#buffer.byteLength) return;
    try {
      this.#extend(target);
    } catch {
      // The views that do not fit will be ordinary arrays.
    }
  }

  /** Bytes in which residents have been: the system provides memory when it is first written to. */
  get mostSettled(): number {
    return this.#top - this.#lowest;
  }

  /** Bytes of linear memory of this instance. */
  get byteLength(): number {
    return this.#buffer.byteLength;
  }
}

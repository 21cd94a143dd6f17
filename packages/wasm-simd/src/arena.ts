/**
 * Linear memory, which only this class grows. A kernel call starts with `reset` and takes scratch in steps of 16 bytes;
 * none of it outlives the call, so none of it is freed. Below the scratch are the Float32Array views that `allocate` hands
 * out: a stack that `mark` and `release` cut back.
 *
 * Growing the memory detaches every view of it. It therefore never grows while views are out: `reserve` then throws
 * `ArenaFullError`, so that the caller does its work elsewhere, and `prepare` grows it once the stack is empty.
 */

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
  readonly #memory: WebAssembly.Memory;
  readonly #bottom: number;
  #stack: number;
  #next: number;
  /** The most bytes that were asked for while the memory could not grow. */
  #wanted = 0;
  // Kept: to ask a memory for its buffer is slow, and slower still if threads share it.
  #buffer: ArrayBufferLike;
  /** What `allocate` handed out last, often the result of the kernel that is called next. */
  #newest: Float32Array | undefined;
  #floats: Float32Array;
  #ints: Int32Array;

  /** @param base - the first byte that the module itself does not use */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#bottom = this.#stack = this.#next = aligned(base);
    this.#buffer = memory.buffer;
    this.#floats = new Float32Array(this.#buffer);
    this.#ints = new Int32Array(this.#buffer);
  }

  /** Frees all scratch. */
  reset(): void {
    this.#next = this.#stack;
  }

  /** The address of that much scratch. Throws ArenaFullError if there is no room. */
  reserve(bytes: number): number {
    const address = this.#next;
    const next = address + aligned(bytes);
    if (next + SLACK > this.#buffer.byteLength) this.#extend(next + SLACK);
    this.#next = next;
    return address;
  }

  #extend(bytes: number): void {
    this.#wanted = Math.max(this.#wanted, bytes);
    if (this.#stack !== this.#bottom) throw new ArenaFullError(`${bytes} bytes of scratch while views are out.`);
    if (bytes > MAX_BYTES) throw new ArenaFullError(`${bytes} bytes exceed the 4 GiB of WebAssembly.`);
    try {
      this.#memory.grow(Math.ceil((bytes - this.#buffer.byteLength) / PAGE));
    } catch (cause) {
      throw new ArenaFullError(`WebAssembly memory cannot grow to ${bytes} bytes.`, { cause });
    }
    this.#buffer = this.#memory.buffer;
    this.#floats = new Float32Array(this.#buffer);
    this.#ints = new Int32Array(this.#buffer);
    this.#newest = undefined; // detached
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
    return data === this.#newest || data.buffer === this.#buffer; // to ask an array for its buffer is slow
  }

  /** Whether threads share this memory. */
  get isShared(): boolean {
    return !(this.#buffer instanceof ArrayBuffer);
  }

  /** Whether no views are out. */
  get isEmpty(): boolean {
    return this.#stack === this.#bottom;
  }

  /** Where the stack of views ends now: what `release` takes. */
  mark(): number {
    return this.#stack;
  }

  /** A view of that many floats, contents undefined, or undefined if they do not fit. Valid until `release`. */
  allocate(length: number): Float32Array | undefined {
    const end = this.#stack + aligned(4 * length);
    if (end + SLACK > this.#buffer.byteLength) {
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

  /** If no views are out, grows to hold `bytes` and what did not fit before. Never throws: less room is only slower. */
  prepare(bytes: number): void {
    if (this.#stack !== this.#bottom) return;
    const target = Math.min(MAX_BYTES, Math.max(this.#bottom + bytes, this.#wanted));
    if (target <= this.#buffer.byteLength) return;
    try {
      this.#extend(target);
    } catch {
      // The views that do not fit will be ordinary arrays.
    }
  }

  /** Bytes of linear memory in use by this instance. */
  get byteLength(): number {
    return this.#buffer.byteLength;
  }
}

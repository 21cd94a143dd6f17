/**
 * Scratch space in linear memory. Every kernel call starts with `reset` and takes what it needs in 16-byte steps; nothing
 * outlives the call, so nothing is ever freed. Growing the memory detaches all views of it, hence the rule: reserve
 * everything first, then ask for `floats`.
 */

const PAGE = 65_536;

export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  #next: number;

  /** @param base - the first byte that the module itself does not use */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#base = Math.ceil(base / 16) * 16;
    this.#next = this.#base;
  }

  /** Gives up everything that was reserved. */
  reset(): void {
    this.#next = this.#base;
  }

  /** The address of that many bytes, aligned to 16. Throws a RangeError if the memory cannot grow. */
  reserve(bytes: number): number {
    const address = this.#next;
    this.#next = address + Math.ceil(bytes / 16) * 16;
    const missing = this.#next - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    return address;
  }

  /** All of linear memory as floats. Valid until the next `reserve`. */
  floats(): Float32Array {
    return new Float32Array(this.#memory.buffer);
  }
}

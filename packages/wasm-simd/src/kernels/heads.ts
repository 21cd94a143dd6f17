/** Operands of attention in the arena: one batch row of a HeadsView. */
import type { HeadsView } from "@selectron/core";
import type { Arena } from "../arena.js";

/** Rows and columns of one head, and how many heads there are. */
export interface HeadSizes {
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
}

/** All heads of batch row b of an operand: in place if it is in the arena, and otherwise in scratch. */
export class PlacedHeads {
  readonly #arena: Arena;
  readonly #view: HeadsView;
  readonly #sizes: HeadSizes;
  readonly #isCopy: boolean;
  /** Index of the first element in the view's data. */
  readonly #start: number;
  readonly #address: number;
  /** Row stride in bytes. */
  readonly row: number;

  /** Reserves room for the whole stretch of memory that the batch row lies in, so that one copy fills it. */
  constructor(arena: Arena, view: HeadsView, b: number, sizes: HeadSizes) {
    this.#arena = arena;
    this.#view = view;
    this.#sizes = sizes;
    this.#isCopy = !arena.holds(view.data);
    this.#start = view.offset + b * view.batchStride;
    this.#address = this.#isCopy ? arena.reserve(4 * this.#length) : view.data.byteOffset + 4 * this.#start;
    this.row = 4 * view.rowStride;
  }

  /** Elements from the first to behind the last. */
  get #length(): number {
    const { heads, rows, columns } = this.#sizes;
    return Math.max(0, (heads - 1) * this.#view.headStride + (rows - 1) * this.#view.rowStride + columns);
  }

  /** The address of a head. */
  head(h: number): number {
    return this.#address + 4 * h * this.#view.headStride;
  }

  /** Fills what was reserved. All reservations come first, since each may move the memory. */
  fill(): void {
    if (!this.#isCopy) return;
    const part = this.#view.data.subarray(this.#start, this.#start + this.#length);
    this.#arena.floats.set(part, this.#address / 4);
  }

  /** Copies results back, leaving whatever lies between the rows as it was. */
  fetch(): void {
    if (!this.#isCopy) return;
    const { data, headStride, rowStride } = this.#view;
    const { heads, rows, columns } = this.#sizes;
    const from = this.#address / 4;
    const length = this.#length;
    if (length === heads * rows * columns) {
      data.set(this.#arena.floats.subarray(from, from + length), this.#start);
      return;
    }
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < rows; i++) {
        const at = h * headStride + i * rowStride;
        data.set(this.#arena.floats.subarray(from + at, from + at + columns), this.#start + at);
      }
    }
  }
}

/**
 * A tensor that grows along one axis without being copied each time: its elements lie in a larger store, with the axis that grows behind the
 * first one, and what is handed out are views of its beginning. A store doubles when it is full, so that n steps copy at most 2n positions.
 */
import { elementsOf, storageOf, zeros, type Tensor } from "@selectron/core";

/** The least positions of a store. */
const LEAST = 32;

/** The axes in the order in which the store has them. */
const stored = (rank: number, axis: number): number[] =>
  Array.from({ length: rank }, (_, i) => i).toSorted((a, b) => place(a, axis) - place(b, axis));
const place = (own: number, axis: number): number => (own === axis ? Math.min(axis, 0.5) : own);

export class Growing {
  readonly #store: Tensor;
  /** Which axis of the store grows. */
  readonly #along: number;
  /** From the axes of the store to those of the tensor. */
  readonly #back: readonly number[];
  readonly #order: readonly number[];
  #used = 0;

  /** @param first - its elements become the first ones; not on the tape */
  constructor(first: Tensor, axis: number, room: number) {
    this.#order = stored(first.rank, axis);
    this.#back = this.#order.map((_, own) => this.#order.indexOf(own));
    this.#along = Math.min(axis, 1);
    const shape = this.#order.map((own) => first.shape[own]!);
    this.#store = zeros(shape.with(this.#along, Math.max(LEAST, 2 * room)));
    if (this.#store.lease) this.#store.lease.isLasting = true; // until the sequence ends, as the weights
    this.append(first, 0);
  }

  /**
   * The first `length` positions with those of a tensor after them: a view. Undefined if these have been followed by something else, by
   * whoever shares the store, or there is no room.
   */
  append(value: Tensor, length: number): Tensor | undefined {
    const turned = value.permute(this.#order);
    const [count, capacity] = [turned.shape[this.#along]!, this.#store.shape[this.#along]!];
    if (length !== this.#used || length + count > capacity) return undefined;
    const [elements, storage] = [elementsOf(turned), storageOf(this.#store)];
    const blocks = this.#along === 0 ? 1 : turned.shape[0]!;
    const size = blocks === 0 ? 0 : turned.size / blocks;
    const inner = count === 0 ? 0 : size / count;
    for (let block = 0; block < blocks; block++) {
      storage.set(elements.subarray(block * size, (block + 1) * size), (block * capacity + length) * inner);
    }
    this.#used += count;
    return this.#store.slice(0, this.#used, this.#along).permute(this.#back);
  }
}

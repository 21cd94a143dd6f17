/**
 * For each rank the positions of smaller ranks, as bits. About 32 of these sets are kept, so that any other is one of them and at most n / 32
 * positions more: some n / 32 steps, and 4 bytes of memory for each position.
 */
import { setBit, wordsFor, type Bits } from "./bits.js";
import { countUp, sortedBy, starts } from "./counting-sort.js";

export class RankPrefixes {
  /** Positions by rank, and where each rank begins. */
  readonly #order: Int32Array;
  readonly #start: Int32Array;
  /** The sets of the first 0, `#step`, 2 · `#step`, … positions of the order, one after the other. */
  readonly #kept: Bits;
  readonly #step: number;
  readonly #words: number;

  constructor(ranks: Int32Array, size: number) {
    const length = ranks.length;
    this.#order = sortedBy(ranks, size, countUp(length));
    this.#start = starts(ranks, size);
    this.#words = wordsFor(length);
    this.#step = Math.max(32, this.#words);
    this.#kept = new Uint32Array(this.#words * (1 + Math.floor(length / this.#step)));
    for (let set = 1; set * this.#step <= length; set++) {
      const bits = this.#kept.subarray(set * this.#words, (set + 1) * this.#words);
      bits.set(this.#kept.subarray((set - 1) * this.#words, set * this.#words));
      this.#add(bits, (set - 1) * this.#step, set * this.#step);
    }
  }

  /** Overwrites a row with the positions of all ranks below `rank`. */
  below(rank: number, row: Bits): void {
    const end = this.#start[rank]!;
    const set = Math.floor(end / this.#step);
    row.set(this.#kept.subarray(set * this.#words, (set + 1) * this.#words));
    this.#add(row, set * this.#step, end);
  }

  /** Overwrites a row with the positions of one rank. */
  equal(rank: number, row: Bits): void {
    const [from, to] = [this.#start[rank]!, this.#start[rank + 1]!];
    row.fill(0);
    if (to - from <= 2 * this.#step) {
      this.#add(row, from, to);
      return;
    }
    // The sets in between, and what they have too many or too few.
    const [first, last] = [Math.ceil(from / this.#step), Math.floor(to / this.#step)];
    const [without, all] = [first * this.#words, last * this.#words];
    for (let word = 0; word < row.length; word++) row[word] = this.#kept[all + word]! & ~this.#kept[without + word]!;
    this.#add(row, from, first * this.#step);
    this.#add(row, last * this.#step, to);
  }

  #add(row: Bits, from: number, to: number): void {
    for (let place = from; place < to; place++) setBit(row, this.#order[place]!);
  }
}

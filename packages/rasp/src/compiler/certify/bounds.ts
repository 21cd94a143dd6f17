/** How far the coordinates of each subspace can be from the values that they should hold, and so how far a read can be off. */
import { exactGrid, type Held } from "../plan/ir/exact-sum.js";
import type { Anchors } from "../plan/ir/plan.js";
import { readAtBos, type Read, type Subspace } from "../plan/ir/read.js";
import { gamma, U } from "./rounding.js";

/** What is known of a subspace's coordinates. */
export interface Bound {
  /** The largest error at input positions. */
  readonly error: number;
  /** The largest error at BOS. */
  readonly atBos: number;
  /** The coordinates hold multiples of this power of two; 0 where nothing is known. */
  readonly grid: number;
}

export class Bounds {
  readonly #anchors: Anchors;
  readonly #bounds = new Map<Subspace, Bound>();

  constructor(anchors: Anchors) {
    this.#anchors = anchors;
  }

  set(subspace: Subspace, bound: Bound): void {
    this.#bounds.set(subspace, bound);
  }

  /** Of the subspaces that heads and hidden units write, in the order of computation. */
  entries(): Iterable<readonly [Subspace, Bound]> {
    return this.#bounds;
  }

  /** How far a read can be off, its own rounding included. Anchors are left out: what reads them counts them. */
  error(read: Read): number {
    const carried = this.carried(read);
    if (exactGrid(read, (subspace) => ({ grid: this.#boundOf(subspace).grid, anchor: 0 })) > 0) return carried;
    let size = Math.abs(read.constant) + carried;
    for (const [subspace, coefficients] of read.terms) {
      const sizes = coefficients.map(Math.abs);
      const most = subspace.oneHot ? sizes.reduce((a, b) => Math.max(a, b), 0) : sizes.reduce((a, b) => a + b, 0);
      size += most * subspace.largest;
    }
    return carried + gamma(this.termsOf(read) + 1) * size;
  }

  /** How far a read can be off because of the errors of what it reads. */
  carried({ terms }: Read): number {
    let carried = 0;
    for (const [subspace, coefficients] of terms) carried += this.#boundOf(subspace).error * absoluteSum(coefficients);
    return carried;
  }

  /** A power of two of which a read should be a multiple; 0 where nothing is known. */
  grid(read: Read): number {
    return exactGrid(read, ({ grid }) => ({ grid, anchor: 0 }));
  }

  largestError(reads: readonly Read[]): number {
    return Math.max(0, ...reads.map((read) => this.error(read)));
  }

  largestErrorAtBos(reads: readonly Read[]): number {
    return Math.max(0, ...reads.map((read) => this.#errorAtBos(read)));
  }

  /** How far a read that is corrected to a constant at BOS can be off there. */
  #errorAtBos(read: Read): number {
    let carried = 0;
    for (const [subspace, coefficients] of read.terms) {
      carried += this.#boundOf(subspace).atBos * absoluteSum(coefficients);
    }
    // Where all subspaces are 0 there, two weights of equal size are left: the bias, and BOS's own that takes it away.
    const cancels = carried === 0 && [...read.terms.keys()].every(({ atBos }) => atBos.every((value) => value === 0));
    return cancels ? 0 : carried + 2 * U * Math.abs(readAtBos(read));
  }

  /** How many terms of the read's sum can be other than 0 at once: one of a subspace that is exactly one-hot. */
  termsOf({ terms }: Read): number {
    let count = 1;
    for (const [subspace, coefficients] of terms) {
      count += subspace.oneHot && this.#boundOf(subspace).error === 0 ? 1 : coefficients.filter((c) => c !== 0).length;
    }
    return count;
  }

  /** What the hidden units of a layer find in a subspace. */
  heldBy(subspace: Subspace, layer: number): Held {
    const anchor = subspace.layer === layer ? (this.#anchors.get(subspace)?.value ?? 0) : 0;
    return { grid: this.#boundOf(subspace).grid, anchor };
  }

  /** How much of the reads' sum is anchors, which the bias takes away again. */
  anchoredSize(reads: readonly Read[], layer: number): number {
    let size = 0;
    for (const { terms } of reads) {
      for (const [subspace, coefficients] of terms) {
        for (const c of coefficients) size += Math.abs(c * this.heldBy(subspace, layer).anchor);
      }
    }
    return size;
  }

  /** Embeddings are exact: they are entries of a table, and what is given is rounded. */
  #boundOf(subspace: Subspace): Bound {
    if (subspace.writer === "embedding") return { error: 0, atBos: 0, grid: subspace.grid };
    return this.#bounds.get(subspace)!;
  }
}

const absoluteSum = (coefficients: readonly number[]): number => coefficients.reduce((sum, c) => sum + Math.abs(c), 0);

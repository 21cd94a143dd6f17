/**
 * How far reads can be off where the residual stream is not held as the plan has it, as in a GPT-2, whose layer norms stand between.
 * A coordinate that should be 0 has a bound of its own, because most of a one-hot vector is 0.
 */
import { leastPowerOfTwo } from "@selectron/core";
import type { Read, Subspace } from "../plan/ir/read.js";
import { gamma, U } from "./rounding.js";

/** What stands between the stream and a read of it. */
export interface ReadErrors {
  /** Relative to the read, and the same for all reads at a position: a gain. */
  readonly common: number;
  /** Relative to each term, beside the rounding of the sum. */
  readonly own: number;
  /** What is found, at most, in place of an exact 0, before the terms of x and of -x cancel. */
  readonly zero: number;
}

/** What is known of a subspace's coordinates. */
export interface Held {
  /** How far a coordinate can be from what it should be. */
  readonly error: number;
  /** How far one can be from 0 that should be 0. */
  readonly zero: number;
  /** The same as the first at BOS. */
  readonly atBos: number;
}

const EXACT: Held = { error: 0, zero: 0, atBos: 0 };

/** Where the error of a read comes from. */
export interface ReadError {
  /** What the stream holds, and what layer norm makes of it: the same in every read that has the same weights there. */
  readonly carried: number;
  /** The rounding of the read's sum. */
  readonly sum: number;
}

export const total = ({ carried, sum }: ReadError): number => carried + sum;

export class ReadBounds {
  readonly #held = new Map<Subspace, Held>();
  readonly #errors: ReadErrors;

  constructor(errors: ReadErrors) {
    this.#errors = errors;
  }

  set(found: readonly (readonly [Subspace, Held])[]): void {
    for (const [subspace, held] of found) this.#held.set(subspace, held);
  }

  entries(): Iterable<readonly [Subspace, Held]> {
    return this.#held;
  }

  /** At any input position. */
  error(read: Read): number {
    return total(this.parts(read));
  }

  largest(reads: readonly Read[]): number {
    return reads.reduce((most, read) => Math.max(most, this.error(read)), 0);
  }

  /**
   * The parts of an error.
   *
   * @param size - the largest sum of the absolute values of the read's terms, if less is known of it
   * @param atBos - what a unit is held at there, which BOS's weight is for
   */
  parts(read: Read, size = this.sizeOf(read), atBos = 0): ReadError {
    const { common, own, zero } = this.#errors;
    const constant = Math.abs(read.constant);
    let [small, count, terms] = [0, Number(constant !== 0), Number(constant !== 0)];
    let [weights, products] = [constant, roundedBy(constant)];
    for (const [subspace, coefficients] of read.terms) {
      const held = this.#held.get(subspace) ?? EXACT;
      let [most, sum, others, rounded] = [0, 0, 0, 0];
      for (const c of coefficients) {
        if (c === 0) continue;
        const weight = Math.abs(c);
        most = Math.max(most, weight);
        sum += weight;
        others++;
        rounded = subspace.oneHot ? Math.max(rounded, roundedBy(c)) : rounded + roundedBy(c);
      }
      if (subspace.oneHot) {
        small += sum * held.zero;
        count += Number(most > 0);
      } else {
        count += others;
      }
      weights += sum;
      terms += others;
      products += rounded * subspace.largest;
    }
    // Terms that should be 0, that of BOS's weight among them.
    const nothing = (2 * weights + Math.abs(atBos)) * zero;
    // They are rounded like all others, or away as a whole.
    const alike = gamma(2 * terms + 4) * (size + nothing + 2 * small);
    const apart = gamma(Math.max(0, 2 * count - 1)) * size + U * products + nothing + 2 * small;
    // Weights are rounded to floats; the constant's is another one in each read.
    const inexact = products > 0 ? U : 0;
    const ofConstant = Math.fround(constant) === constant ? 0 : U * constant;
    return {
      carried: this.#carriedBy(read) + (common + own + inexact) * size + own * nothing,
      sum: Math.min(alike, apart) + ofConstant,
    };
  }

  /** What the errors of what is read add. */
  #carriedBy({ terms }: Read): number {
    let carried = 0;
    for (const [subspace, coefficients] of terms) {
      const { error, zero } = this.#held.get(subspace) ?? EXACT;
      let [most, sum] = [0, 0];
      for (const c of coefficients) {
        most = Math.max(most, Math.abs(c));
        sum += Math.abs(c);
      }
      // One coordinate is what is not 0.
      carried += subspace.oneHot ? sum * zero + most * Math.max(0, error - zero) : sum * error;
    }
    return carried;
  }

  /** The largest sum of the absolute values of the terms. */
  sizeOf({ constant, terms }: Read): number {
    let size = Math.abs(constant);
    for (const [subspace, coefficients] of terms) {
      const sizes = coefficients.reduce((of, c) => (subspace.oneHot ? Math.max(of, Math.abs(c)) : of + Math.abs(c)), 0);
      size += sizes * subspace.largest;
    }
    return size;
  }

  /** How far a read can be from 0 that should be 0. */
  fromZero(read: Read): number {
    const [only] = read.terms.keys();
    // A coordinate of a one-hot vector, or several, is 0 where all terms are.
    const isSum = read.constant === 0 && read.terms.size === 1 && only!.oneHot;
    if (!isSum) return this.error(read);
    const [coefficients] = read.terms.values();
    const held = this.#held.get(only!) ?? EXACT;
    const weights = coefficients!.reduce((sum, c) => sum + Math.abs(c), 0);
    // Nothing of it is more than what should be 0.
    return weights * held.zero + total(this.parts(read, 0)) - this.#carriedBy(read);
  }

  /**
   * How far a read that is corrected at BOS can be off there. Where all that it reads is 0 there, the terms of x and -x are the same numbers,
   * and cancel up to the rounding of their sum.
   */
  errorAtBos(read: Read, atBos: number): number {
    const { common, own, zero } = this.#errors;
    let [carried, size, weights, terms, correction] = [0, 0, 0, 0, atBos];
    let rounded = roundedBy(read.constant);
    for (const [subspace, coefficients] of read.terms) {
      const held = this.#held.get(subspace) ?? EXACT;
      coefficients.forEach((c, j) => {
        if (c === 0) return;
        const value = subspace.atBos[j]!;
        carried += Math.abs(c) * held.atBos;
        size += Math.abs(c * value);
        correction -= c * value;
        weights += Math.abs(c);
        rounded += roundedBy(c);
        terms++;
      });
    }
    weights += Math.abs(read.constant);
    terms += Number(read.constant !== 0);
    size += Math.abs(correction) + carried;
    // Weights that do not add up to what they should: each is rounded.
    if (size > 0) carried += 2 * U * (Math.abs(read.constant) + Math.abs(correction));
    // One power of two alone: half of a number minus half of it.
    const isAlone = terms <= 1 && rounded === 0;
    const cancelling = isAlone ? 0 : gamma(2 * terms + 2) * weights * zero;
    const rounding =
      size === 0 ? cancelling : (common + own + gamma(2 * terms + 2)) * size + 2 * own * weights * zero + cancelling;
    return carried + rounding;
  }
}

/** The size of a weight whose products are rounded: one that is no power of two. */
export function roundedBy(weight: number): number {
  const size = Math.abs(weight);
  return size === 0 || leastPowerOfTwo(size) === size ? 0 : size;
}

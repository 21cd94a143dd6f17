/** Rows whose values are the numbers of keys that they select: all from the least to the most, which add up key by key. */
import { getOrInsert } from "../../language/maps.js";
import type { Letter, Reached, RowKind } from "./row-states.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** How many keys the row of each joint value of a query selects; one where it is the same for all. */
export interface Counts {
  readonly least: Int32Array;
  readonly most: Int32Array;
}

export class CountRows implements RowKind<Counts> {
  readonly start: Counts = { least: new Int32Array(1), most: new Int32Array(1) };
  readonly #ofLetters = new WeakMap<Letter, Counts>();
  readonly #results = new Map<string, ValueSet>();
  readonly #sets: ValueSets;
  readonly #one: boolean;

  /** @param one - whether no row selects two positions */
  constructor(sets: ValueSets, one: boolean) {
    this.#sets = sets;
    this.#one = one;
  }

  with(rows: Counts, letter: Letter, keys = 1): Counts {
    if (letter.isNothing) return rows;
    const { least, most } = getOrInsert(this.#ofLetters, letter, () => countsOf(letter));
    return { least: plus(rows.least, least, keys), most: plus(rows.most, most, keys) };
  }

  values({ least, most }: Counts, reached: Reached): ValueSet {
    const only = typeof reached === "boolean" && least.length === 1 && most.length === 1;
    if (only) return this.#between(...this.#ends(least[0]!, most[0]!, reached));
    const size = Math.max(least.length, most.length, typeof reached === "boolean" ? 1 : reached.length);
    const at = (numbers: Int32Array, q: number): number => numbers[numbers.length === 1 ? 0 : q]!;
    /** How many rows begin to have a width, less those that have none from there on. */
    const begun = new Int32Array(most.reduce((a, b) => Math.max(a, b), 0) + 3);
    for (let q = 0; q < size; q++) {
      const isReached = typeof reached === "boolean" ? reached : reached[q]!;
      const [from, to] = this.#ends(at(least, q), at(most, q), isReached);
      if (from > to) continue;
      begun[from]!++;
      begun[to + 1]!--;
    }
    const widths: number[] = [];
    let open = 0;
    for (let width = 0; width < begun.length; width++) if ((open += begun[width]!) > 0) widths.push(width);
    return getOrInsert(this.#results, widths.join(), () => this.#sets.setOf(widths.map(BigInt)));
  }

  #ends(least: number, most: number, isReached: boolean): [number, number] {
    return this.#one ? [Math.max(least, Number(isReached)), Math.min(most, 1)] : [least, most];
  }

  #between(least: number, most: number): ValueSet {
    return getOrInsert(this.#results, `${least} to ${most}`, () =>
      this.#sets.setOf(Array.from({ length: Math.max(0, most - least + 1) }, (_, w) => BigInt(least + w))),
    );
  }
}

function countsOf({ contributions }: Letter): Counts {
  const isAdded = contributions.map(({ added }) => Number(added.atoms.length > 0));
  const isSure = contributions.map(({ canSkip }, q) => Number(!canSkip && isAdded[q] === 1));
  return { least: Int32Array.from(isSure), most: Int32Array.from(isAdded) };
}

/** a + times·b, of which one has one number for all where it has a single one. */
function plus(a: Int32Array, b: Int32Array, times: number): Int32Array {
  if (a.length === 1 && b.length > 1) return b.map((number) => a[0]! + times * number);
  if (b.length === 1 && a.length > 1) return a.map((number) => number + times * b[0]!);
  return a.map((number, q) => number + times * b[q]!);
}

/** Rows whose values are the numbers of keys that they select: all from the least to the most, which add up key by key. */
import { getOrInsert } from "../../language/maps.js";
import type { Letter, Reached, RowKind } from "./row-states.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** The work of one value of a set. */
const VALUE = 30;

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
  readonly #spend: (steps: number) => void;

  /**
   * @param one - whether no row selects two positions
   * @param spend - called with the steps of work before they are taken
   */
  constructor(sets: ValueSets, one: boolean, spend: (steps: number) => void) {
    this.#sets = sets;
    this.#one = one;
    this.#spend = spend;
  }

  with(rows: Counts, letter: Letter, keys = 1): Counts {
    if (letter.isNothing) return rows;
    const { least, most } = getOrInsert(this.#ofLetters, letter, () => countsOf(letter));
    return { least: plus(rows.least, least, keys), most: plus(rows.most, most, keys) };
  }

  values({ least, most }: Counts, reached: Reached): ValueSet {
    const size = Math.max(least.length, most.length, typeof reached === "boolean" ? 1 : reached.length);
    const at = (numbers: Int32Array, q: number): number => numbers[numbers.length === 1 ? 0 : q]!;
    /** By the least number of keys, the most. */
    const ends = new Map<number, number>();
    for (let q = 0; q < size; q++) {
      const isReached = typeof reached === "boolean" ? reached : reached[q]!;
      const [from, to] = this.#ends(at(least, q), at(most, q), isReached);
      if (from <= to && to > (ends.get(from) ?? -1)) ends.set(from, to);
    }
    const spans = joinedSpans([...ends].sort(([a], [b]) => a - b));
    return getOrInsert(this.#results, spans.join(";"), () => {
      this.#spend(VALUE * spans.reduce((sum, [from, to]) => sum + to - from + 1, 0));
      return this.#sets.setOf(
        spans.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, width) => BigInt(from + width))),
      );
    });
  }

  #ends(least: number, most: number, isReached: boolean): [number, number] {
    return this.#one ? [Math.max(least, Number(isReached)), Math.min(most, 1)] : [least, most];
  }
}

/** Spans of whole numbers, by their first and last ones, with those that meet joined. */
function joinedSpans(ascending: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = [];
  for (const [from, to] of ascending) {
    const last = spans.at(-1);
    if (last && from <= last[1] + 1) spans[spans.length - 1] = [last[0], Math.max(last[1], to)];
    else spans.push([from, to]);
  }
  return spans;
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

/**
 * Comparisons of values as comparisons of whole numbers, such as their ranks. What a comparison is follows from the sorted numbers of its two
 * sides, where asking it for all pairs of values would take a time that grows with the square of their number.
 */
import { atomKey, compareAtoms, NEGATION } from "../../../language/atom/compare.js";
import { numeric } from "../../../language/atom/number.js";
import type { Atom, Comparison } from "../../../language/graph/node.js";
import { atomNumber } from "../../values/value-set.js";
import { MANTISSA } from "../ir/exact-sum.js";

/** Holds where `key(key) op query(query)`. With NaN nothing holds but "!=". */
export interface NumberComparison {
  readonly op: Comparison;
  readonly key: (key: Atom) => number;
  readonly query: (query: Atom) => number;
}

/** The number of an atom, if it is whole and float32 holds it. */
export function wholeNumber(atom: Atom): number | undefined {
  const number = atomNumber(atom);
  return number !== undefined && Number.isInteger(number) && Math.abs(number) < MANTISSA ? number : undefined;
}

/** What a comparison says of two numbers. */
export const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** The numbers of the values of both sides, in their order; undefined for a value with which the comparison always fails. */
export interface Ranks {
  readonly keys: readonly (number | undefined)[];
  readonly queries: readonly (number | undefined)[];
}

/**
 * Whole numbers that compare as the values do: the values themselves where they are such numbers, and their ranks elsewhere.
 *
 * @param keys - undefined where the program has no value
 * @returns undefined for an order of numbers and strings: it fails for some of the pairs
 */
export function ranksOf(
  op: Comparison,
  keys: readonly (Atom | undefined)[],
  queries: readonly (Atom | undefined)[],
): Ranks | undefined {
  const byKey = new Map<string, Atom>();
  for (const side of [keys, queries]) {
    for (const atom of side) if (atom !== undefined && atom !== null) byKey.set(atomKey(atom), atom);
  }
  const atoms = [...byKey];
  const [strings, numbers] = [true, false].map((are) => atoms.filter(([, atom]) => (typeof atom === "string") === are));
  const isOrder = op !== "==" && op !== "!=";
  if (isOrder && strings!.length > 0 && numbers!.length > 0) return undefined;
  const ascending = [numbers!.filter(([, atom]) => !isNotANumber(atom)), strings!].flatMap((some) =>
    some.sort(([, a], [, b]) => Number(compareAtoms(">", a, b)) - Number(compareAtoms("<", a, b))),
  );
  const areWhole = atoms.every(([, atom]) => wholeNumber(atom) !== undefined);
  const ranks = new Map(ascending.map(([key, atom], rank) => [key, areWhole ? Number(atom) : rank]));
  const rankOf = (atom: Atom | undefined): number | undefined =>
    atom === undefined || atom === null ? undefined : (ranks.get(atomKey(atom)) ?? NaN);
  return { keys: keys.map(rankOf), queries: queries.map(rankOf) };
}

const isNotANumber = (atom: Atom): boolean => Number.isNaN(numeric(atom));

/** The numbers of two sides, in the order of their values. */
export interface ComparedNumbers {
  readonly op: Comparison;
  readonly keys: readonly number[];
  readonly queries: readonly number[];
}

/**
 * The answers that occur for some pair, that of the first pair first.
 *
 * @param isCausal - whether a query sees only the keys up to its own place
 */
export function answersIn({ op, keys, queries }: ComparedNumbers, isCausal: boolean): boolean[] {
  if (keys.length === 0 || queries.length === 0) return [];
  const first = COMPARE[op](keys[0]!, queries[0]!);
  /** Of the keys that the query sees. */
  let [least, most, hasNaN] = [Infinity, -Infinity, false];
  const seen = new Set<number>();
  const someHolds = (comparison: Comparison, query: number): boolean => {
    if (comparison === "==") return seen.has(query);
    if (comparison === "!=") return least !== query || most !== query;
    return COMPARE[comparison](comparison.startsWith("<") ? least : most, query);
  };
  const hasOther = (query: number): boolean => {
    const ofNaN = op === "!=";
    if ((Number.isNaN(query) || hasNaN) && ofNaN !== first) return true;
    return !Number.isNaN(query) && seen.size > 0 && someHolds(first ? NEGATION[op] : op, query);
  };
  let next = 0;
  const see = (end: number): void => {
    for (; next < end; next++) {
      const key = keys[next]!;
      if (Number.isNaN(key)) hasNaN = true;
      else [least, most] = [Math.min(least, key), Math.max(most, key)];
      if (!Number.isNaN(key)) seen.add(key);
    }
  };
  for (const [q, query] of queries.entries()) {
    see(isCausal ? q + 1 : keys.length);
    if (hasOther(query)) return [first, !first];
  }
  return [first];
}

/** How many of some numbers a test holds for, which holds for all up to some number, or from one up. */
export function counting(
  numbers: readonly number[],
): (holds: (number: number) => boolean, fromBelow: boolean) => number {
  const ascending = numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
  return (holds, fromBelow) => {
    let [low, high] = [0, ascending.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(ascending[middle]!) === fromBelow) low = middle + 1;
      else high = middle;
    }
    return fromBelow ? low : ascending.length - low;
  };
}

/**
 * Ways to tell whether two whole numbers are equal: as numbers, as their ranks, or digit by digit. Each way takes smaller sums than the
 * one before.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { Equality } from "./selection.js";

/** Numbers of keys and queries, which are equal where all digits are. */
export type Digits = readonly Digit[];

export interface Digit extends Equality {
  /** In absolute value. */
  readonly largestKey: number;
  readonly largestQuery: number;
}

/** A bound on the partial sums of 2kq - k² - q² over all digits, in any order. */
export const extentOf = (digits: Digits): number =>
  digits.reduce((sum, { largestKey, largestQuery }) => sum + (largestKey + largestQuery) ** 2, 0);

/** From the numbers themselves to their binary digits. NaN equals nothing. */
export function* digitsOf(
  equal: Equality,
  keys: readonly Atom[],
  queries: readonly Atom[],
): Generator<Digits, undefined> {
  let least = Infinity;
  const digit = (key: Equality["key"], query: Equality["query"]): Digit => ({
    key,
    query,
    largestKey: largestOf(keys.map(key)),
    largestQuery: largestOf(queries.map(query)),
  });
  const numbers = [...new Set(keys.map(equal.key).filter((number) => !Number.isNaN(number)))].sort((a, b) => a - b);
  const [first, last] = [numbers[0] ?? 0, numbers.at(-1) ?? 0];
  if (![...keys.map(equal.key), ...queries.map(equal.query)].some(Number.isNaN)) {
    const middle = Math.round((first + last) / 2);
    const whole = [
      digit(
        (key) => equal.key(key) - middle,
        (query) => equal.query(query) - middle,
      ),
    ];
    least = extentOf(whole);
    yield whole;
  }
  const ranks = new Map(numbers.map((number, rank) => [number, rank]));
  for (let count = 1, base = Infinity; base > 2; count++) {
    base = leastBase(numbers.length, count);
    const middle = base >> 1;
    /** The digit of a rank; `none` in the lowest one tells a number that the other side does not have from all ranks. */
    const of = (number: number, d: number, none: number): number => {
      const rank = ranks.get(number);
      if (rank === undefined) return d === 0 ? none : 0;
      return (Math.floor(rank / base ** d) % base) - middle;
    };
    const digits = Array.from({ length: count }, (_, d) =>
      digit(
        (key) => of(equal.key(key), d, -middle - 1),
        (query) => of(equal.query(query), d, base - middle),
      ),
    );
    if (extentOf(digits) >= least) continue;
    least = extentOf(digits);
    yield digits;
  }
  return undefined;
}

/** The least base, from 2 up, in which so many numbers have so many digits. */
function leastBase(numbers: number, digits: number): number {
  let base = Math.max(2, Math.floor(numbers ** (1 / digits)) - 1);
  while (base ** digits < numbers) base++;
  return base;
}

const largestOf = (numbers: readonly number[]): number => numbers.reduce((most, n) => Math.max(most, Math.abs(n)), 0);

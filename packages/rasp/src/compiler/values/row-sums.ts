/** The means and the sums of a row, over every choice of keys and of what each of them contributes, key by key. */
import { atomKey } from "../../language/atom/compare.js";
import { numeric, type Numeric } from "../../language/atom/number.js";
import type { Atom } from "../../language/graph/node.js";
import { atomNumber } from "./value-set.js";

/** What one key position can contribute to a row. */
export interface Summands {
  /** Whether the row may pass the key over. */
  readonly canSkip: boolean;
  /** What the key adds where it is selected, one of these. */
  readonly values: readonly Atom[];
}

/** What the sums may take. Both throw where it is too much. */
export interface Limits {
  readonly beforeAdditions: (additions: number) => void;
  /** Called with the number of means before they become a set of values. */
  readonly beforeMeans: (means: number) => void;
  /** Called with the number of different (count, sum) pairs. */
  readonly checkPairs: (pairs: number) => void;
}

/** Undefined where the program has no sum. */
type Sum = Numeric | undefined;

/** What the first keys of a row can add up to, apart by how many of them are selected. */
export interface PartialMeans {
  readonly canBeEmpty: boolean;
  /** A single value stays as it is: an int is no float, and different values can be one number (the int 2^53 + 1, the float 2^53). */
  readonly singles: ReadonlyMap<string, Atom>;
  /** By count, from 2 up: summed from left to right as the interpreter does. */
  readonly sums: readonly ReadonlySet<Sum>[];
}

export const NO_MEANS: PartialMeans = { canBeEmpty: true, singles: new Map(), sums: [new Set(), new Set()] };

/** @param add - see `additionOf` */
export function withMeans(
  before: PartialMeans,
  { canSkip, values }: Summands,
  add: Addition,
  limits: Limits,
): PartialMeans {
  limits.beforeAdditions(pairsOf(before) * values.length);
  const numbers = values.filter((value) => value !== null);
  const sums: ReadonlySet<Sum>[] = [new Set(), new Set()];
  for (let count = 2; count <= before.sums.length; count++) {
    const after = new Set(canSkip ? before.sums[count] : undefined);
    const fewer = count > 2 ? before.sums[count - 1]! : firstSums(before.singles, add);
    for (const sum of fewer) for (const value of numbers) after.add(add.plus(sum, value));
    sums[count] = after;
  }
  if (sums.at(-1)!.size === 0 && sums.length > 2) sums.pop();
  const singles = new Map(canSkip ? before.singles : undefined);
  if (before.canBeEmpty) for (const value of values) singles.set(typeof value + atomKey(value), value);
  const means = { canBeEmpty: before.canBeEmpty && canSkip, singles, sums };
  limits.checkPairs(pairsOf(means));
  return means;
}

const pairsOf = ({ canBeEmpty, singles, sums }: PartialMeans): number =>
  sums.reduce((n, { size }) => n + size, singles.size + Number(canBeEmpty));

/**
 * @param otherwise - the value of an empty row
 * @param admits - whether a row can select this many keys
 */
export function meansOf(
  { canBeEmpty, singles, sums }: PartialMeans,
  otherwise: Atom,
  admits: (count: number) => boolean,
): Iterable<Atom> {
  const means = sums.flatMap((ofCount, count) =>
    admits(count) ? [...ofCount].flatMap((sum) => meanOf(sum, count)) : [],
  );
  return [...(canBeEmpty && admits(0) ? [otherwise] : []), ...(admits(1) ? singles.values() : []), ...means];
}

/** The sums of one value each; null has none. */
const firstSums = (singles: ReadonlyMap<string, Atom>, add: Addition): Sum[] =>
  [...singles.values()].flatMap((value) => (value === null ? [] : [add.plus(add.zero, value)]));

/** What the first keys of a row can add up to: sums of ints. */
export type PartialSums = ReadonlySet<Sum>;

export const noSums = (add: Addition): PartialSums => new Set([add.zero]);

export function withSums(
  before: PartialSums,
  { canSkip, values }: Summands,
  add: Addition,
  limits: Limits,
): PartialSums {
  limits.beforeAdditions(before.size * values.length);
  const sums = new Set(canSkip ? before : undefined);
  for (const sum of before) for (const value of values) sums.add(add.plus(sum, value));
  limits.checkPairs(sums.size);
  return sums;
}

export const sumsOf = (sums: PartialSums): Iterable<Atom> =>
  [...sums].flatMap((sum) => (sum === undefined ? [] : BigInt(sum)));

/** How numbers are added. */
export interface Addition {
  readonly zero: Numeric;
  readonly plus: (sum: Sum, value: Atom) => Sum;
}

/** @param largest - the largest absolute value that all keys together can add up to */
export const additionOf = (largest: number): Addition => (largest > Number.MAX_SAFE_INTEGER ? addAsPython : addNumbers);

/** Addition of numbers that are all exact in float64, which ints and floats share. */
const addNumbers: Addition = {
  zero: 0,
  plus: (sum, value) => (sum as number) + (atomNumber(value) ?? NaN),
};

/** The language's addition: ints are exact until a float joins them, which then has to hold them. Floats may become infinite, or NaN. */
const addAsPython: Addition = {
  zero: 0n,
  plus: (sum, value) => {
    const number = numeric(value);
    if (sum === undefined || number === undefined) return undefined;
    if (typeof sum === "bigint" && typeof number === "bigint") return sum + number;
    const [left, right] = [floatOf(sum), floatOf(number)];
    return left === undefined || right === undefined ? undefined : left + right;
  },
};

/** Undefined for an int that is too large for a float. */
function floatOf(value: Numeric): number | undefined {
  const float = Number(value);
  return typeof value === "bigint" && !Number.isFinite(float) ? undefined : float;
}

/** The mean, where the program has one. */
function meanOf(sum: Sum, count: number): number[] {
  const float = sum === undefined ? undefined : floatOf(sum);
  return float === undefined ? [] : [float / count];
}

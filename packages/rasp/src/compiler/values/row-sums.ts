/** The means and the sums of a row, over every choice of keys and of what each of them contributes. */
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
  /** Called with the number of different (count, sum) pairs. */
  readonly checkPairs: (pairs: number) => void;
}

/** Undefined where the program has no sum. */
type Sum = Numeric | undefined;

/**
 * @param otherwise - the value of an empty row
 * @param admits - whether a row can select this many keys
 */
export function rowMeans(
  row: readonly Summands[],
  otherwise: Atom,
  limits: Limits,
  admits: (count: number) => boolean,
): Iterable<Atom> {
  const add = canBeInexact(row) ? addAsPython : addNumbers;
  let canBeEmpty = true;
  // A single value stays as it is: an int is no float, and different values can be one number (the int 2^53 + 1, the float 2^53).
  let singles = new Map<string, Atom>();
  /** By count, from 2 up: summed from left to right as the interpreter does. */
  const sums: Set<Sum>[] = [new Set(), new Set()];
  const pairs = (): number => sums.reduce((n, { size }) => n + size, singles.size + Number(canBeEmpty));
  for (const { canSkip, values } of row) {
    limits.beforeAdditions(pairs() * values.length);
    const numbers = values.filter((value) => value !== null);
    for (let count = sums.length - 1; count >= 1; count--) {
      const before = count > 1 ? sums[count]! : firstSums(singles, add);
      const after = canSkip ? (sums[count + 1] ?? new Set()) : new Set<Sum>();
      for (const sum of before) for (const value of numbers) after.add(add.plus(sum, value));
      sums[count + 1] = after;
    }
    if (!canSkip) singles = new Map();
    if (canBeEmpty) for (const value of values) singles.set(typeof value + atomKey(value), value);
    canBeEmpty &&= canSkip;
    limits.checkPairs(pairs());
  }
  const means = sums.flatMap((ofCount, count) =>
    admits(count) ? [...ofCount].flatMap((sum) => meanOf(sum, count)) : [],
  );
  return [...(canBeEmpty && admits(0) ? [otherwise] : []), ...(admits(1) ? singles.values() : []), ...means];
}

/** The sums of one value each; null has none. */
const firstSums = (singles: ReadonlyMap<string, Atom>, add: typeof addNumbers | typeof addAsPython): Sum[] =>
  [...singles.values()].flatMap((value) => (value === null ? [] : [add.plus(add.zero, value)]));

/** The sums of ints. */
export function rowSums(row: readonly Summands[], limits: Limits): Iterable<Atom> {
  const add = canBeInexact(row) ? addAsPython : addNumbers;
  let sums = new Set<Sum>([add.zero]);
  for (const { canSkip, values } of row) {
    limits.beforeAdditions(sums.size * values.length);
    const next = new Set(canSkip ? sums : []);
    for (const sum of sums) for (const value of values) next.add(add.plus(sum, value));
    sums = next;
    limits.checkPairs(sums.size);
  }
  return [...sums].flatMap((sum) => (sum === undefined ? [] : BigInt(sum)));
}

/** Whether ints may add up to more than float64 holds exactly. */
const canBeInexact = (row: readonly Summands[]): boolean =>
  row.reduce((sum, { values }) => sum + largestOf(values), 0) > Number.MAX_SAFE_INTEGER;

const largestOf = (values: readonly Atom[]): number =>
  values.reduce<number>((most, value) => Math.max(most, Math.abs(atomNumber(value) ?? 0)), 0);

/** Addition of numbers that are all exact in float64, which ints and floats share. */
const addNumbers = {
  zero: 0,
  plus: (sum: Sum, value: Atom): Sum => (sum as number) + (atomNumber(value) ?? NaN),
};

/** The language's addition: ints are exact until a float joins them, which then has to hold them. Floats may become infinite, or NaN. */
const addAsPython = {
  zero: 0n,
  plus: (sum: Sum, value: Atom): Sum => {
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

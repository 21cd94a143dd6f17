/**
 * The programs of tracr's library (github.com/google-deepmind/tracr) in Selectron's combinators, under tracr's names: the same values on
 * the same inputs, with `null` where tracr has None. Exported as `tracr`.
 */
import {
  add,
  aggregate,
  and,
  constant,
  div,
  eq,
  gt,
  indicator,
  indices,
  le,
  length,
  lt,
  map,
  mul,
  neg,
  not,
  or,
  select,
  selectorWidth,
  sub,
  tokensAsIs,
  type TokenValue,
} from "../combinators.js";
import type { SOp } from "../graph/node.js";

/** The input as it is: tracr's `tokens`. */
export const tokens = tokensAsIs;

const everything = select(1, 1, eq);

/** Comparisons take s-ops of any type, as in tracr, but TypeScript needs one. */
const anyType = (s: SOp): SOp<number> => s as SOp<number>;

/** `s == value`, for a value of any type. */
const equals = (s: SOp, value: TokenValue): SOp<boolean> => eq(anyType(s), value as number);

/** The number of positions. */
export const makeLength = (): SOp<number> => selectorWidth(everything);

/** `s` from back to front. */
export const makeReverse = <T>(s: SOp<T>): SOp<T> => at(sub(sub(length, indices), 1), s) as SOp<T>;

/** The value at another position, null where there is no such position. */
const at = <T>(position: SOp<number>, s: SOp<T>): SOp<T | null> =>
  aggregate(select(indices, position, eq), anyType(s), null) as SOp<T | null>;

/** How often each value occurs. */
export const makeHist = (s: SOp = tokens): SOp<number> => selectorWidth(select(anyType(s), anyType(s), eq));

/** The share of the positions so far at which `bools` is true. */
export const makeFracPrevs = (bools: SOp<boolean>): SOp<number> =>
  aggregate(select(indices, indices, le), indicator(bools), 0);

/** How much more often `open` has occurred so far than `close`, as a share of the positions. */
export const makePairBalance = (s: SOp, open: TokenValue, close: TokenValue): SOp<number> =>
  sub(makeFracPrevs(equals(s, open)), makeFracPrevs(equals(s, close)));

/** Whether the whole input is balanced in each pair of brackets, such as "()", regardless of the others. */
export function makeShuffleDyck(pairs: readonly string[], s: SOp = tokens): SOp<boolean> {
  const balances = pairs.map((pair) => makePairBalance(s, pair[0]!, pair[1]!));
  const anyNegative = balances.map((balance) => lt(balance, 0)).reduce((a, b) => or(a, b));
  const allZero = balances.map((balance) => eq(balance, 0)).reduce((a, b) => and(a, b));
  const hasNegative = aggregate(everything, indicator(anyNegative), 0);
  const lastZero = aggregate(select(indices, sub(length, 1), eq), allZero, false);
  return and(lastZero, not(gt(hasNegative, 0)));
}

/** `makeShuffleDyck` for "()" and "{}". */
export const makeShuffleDyck2 = (): SOp<boolean> => makeShuffleDyck(["()", "{}"]);

/** `vals` in ascending order of `keys`, which are all different. */
export const makeSortUnique = <T>(vals: SOp<T>, keys: SOp): SOp<T | null> => {
  const place = selectorWidth(select(anyType(keys), anyType(keys), lt));
  return aggregate(select(place, indices, eq), anyType(vals), null) as SOp<T | null>;
};

/** `vals` in ascending order of `keys`, of equal ones the earlier first; different keys are at least `minKey` apart. */
export const makeSort = <T>(vals: SOp<T>, keys: SOp<number>, maxSeqLen: number, minKey: number): SOp<T | null> =>
  makeSortUnique(vals, add(keys, mul(minKey, div(indices, maxSeqLen))));

/** The tokens, the most frequent first. */
export const makeSortFreq = (maxSeqLen: number): SOp<TokenValue | null> =>
  makeSort(tokens, neg(makeHist()), maxSeqLen, 1);

/** How often `value` occurs. */
export const makeCount = (s: SOp, value: TokenValue): SOp<number> =>
  selectorWidth(select(anyType(s), value as number, eq));

/** How many positions have a token that occurs at most `n` times. */
export const makeCountLessFreq = (n: number): SOp<number> => selectorWidth(select(makeHist(), n, le));

/** `s` moved `k` positions to the right, null at the first `k`. */
export const shiftBy = <T>(k: number, s: SOp<T>): SOp<T | null> => at(sub(indices, k), s);

/** Whether the values that end at this position are the pattern's; null where the pattern would begin before the input. */
export function detectPattern(s: SOp, pattern: Iterable<TokenValue>): SOp<boolean | null> {
  const detected = [...pattern]
    .reverse()
    .map((value, back): SOp<boolean | null> => (back === 0 ? equals(s, value) : shiftBy(back, equals(s, value))));
  return detected.reduce((a, b) => and(a, b), constant(true) as SOp<boolean | null>);
}

/** A function of several s-ops. tracr combines them in pairs; here it is one map. */
export const makeNarySequencemap = <R extends TokenValue>(fn: (...values: never[]) => R, ...sops: SOp[]) =>
  map(fn as (...values: number[]) => R, ...(sops as SOp<number>[]));

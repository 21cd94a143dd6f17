/** One attention head on ranges: what the softmax over any keys of given kinds can give. */
import { gamma, gridOf, HUGE, isExact, roundDown, roundUp, TINY, U } from "./float32.js";
import { CannotFollow, rangesOf, setRange, type Ranges } from "./ranges.js";

/** What a key can score for a query. */
export interface Score {
  readonly lo: number;
  readonly hi: number;
  /**
   * Keys with equal texts score the same float32 for one query, whatever it is: their scores are not rounded, or their products that
   * are not 0 are the same, and are added up without a choice of order that matters.
   */
  readonly same: string | undefined;
}

/** What one part of a head computes with: keys that score alike, `count` of them. */
export interface Part {
  readonly count: number;
  readonly score: Score;
  /** The mean of their values, if they share one score; otherwise the value of each. */
  readonly value: Ranges;
}

/** Relative errors of a softmax weight: of exp, which may be off by 4 units in the last place, and of the division. */
export const SOFTMAX = 16 * U;

/** What scores so much higher than another key takes all of its share. */
const FAR = 64;

/** For each key, what least weights that are not divided by as much can add to the mean, relative to the largest value. */
const FADED = 4 * Math.exp(-FAR);

/** The score of a key: query · key / √width. */
export function scoreOf(query: Ranges, key: Ranges): Score {
  let [lo, hi, size, grid] = [0, 0, 0, Infinity];
  let [positive, negative] = [0, 0];
  const pairs: string[] = [];
  let [arePoints, arePowers] = [true, true];
  for (let d = 0; d < query.lo.length; d++) {
    const [a, b, c, e] = [query.lo[d]!, query.hi[d]!, key.lo[d]!, key.hi[d]!];
    if ((a === 0 && b === 0) || (c === 0 && e === 0)) continue;
    const products = [a * c, a * e, b * c, b * e];
    const [least, most] = [Math.min(...products), Math.max(...products)];
    lo += least;
    hi += most;
    positive += Math.max(0, most);
    negative -= Math.min(0, least);
    size += Math.max(-least, most);
    grid = Math.min(grid, query.grid[d]! * key.grid[d]!);
    pairs.push(`${a}*${c}`);
    arePoints &&= a === b && c === e;
    arePowers &&= gridOf(c) === Math.abs(c);
  }
  if (!(size < HUGE)) throw new CannotFollow(`a score of size ${size} may overflow`);
  const n = pairs.length;
  const scale = 1 / Math.sqrt(query.lo.length);
  if (gridOf(scale) === scale && isExact(Math.max(positive, negative) * scale, grid * scale)) {
    [lo, hi] = [lo * scale, hi * scale];
    return { lo, hi, same: lo === hi ? `=${lo}` : undefined };
  }
  // √width may be applied to the query, so that no grid makes the sum exact where it is no power of two.
  const rounding = (gamma(n) + n * 2 ** -52) * size;
  // √width is rounded, applied to the query or to the score, and the score rounded again.
  const error = rounding + 4 * U * size + TINY;
  const isSame = arePoints && (n <= 1 || (arePowers && (n === 2 || (n === 3 && new Set(pairs).size === 1))));
  return { lo: (lo - error) * scale, hi: (hi + error) * scale, same: isSame ? pairs.sort().join() : undefined };
}

/**
 * The head's result: the mean of the values weighted with e^score, over all scores and values in their ranges.
 *
 * @param keys - how many keys there are
 */
export function mix(parts: readonly Part[], keys: number): Ranges {
  const width = parts[0]!.value.lo.length;
  const result = rangesOf(width);
  const highest = parts.reduce((most, { score }) => Math.max(most, score.hi), -Infinity);
  const certain = parts.reduce((most, { score }) => Math.max(most, score.lo), -Infinity);
  const weights = parts.map(({ count, score: { lo, hi } }): [number, number] => {
    // Before exp, the maximum is subtracted with one rounding.
    const [least, most] = [lo - certain - U * (highest - lo), hi - certain + U * (highest - hi)];
    // Where a weight is larger than e^FAR, all can be divided by as much, down to their least, with the same mean but for FADED.
    return [count * Math.exp(least - 2 ** -40), count * Math.exp(Math.min(most, FAR) + 2 ** -40)];
  });
  for (let d = 0; d < width; d++) {
    if (parts.every(({ value }) => value.lo[d] === 0 && value.hi[d] === 0)) continue;
    const lows = parts.map(({ value }) => value.lo[d]!);
    const highs = parts.map(({ value }) => value.hi[d]!);
    const sizes = parts.map((_, k) => Math.max(Math.abs(lows[k]!), Math.abs(highs[k]!)));
    const most = sizes.reduce((a, b) => Math.max(a, b), 0);
    const size = largestMean(weights, sizes);
    // Weights below float32's range may be lost.
    const error = (SOFTMAX + gamma(keys + 1) + 2 ** -40) * size + keys * (FADED + 2 ** -126) * most + TINY;
    const lo = -largestMean(
      weights,
      lows.map((low) => -low),
    );
    setRange(result, d, roundUp(lo - error), roundDown(largestMean(weights, highs) + error));
  }
  return result;
}

/** The largest mean of numbers whose weights are between bounds: the larger numbers have their largest weight. */
function largestMean(weights: readonly (readonly [number, number])[], numbers: readonly number[]): number {
  let [total, sum] = [0, 0];
  weights.forEach(([least], k) => {
    total += least;
    sum += least * numbers[k]!;
  });
  const descending = [...numbers.keys()].sort((a, b) => numbers[b]! - numbers[a]!);
  for (const k of descending) {
    if (total > 0 && numbers[k]! * total <= sum) break;
    const more = weights[k]![1] - weights[k]![0];
    total += more;
    sum += more * numbers[k]!;
  }
  return sum / total;
}

/** One attention head on ranges: what the softmax over any keys of given kinds can give. */
import { gamma, gridOf, HUGE, roundDown, roundUp, TINY, U } from "./float32.js";
import { CannotFollow, rangesOf, setRange, type Ranges } from "./ranges.js";

/** What a key can score for a query. */
export interface Score {
  readonly lo: number;
  readonly hi: number;
  /**
   * Keys with equal texts score the same float32 for one query, whatever it is: their products that are not 0 are the same, and are
   * added up without a choice of order that matters.
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
const SOFTMAX = 16 * U;

/** e to this power is a float64. */
const FAR = 600;

/** The score of a key: query · key / √width. */
export function scoreOf(query: Ranges, key: Ranges): Score {
  let [lo, hi, size] = [0, 0, 0];
  const pairs: string[] = [];
  let [arePoints, arePowers] = [true, true];
  for (let d = 0; d < query.lo.length; d++) {
    const [a, b, c, e] = [query.lo[d]!, query.hi[d]!, key.lo[d]!, key.hi[d]!];
    if ((a === 0 && b === 0) || (c === 0 && e === 0)) continue;
    const products = [a * c, a * e, b * c, b * e];
    lo += Math.min(...products);
    hi += Math.max(...products);
    size += Math.max(...products.map(Math.abs));
    pairs.push(`${a}*${c}`);
    arePoints &&= a === b && c === e;
    arePowers &&= gridOf(c) === Math.abs(c);
  }
  if (!(size < HUGE)) throw new CannotFollow(`a score of size ${size} may overflow`);
  const n = pairs.length;
  // √width may be applied to the query, so that no grid makes the sum exact.
  const rounding = (gamma(n) + n * 2 ** -52) * size;
  // √width is rounded, applied to the query or to the score, and the score rounded again.
  const error = rounding + 4 * U * size + TINY;
  const scale = 1 / Math.sqrt(query.lo.length);
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
  if (highest - certain > FAR) throw new CannotFollow("scores that are as good as unknown");
  const weights = parts.map(({ count, score: { lo, hi } }): [number, number] => {
    // Before exp, the maximum is subtracted with one rounding.
    const [least, most] = [lo - certain - U * (highest - lo), hi - certain + U * (highest - hi)];
    return [count * Math.exp(least - 2 ** -40), count * Math.exp(most + 2 ** -40)];
  });
  for (let d = 0; d < width; d++) {
    if (parts.every(({ value }) => value.lo[d] === 0 && value.hi[d] === 0)) continue;
    const lows = parts.map(({ value }) => value.lo[d]!);
    const highs = parts.map(({ value }) => value.hi[d]!);
    const sizes = parts.map((_, k) => Math.max(Math.abs(lows[k]!), Math.abs(highs[k]!)));
    const most = sizes.reduce((a, b) => Math.max(a, b), 0);
    const size = largestMean(weights, sizes);
    // Weights below float32's range may be lost.
    const error = (SOFTMAX + gamma(keys + 1) + 2 ** -40) * size + keys * 2 ** -126 * most + TINY;
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

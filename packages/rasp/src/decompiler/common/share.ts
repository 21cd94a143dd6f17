/** How often a program decides as the model does: a share with its confidence interval, also by length. */

/** A share, 0 to 1, of `of` trials with its 95 % interval (Wilson 1927). */
export interface Share {
  readonly share: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

/** @param right - the number of trials that count */
export function shareOf(right: number, of: number): Share {
  const z = 1.96;
  const share = right / of;
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return { share, of, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** A sequence of the report set: its number of tokens, and whether the program makes all of the model's decisions on it. */
export interface Outcome {
  readonly length: number;
  readonly matches: boolean;
}

/** The share of sequences that match. */
export const matchOf = (outcomes: readonly Outcome[]): Share =>
  shareOf(outcomes.filter(({ matches }) => matches).length, Math.max(1, outcomes.length));

/** Bands of lengths that count the same in a match over all lengths. */
const BANDS = 6;

/**
 * The match if all lengths from the shortest to the longest were equally frequent: the mean over bands of lengths, with the interval of as
 * many trials as have the same variance.
 */
export function uniformMatch(outcomes: readonly Outcome[]): Share {
  const lengths = outcomes.map(({ length }) => length);
  const [least, most] = [
    lengths.reduce((a, b) => Math.min(a, b), Infinity),
    lengths.reduce((a, b) => Math.max(a, b), 0),
  ];
  const bandOf = (length: number): number =>
    Math.min(BANDS - 1, Math.floor(((length - least) / Math.max(1, most - least)) * BANDS));
  const bands = Array.from({ length: BANDS }, (_, b) => outcomes.filter(({ length }) => bandOf(length) === b));
  const filled = bands.filter((band) => band.length > 0);
  if (filled.length === 0) return matchOf(outcomes);
  const shares = filled.map((band) => band.filter(({ matches }) => matches).length / band.length);
  const share = shares.reduce((a, b) => a + b) / filled.length;
  const trials = filled.length ** 2 / filled.reduce((sum, band) => sum + 1 / band.length, 0);
  return { ...shareOf(share * trials, trials), share, of: outcomes.length };
}

/** The match of sequences of at most `upTo` tokens and more than the previous bound. */
export interface LengthMatch {
  readonly upTo: number;
  readonly match: Share;
}

/** The match between each bound and the one before. @param bounds - ascending, the last one Infinity */
export const matchByLength = (outcomes: readonly Outcome[], bounds: readonly number[]): LengthMatch[] =>
  bounds.map((upTo, b) => ({
    upTo,
    match: matchOf(outcomes.filter(({ length }) => length <= upTo && length > (bounds[b - 1] ?? 0))),
  }));

/** A share as text: `93.5 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

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

/** The options of every search. */
import type { Clock } from "./clock.js";

/** Told which stage the work is in, and how many of its steps are done. */
export type Progress = (stage: string, done: number, of: number) => void;

/** What every search takes. */
export interface SearchOptions {
  /** Of all random draws; 0 by default. */
  readonly seed?: number;
  readonly progress?: Progress;
  /** Unlimited time by default. */
  readonly clock?: Clock;
}

/** The options with their defaults. */
export const withDefaults = ({
  seed = 0,
  progress = () => undefined,
  clock = { expired: () => false },
}: SearchOptions): Required<SearchOptions> => ({ seed, progress, clock });

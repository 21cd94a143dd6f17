/**
 * The only file that knows the `benchmark` package. A comparison times several ways of computing one thing: each way
 * first proves its answer, then the ways take turns, round by round, so that a busy machine disturbs all of them alike.
 */
import Benchmark from "benchmark";

/** One way of computing the thing. */
export interface Candidate {
  readonly name: string;
  /** Throws if the answer is wrong. */
  readonly check: () => void;
  /** What is timed. */
  readonly run: () => void;
}

/** A thing to compute. The first candidate is the base of all ratios. */
export interface Comparison {
  readonly name: string;
  /** The floating-point operations that it takes, if these are the work. */
  readonly operations?: number;
  /** At most so many rounds, for what takes seconds. */
  readonly rounds?: number;
  readonly candidates: readonly Candidate[];
}

/** Times of one candidate in seconds per run, over the rounds. */
export interface Measurement {
  readonly comparison: string;
  readonly candidate: string;
  readonly median: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
  readonly gflops?: number;
  /** How many times faster than the first candidate. */
  readonly ratio: number;
}

/** Lets every candidate prove its answer. Throws an Error that names the one whose answer is wrong. */
export function check({ name, candidates }: Comparison): void {
  for (const candidate of candidates) {
    try {
      candidate.check();
    } catch (error) {
      throw new Error(`${name}: ${candidate.name} is wrong, so nothing is timed.`, { cause: error });
    }
  }
}

/** The value a share of the way through sorted numbers, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below]! + (place - below) * (sorted[Math.ceil(place)]! - sorted[below]!);
}

/** Seconds per run, as the median of what `benchmark` samples within `seconds`. */
function time(run: () => void, seconds: number): number {
  const bench = new Benchmark(run, { maxTime: seconds, minSamples: 3 }).run({ async: false });
  if (bench.error) throw new Error("benchmark: a timed run failed.", { cause: bench.error });
  return quantile(bench.stats.sample, 0.5);
}

/** Checks, then times a comparison in `rounds` rounds of about `seconds` per candidate. */
export function measure(comparison: Comparison, rounds: number, seconds: number): Measurement[] {
  check(comparison);
  const { name, operations, candidates } = comparison;
  const turns = Math.min(rounds, comparison.rounds ?? rounds);
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < turns; round++) {
    candidates.forEach(({ run }, index) => times[index]!.push(time(run, seconds)));
  }
  const base = quantile(times[0]!, 0.5);
  return candidates.map((candidate, index) => {
    const median = quantile(times[index]!, 0.5);
    return {
      comparison: name,
      candidate: candidate.name,
      median,
      spread: (quantile(times[index]!, 0.75) - quantile(times[index]!, 0.25)) / 2 / median,
      ...(operations === undefined ? {} : { gflops: operations / median / 1e9 }),
      ratio: base / median,
    };
  });
}

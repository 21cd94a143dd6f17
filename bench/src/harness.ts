/**
 * The only file that knows the `benchmark` package. A comparison times several ways of computing one thing: each way
 * first proves its answer, then the ways take turns, round by round, so that a busy machine disturbs all of them alike.
 */
import Benchmark from "benchmark";

/** One way of computing the thing. */
export interface Candidate {
  readonly name: string;
  /** Throws, or rejects, if the answer is wrong. */
  readonly check: () => void | Promise<void>;
  /** What is timed; awaited if it returns a promise. */
  readonly run: () => unknown;
  /** Awaited before the check and before every round: selects what is global. */
  readonly enter?: () => unknown;
  /** Floating-point operations of one run, if not those of the comparison. */
  readonly operations?: number;
  /** Gives back what the candidate holds. */
  readonly dispose?: () => void;
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
  /** The fastest sample of all rounds: what is left when the rest of the machine keeps still. */
  readonly best: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
  readonly gflops?: number;
  /** How many times as fast as the first candidate, work for work: the median over the rounds of the ratio within a round. */
  readonly ratio: number;
  /** The same of the fastest samples. */
  readonly bestRatio: number;
}

/** Lets every candidate prove its answer. Rejects with an Error that names the one whose answer is wrong. */
export async function check({ name, candidates }: Comparison): Promise<void> {
  for (const candidate of candidates) {
    try {
      await candidate.enter?.();
      await candidate.check();
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

/** Seconds per run, as what `benchmark` samples within `seconds`. */
async function time(run: () => unknown, seconds: number): Promise<number[]> {
  const deferred = run() instanceof Promise;
  const step = deferred
    ? (resolver: Benchmark.Deferred): void => void (run() as Promise<unknown>).then(() => resolver.resolve())
    : run;
  const options = { maxTime: seconds, minTime: seconds / 20, minSamples: 3, defer: deferred, async: false };
  const done = await new Promise<Benchmark>((resolve) => {
    new Benchmark(step, { ...options, onComplete: ({ target }: { target: Benchmark }) => resolve(target) }).run();
  });
  if (done.error) throw new Error("benchmark: a timed run failed.", { cause: done.error });
  return done.stats.sample;
}

/** Checks, then times a comparison in `rounds` rounds of about `seconds` per candidate. */
export async function measure(comparison: Comparison, rounds: number, seconds: number): Promise<Measurement[]> {
  await check(comparison);
  const { name, operations, candidates } = comparison;
  const times = candidates.map((): number[] => []);
  const fastest = candidates.map(() => Infinity);
  const most = Math.min(rounds, comparison.rounds ?? rounds);
  for (let round = 0; round < most; round++) {
    for (const [index, { enter, run }] of candidates.entries()) {
      await enter?.();
      const samples = await time(run, seconds);
      times[index]!.push(quantile(samples, 0.5));
      fastest[index] = Math.min(fastest[index]!, ...samples);
    }
  }
  return candidates.map((candidate, index) => {
    const own = times[index]!;
    const median = quantile(own, 0.5);
    const work = candidate.operations ?? operations;
    // The work of the base in the time of the base, over this candidate's in its time.
    const share = work === undefined || operations === undefined ? 1 : work / operations;
    const ratios = own.map((value, round) => (times[0]![round]! / value) * share);
    return {
      comparison: name,
      candidate: candidate.name,
      median,
      best: fastest[index]!,
      spread: (quantile(own, 0.75) - quantile(own, 0.25)) / 2 / median,
      ...(work === undefined ? {} : { gflops: work / median / 1e9 }),
      ratio: quantile(ratios, 0.5),
      bestRatio: (fastest[0]! / fastest[index]!) * share,
    };
  });
}

/** Cuts 0 to length into at most `parts` ranges, at multiples of `step`, none shorter than it. */
export function ranges(length: number, parts: number, step: number): (readonly [number, number])[] {
  const size = Math.max(1, Math.ceil(length / parts / step)) * step;
  const rest = length % size;
  const count = Math.max(1, Math.floor(length / size) + (rest >= step ? 1 : 0));
  return Array.from({ length: count }, (_, i) => [i * size, i + 1 === count ? length : (i + 1) * size] as const);
}

/** The size of each thread's first range, as a fraction of its share. */
const LARGE = 7 / 8;

/**
 * Cuts 0 to length for threads that take ranges from the last to the first: a large one for each thread, preceded by small
 * ones, so that a thread that finishes early has something left to take. At multiples of `step`, none shorter than it.
 */
export function shares(length: number, threads: number, step: number): (readonly [number, number])[] {
  const small = Math.ceil(((1 - LARGE) * length) / step) * step;
  if (length < 2 * threads * step) return ranges(length, threads, step);
  const large = ranges(length - small, threads, step).map(([from, to]) => [small + from, small + to] as const);
  return [...ranges(small, threads, step), ...large];
}

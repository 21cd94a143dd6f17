/** Cuts 0 to length into at most `parts` ranges, at multiples of `step`, none shorter than it. */
export function ranges(length: number, parts: number, step: number): (readonly [number, number])[] {
  const size = Math.max(1, Math.ceil(length / parts / step)) * step;
  const rest = length % size;
  const count = Math.max(1, Math.floor(length / size) + (rest >= step ? 1 : 0));
  return Array.from({ length: count }, (_, i) => [i * size, i + 1 === count ? length : (i + 1) * size] as const);
}

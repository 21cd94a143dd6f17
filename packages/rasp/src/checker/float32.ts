/**
 * float32 as docs/numerics.md describes it: one operation rounds to the nearest float32, and a sum of products is off by at most
 * gamma(n) times the sum of their sizes, in whatever order it is added.
 */

/** Half a unit in the last place, relative. */
export const U = 2 ** -24;
/** Numbers of this many multiples of a power of two are float32s. */
export const MANTISSA = 2 ** 24;
/** The relative error of a sum of n products in any order (Higham 2002, Accuracy and Stability, section 3.1). */
export const gamma = (n: number): number => (n * U) / (1 - n * U);
/** More than all products together that are too small for float32's full precision can add to a sum. */
export const TINY = 2 ** -130;
/** Sums beyond this size may overflow on the way. */
export const HUGE = 2 ** 120;

/** The smallest positive float32. */
const LEAST = 2 ** -149;

/** Whether no partial sum is rounded: all are multiples of `grid`, and none is larger than `size`. */
export const isExact = (size: number, grid: number): boolean => grid >= LEAST && size <= MANTISSA * grid;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The largest power of two of which a float32 is a multiple; Infinity for 0. */
export function gridOf(x: number): number {
  if (x === 0) return Infinity;
  const [mantissa, exponent] = parts(x);
  return 2 ** (exponent + 31 - Math.clz32(mantissa & -mantissa));
}

/** A power of two of which every float32 from `lo` to `hi` is a multiple; 0 where there is none that matters. */
export function gridBetween(lo: number, hi: number): number {
  if (lo === hi) return gridOf(lo);
  if (lo <= 0 && hi >= 0) return 0;
  return 2 ** parts(lo > 0 ? lo : hi)[1];
}

/** The last place of every float32 from `lo` to `hi`; undefined where they have several. */
export function placeBetween(lo: number, hi: number): number | undefined {
  const [low, high] = [Math.fround(lo), Math.fround(hi)];
  return lo * hi > 0 && parts(low)[1] === parts(high)[1] ? 2 ** parts(low)[1] : undefined;
}

/** The float32 is mantissa · 2^exponent. */
function parts(x: number): [mantissa: number, exponent: number] {
  float[0] = x;
  const exponent = (bits[0]! >>> 23) & 255;
  const mantissa = bits[0]! & 0x7fffff;
  return exponent === 0 ? [mantissa, -149] : [mantissa | 0x800000, exponent - 150];
}

/** The smallest float32 that is not below x. */
export function roundUp(x: number): number {
  const near = Math.fround(x);
  return near >= x ? near : next(near, 1);
}

/** The largest float32 that is not above x. */
export function roundDown(x: number): number {
  const near = Math.fround(x);
  return near <= x ? near : next(near, -1);
}

function next(x: number, direction: 1 | -1): number {
  if (x === 0) return direction * 2 ** -149;
  float[0] = x;
  bits[0]! += x > 0 === direction > 0 ? 1 : -1;
  return float[0]!;
}

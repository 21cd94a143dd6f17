/** What the conformance cases share: a case, random numbers, and comparisons that print what they compared. */
import type { Rng } from "../random.js";

/** One named check of a backend. */
export interface ConformanceCase {
  readonly name: string;
  /** Throws an Error that shows what was computed and what was expected. */
  readonly run: () => void;
}

/** Unit roundoff of float32. */
export const ROUNDOFF = 2 ** -24;

/**
 * Throws unless `actual` is within `tolerance` of `expected`; NaN and infinities must match exactly.
 *
 * @param label - what was computed; a function where there are so many checks that their texts would take the time
 */
export function assertNear(
  label: string | (() => string),
  actual: number | undefined,
  expected: number,
  tolerance: number,
): void {
  const same = Object.is(actual, expected) || actual === expected;
  if (same || (actual !== undefined && Math.abs(actual - expected) <= tolerance)) return;
  const what = typeof label === "string" ? label : label();
  throw new Error(`${what}: got ${actual}, expected ${expected} within ${tolerance}.`);
}

/** Standard normal numbers. */
export function normals(rng: Rng, length: number): Float32Array {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = rng.normal();
  return data;
}

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** Any finite float32 number, all exponents and subnormal numbers alike. */
export function finiteFloat(rng: Rng): number {
  do words[0] = rng.next();
  while (!Number.isFinite(floats[0]!));
  return floats[0]!;
}

/** The distance from a finite float32 number to its neighbour away from 0. */
export function spacing(x: number): number {
  floats[0] = Math.abs(x);
  const size = floats[0]!;
  words[0]!++;
  const next = floats[0]!;
  return next === Infinity ? 2 ** 104 : next - size;
}

/** Nothing but NaN, so that an element which a kernel leaves unwritten is caught. */
export const blank = (length: number): Float32Array => new Float32Array(length).fill(NaN);

/** All elements of one result. */
export function assertAllNear(
  label: string,
  actual: Float32Array,
  expected: ArrayLike<number>,
  tolerance: (expected: number) => number,
): void {
  if (actual.length !== expected.length) throw new Error(`${label}: length ${actual.length}, not ${expected.length}.`);
  for (let i = 0; i < actual.length; i++) {
    assertNear(`${label}, element ${i}`, actual[i], expected[i]!, tolerance(expected[i]!));
  }
}

/**
 * exp, log and powers of two from additions, multiplications, divisions and bits alone. Engines round the last bit of `Math.exp`,
 * `Math.log` and `Math.pow` differently. What rounds to a whole number, compares or chooses by such a function takes these, so that the
 * same seed and the same program give the same result on every engine.
 */

import { aNumber, check } from "./checks.js";

/** ln 2 in two parts: multiples of the first by a small integer are exact. */
const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10];

const bits = new DataView(new ArrayBuffer(8));

/** 2^k for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** 2^k at k + 1022. */
const POWERS = Float64Array.from({ length: 2046 }, (_, at) => powerOfTwo(at - 1022));

/** e^x within 2 units of the last place; 0 below −708, Infinity above 708.9. */
export function exp(x: number): number {
  check("exactExp: x", x, aNumber);
  if (!(x > -708)) return Number.isNaN(x) ? NaN : 0;
  if (x > 708.9) return Infinity;
  const k = Math.floor(x / Math.LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // |r| ≤ ln 2 / 2: Taylor's series to the 13th power, by Horner.
  let sum = 1 + r / 13;
  for (let n = 12; n >= 1; n--) sum = 1 + (r * sum) / n;
  return sum * POWERS[k + 1022]!;
}

/** The natural logarithm of a positive number that is not subnormal, within 2 units of the last place. */
export function log(x: number): number {
  check("exactLog: x", x, aNumber);
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x === Infinity ? x : NaN;
  bits.setFloat64(0, x);
  let k = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
  let m = x / POWERS[k + 1022]!;
  if (m > Math.SQRT2) [m, k] = [m / 2, k + 1];
  // log m = 2 artanh((m − 1) / (m + 1)), with |s| ≤ 0.172.
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let n = 23; n >= 1; n -= 2) sum = sum * square + 1 / n;
  return 2 * s * sum + k * LN2_LOW + k * LN2_HIGH;
}

/** The least power of two that is not below x, for a positive x; other numbers as they are. */
export function leastPowerOfTwo(x: number): number {
  check("leastPowerOfTwo: x", x, aNumber);
  if (!(x > 0 && x < Infinity)) return x;
  let power = 1;
  while (power < x) power *= 2;
  while (power / 2 >= x) power /= 2;
  return power;
}

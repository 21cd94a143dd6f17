/**
 * exp, log, tanh and erf of four floats at a time. Polynomials of Cephes (Moshier, expf.c, logf.c, tanhf.c) and of
 * N. Juffa's erff; the largest error over all floats is stated at each function and in test/math.test.ts.
 *
 * Constants are loaded from memory: from V8 13 on a v128.const is built anew at every use, in three instructions.
 */

import { multiplyAdd, multiplySubtract } from "./multiply-add";

/** Each is splatted when it is loaded, which takes no longer than to load a vector. */
// prettier-ignore
const K = memory.data<f32>([
  1.44269504088896341, // 0 log2 e
  12582912, // 1 adding 1.5 · 2^23 rounds to an integer
  0.693359375, // 2 ln 2, high part
  -2.12194440e-4, // 3 ln 2, low part
  1.9875691500e-4, // 4 exp polynomial
  1.3981999507e-3, // 5
  8.3334519073e-3, // 6
  4.1665795894e-2, // 7
  1.6666665459e-1, // 8
  0.5, // 9
  1, // 10
  -88, // 11 round(−88 · log2 e) = −127, the exponent of 0
  89, // 12 above: exp is infinite
  -104, // 13 below: exp is 0
  1.17549435e-38, // 14 least normal
  8388608, // 15 2^23
  0.70710678, // 16 √½
  7.0376836292e-2, // 17 log polynomial
  -1.1514610310e-1, // 18
  1.1676998740e-1, // 19
  -1.2420140846e-1, // 20
  1.4249322787e-1, // 21
  -1.6668057665e-1, // 22
  2.0000714765e-1, // 23
  -2.4999993993e-1, // 24
  3.3333331174e-1, // 25
  0.625, // 26 tanh polynomial below
  -5.70498872745e-3, // 27
  2.06390887954e-2, // 28
  -5.37397155531e-2, // 29
  1.33314422036e-1, // 30
  -3.33332819422e-1, // 31
  0.927734375, // 32 erf polynomial below, 1 − exp above
  -5.96761703e-4, // 33
  4.99119423e-3, // 34
  -2.67681349e-2, // 35
  1.12819925e-1, // 36
  -3.76125336e-1, // 37
  1.28379166e-1, // 38
  -1.72853470e-5, // 39
  3.83197126e-4, // 40
  -3.88396438e-3, // 41
  2.42546219e-2, // 42
  -1.06777877e-1, // 43
  -6.34846687e-1, // 44
  -1.28717512e-1, // 45
  0.044715, // 46 gelu, tanh form
  -1.5957691216057308, // 47 −2 · √(2/π)
  0.7071067811865476, // 48 √½
  0.008289290592, // 49 shorter exp polynomial (XNNPACK, rr2-p5)
  0.04189782217, // 50
  0.1666765213, // 51
  0.4999915063, // 52
  0.999999702, // 53
  0.134145, // 54 slope of gelu: 3 · 0.044715
  0.3989422804014327, // 55 1 / √(2π)
  12583039, // 56 as 1, and the integer's low bits are those of an exponent: 127 more
  -20, // 57 below: the slopes of gelu are 0
  20, // 58 above: they are 1
], 4);

// @ts-ignore: decorator
@inline
export function constant(index: usize): v128 {
  return v128.load32_splat(K + index * 4);
}

/** exp(r) for |r| ≤ ½ ln 2. */
// @ts-ignore: decorator
@inline
function expPolynomial(r: v128): v128 {
  let p = multiplyAdd(constant(4), r, constant(5));
  p = multiplyAdd(p, r, constant(6));
  p = multiplyAdd(p, r, constant(7));
  p = multiplyAdd(p, r, constant(8));
  p = multiplyAdd(p, r, constant(9));
  return f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), constant(10));
}

/** x − n · ln 2. */
// @ts-ignore: decorator
@inline
function reduceByLn2(x: v128, n: v128): v128 {
  return multiplySubtract(n, constant(3), multiplySubtract(n, constant(2), x));
}

/**
 * exp for x ≤ 0, as softmax needs it: at most 1.5 ulp, and 0 below 2^−126.5. The constants (0, 56, 2, 3, 11, 49 to 53) are
 * the caller's, who loads them ahead of its loop: V8 11 would load them all in each step.
 */
// @ts-ignore: decorator
@inline
export function expWith(
  x: v128,
  log2e: v128,
  magic: v128,
  high: v128,
  low: v128,
  least: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  p1: v128,
): v128 {
  const above = f32x4.pmax(x, least); // in this order NaN passes
  const shifted = multiplyAdd(above, log2e, magic);
  const n = f32x4.sub(shifted, magic);
  const r = multiplySubtract(n, low, multiplySubtract(n, high, above));
  let p = multiplyAdd(p5, r, p4);
  p = multiplyAdd(p, r, p3);
  p = multiplyAdd(p, r, p2);
  p = multiplyAdd(p, r, p1);
  // 2^n · (1 + r p)
  const power = i32x4.shl(shifted, 23);
  return multiplyAdd(f32x4.mul(r, power), p, power);
}

/** `expWith` where there is no loop to load constants ahead of. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  return expWith(
    x,
    constant(0),
    constant(56),
    constant(2),
    constant(3),
    constant(11),
    constant(49),
    constant(50),
    constant(51),
    constant(52),
    constant(53),
  );
}

/** exp over all floats, subnormal results included. At most 0.96 ulp. */
// @ts-ignore: decorator
@inline
export function exp(input: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(input, constant(13)), constant(12)); // in this order NaN passes
  const shifted = multiplyAdd(x, constant(0), constant(1));
  const n = f32x4.sub(shifted, constant(1));
  const p = expPolynomial(reduceByLn2(x, n));
  // 2^n as 2^⌊n/2⌋ · 2^(n − ⌊n/2⌋): both factors are normal, and only the last product rounds.
  const power = i32x4.sub(shifted, constant(1));
  const half = i32x4.shr_s(power, 1);
  const one = constant(10);
  const first = i32x4.add(i32x4.shl(half, 23), one);
  const second = i32x4.add(i32x4.shl(i32x4.sub(power, half), 23), one);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/** Natural logarithm over all floats: −∞ at 0, NaN below. At most 0.76 ulp. */
// @ts-ignore: decorator
@inline
export function log(input: v128): v128 {
  const tiny = f32x4.lt(input, constant(14));
  const x = v128.bitselect(f32x4.mul(input, constant(15)), input, tiny);
  // x = m · 2^e with √½ ≤ m < √2.
  const bits = i32x4.sub(x, constant(16));
  const exponent = i32x4.shr_s(bits, 23);
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), constant(16));
  const e = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(tiny, f32x4.splat(23)));
  const r = f32x4.sub(m, constant(10));
  const square = f32x4.mul(r, r);
  let p = multiplyAdd(constant(17), r, constant(18));
  p = multiplyAdd(p, r, constant(19));
  p = multiplyAdd(p, r, constant(20));
  p = multiplyAdd(p, r, constant(21));
  p = multiplyAdd(p, r, constant(22));
  p = multiplyAdd(p, r, constant(23));
  p = multiplyAdd(p, r, constant(24));
  p = multiplyAdd(p, r, constant(25));
  let tail = f32x4.mul(f32x4.mul(p, r), square);
  tail = multiplyAdd(e, constant(3), tail);
  tail = multiplySubtract(square, constant(9), tail);
  const result = multiplyAdd(e, constant(2), f32x4.add(r, tail));
  // 0 → −∞, negative → NaN, +∞ and NaN → themselves.
  const infinity = f32x4.splat(Infinity);
  const isPositive = f32x4.gt(input, f32x4.splat(0));
  const notZero = v128.bitselect(input, f32x4.splat(NaN), isPositive);
  const special = v128.bitselect(f32x4.neg(infinity), notZero, f32x4.eq(input, f32x4.splat(0)));
  const ordinary = v128.and(isPositive, f32x4.lt(input, infinity));
  return v128.bitselect(result, special, ordinary);
}

/** Hyperbolic tangent, given e^2|x|. At most 1.3 ulp. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128, e: v128): v128 {
  const square = f32x4.mul(x, x);
  let p = multiplyAdd(constant(27), square, constant(28));
  p = multiplyAdd(p, square, constant(29));
  p = multiplyAdd(p, square, constant(30));
  p = multiplyAdd(p, square, constant(31));
  const near = multiplyAdd(f32x4.mul(p, square), x, x);
  const one = constant(10);
  // 1 − 2 / (e^2t + 1)
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  // Of the sign of x, also where the result is 0.
  return v128.bitselect(x, v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), constant(26))), f32x4.splat(-0.0));
}

/** Error function. At most 1.4 ulp. */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const t = f32x4.abs(x);
  const s = f32x4.mul(x, x);
  let p = multiplyAdd(constant(33), s, constant(34));
  p = multiplyAdd(p, s, constant(35));
  p = multiplyAdd(p, s, constant(36));
  p = multiplyAdd(p, s, constant(37));
  p = multiplyAdd(p, s, constant(38));
  const near = multiplyAdd(p, x, x);
  // Beyond 4 the result is 1; the cap keeps the polynomial from overflowing.
  const capped = f32x4.pmin(t, f32x4.splat(4));
  const capSquare = f32x4.mul(capped, capped);
  let q = multiplyAdd(
    multiplyAdd(constant(39), capped, constant(40)),
    capSquare,
    multiplyAdd(constant(41), capped, constant(42)),
  );
  q = multiplyAdd(q, capped, constant(43));
  q = multiplyAdd(q, capped, constant(44));
  q = multiplyAdd(q, capped, constant(45));
  q = f32x4.sub(f32x4.mul(q, capped), capped);
  const far = v128.bitselect(x, f32x4.sub(constant(10), expOfNegative(q)), f32x4.splat(-0.0));
  return v128.bitselect(near, far, f32x4.lt(t, constant(32)));
}

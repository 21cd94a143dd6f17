/** The functions between layers, four floats at a time, and their slopes; errors as in math.ts. */
import { constant, erf, exp, expOfNegative } from "./math";
import { multiplyAdd } from "./multiply-add";

/** 1 / (1 + e^−x), given e^−|x|. At most 2.5 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128, e: v128): v128 {
  const one = constant(10);
  const above = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(above, f32x4.add(one, e));
}

/**
 * x · sigmoid(2 √(2/π) (x + 0.044715 x³)): GELU in its tanh form, without the cancellation in 1 + tanh. At most 1.5 ulp
 * of x.
 */
// @ts-ignore: decorator
@inline
export function gelu(x: v128): v128 {
  const inner = multiplyAdd(f32x4.mul(constant(46), f32x4.mul(x, x)), x, x);
  return f32x4.div(x, f32x4.add(constant(10), exp(f32x4.mul(constant(47), inner))));
}

/** x · Φ(x), given erf(x √½). At most 1.3 ulp of x. */
// @ts-ignore: decorator
@inline
export function geluExact(x: v128, error: v128): v128 {
  const half = f32x4.mul(constant(9), x);
  // Of the sign of x, also where the result is 0.
  return v128.bitselect(x, multiplyAdd(half, error, half), f32x4.splat(-0.0));
}

/** max(x, 0) that keeps NaN. */
// @ts-ignore: decorator
@inline
export function relu(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

/** x between the points past which the slopes of both forms of GELU are 0 or 1. Between, nothing in them overflows. */
// @ts-ignore: decorator
@inline
function nearGelu(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, constant(57)), constant(58)); // in this order NaN passes
}

/** The slope of gelu: with s the sigmoid in it, s + x · s (1 − s) · its inner slope. */
// @ts-ignore: decorator
@inline
export function geluSlope(far: v128): v128 {
  const x = nearGelu(far);
  const one = constant(10);
  const square = f32x4.mul(x, x);
  const inner = multiplyAdd(f32x4.mul(constant(46), square), x, x);
  const s = f32x4.div(one, f32x4.add(one, exp(f32x4.mul(constant(47), inner))));
  const bend = f32x4.mul(f32x4.mul(x, constant(47)), multiplyAdd(constant(54), square, one));
  return f32x4.sub(s, f32x4.mul(f32x4.mul(s, f32x4.sub(one, s)), bend));
}

/** The slope of geluExact: Φ(x) + x · the density of the normal distribution. */
// @ts-ignore: decorator
@inline
export function geluExactSlope(far: v128): v128 {
  const x = nearGelu(far);
  const half = constant(9);
  const below = multiplyAdd(half, erf(f32x4.mul(x, constant(48))), half);
  const density = f32x4.mul(constant(55), expOfNegative(f32x4.neg(f32x4.mul(half, f32x4.mul(x, x)))));
  return multiplyAdd(x, density, below);
}

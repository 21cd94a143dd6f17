/** The functions between layers, four floats at a time, and their slopes; errors as in math.ts. */
import { constant, expOfNegative } from "./math";
import { multiplyAdd } from "./multiply-add";

/** 1 / (1 + e^−x), given e^−|x|. At most 2.5 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128, e: v128): v128 {
  const one = constant(10);
  const above = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(above, f32x4.add(one, e));
}

/** −2 √(2/π) (x + 0.044715 x³): GELU in its tanh form is x / (1 + e^ of this). */
// @ts-ignore: decorator
@inline
export function geluPower(x: v128): v128 {
  return f32x4.mul(constant(47), multiplyAdd(f32x4.mul(constant(46), f32x4.mul(x, x)), x, x));
}

/** GELU in its tanh form, given e^geluPower(x), without the cancellation in 1 + tanh. At most 1.5 ulp of x. */
// @ts-ignore: decorator
@inline
export function gelu(x: v128, e: v128): v128 {
  return f32x4.div(x, f32x4.add(constant(10), e));
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
export function nearGelu(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, constant(57)), constant(58)); // in this order NaN passes
}

/** The slope of gelu, given e^geluPower(x): with s the sigmoid in it, s + x · s (1 − s) · its inner slope. x is near 0. */
// @ts-ignore: decorator
@inline
export function geluSlope(x: v128, e: v128): v128 {
  const one = constant(10);
  const s = f32x4.div(one, f32x4.add(one, e));
  const bend = f32x4.mul(f32x4.mul(x, constant(47)), multiplyAdd(constant(54), f32x4.mul(x, x), one));
  return f32x4.sub(s, f32x4.mul(f32x4.mul(s, f32x4.sub(one, s)), bend));
}

/** The slope of geluExact, given erf(x √½): Φ(x) + x · the density of the normal distribution. x is near 0. */
// @ts-ignore: decorator
@inline
export function geluExactSlope(x: v128, error: v128): v128 {
  const half = constant(9);
  const below = multiplyAdd(half, error, half);
  const density = f32x4.mul(constant(55), expOfNegative(f32x4.neg(f32x4.mul(half, f32x4.mul(x, x)))));
  return multiplyAdd(x, density, below);
}

/**
 * Maps of one array and pairs of two, four floats a step. Lengths are rounded up to a multiple of 4: callers leave
 * room behind their arrays. Operations are numbers that src/abi.ts names.
 */
import { Binary, Unary } from "../src/abi";
import { gelu, geluExact, geluExactSlope, geluPower, geluSlope, nearGelu, relu, sigmoid } from "./activations";
import { constant, erf, exp, log, tanh } from "./math";

/** gelu of x up to `end`, or gradient · its slope. One loop for both: exp is long. */
function mapGelu(x: usize, gradient: usize, out: usize, end: usize, isSlope: bool): void {
  const toGradient = gradient - x;
  const shift = out - x;
  for (; x < end; x += 16) {
    let value = v128.load(x);
    if (isSlope) value = nearGelu(value);
    const e = exp(geluPower(value));
    const result = isSlope ? f32x4.mul(v128.load(x + toGradient), geluSlope(value, e)) : gelu(value, e);
    v128.store(x + shift, result);
  }
}

/** erf of x up to `end`, or geluExact, or gradient · the slope of that. One loop for all three: erf is long. */
function mapErf(x: usize, gradient: usize, out: usize, end: usize, isGelu: bool, isSlope: bool): void {
  const toGradient = gradient - x;
  const shift = out - x;
  const by = isGelu ? constant(48) : constant(10);
  for (; x < end; x += 16) {
    let value = v128.load(x);
    if (isSlope) value = nearGelu(value);
    let result = erf(f32x4.mul(value, by));
    if (isSlope) result = f32x4.mul(v128.load(x + toGradient), geluExactSlope(value, result));
    else if (isGelu) result = geluExact(value, result);
    v128.store(x + shift, result);
  }
}

/** out[i] = f(x[i]); in place is fine. An unknown operation writes nothing. */
export function unary(operation: i32, x: usize, out: usize, length: i32): void {
  const end = x + <usize>((length + 3) & ~3) * 4;
  const shift = out - x;
  switch (operation) {
    case Unary.log:
      for (; x < end; x += 16) v128.store(x + shift, log(v128.load(x)));
      break;
    case Unary.sqrt:
      for (; x < end; x += 16) v128.store(x + shift, f32x4.sqrt(v128.load(x)));
      break;
    case Unary.neg:
    case Unary.abs: {
      const keep = operation == Unary.abs ? f32x4.splat(-0.0) : f32x4.splat(0);
      const flip = operation == Unary.abs ? f32x4.splat(0) : f32x4.splat(-0.0);
      for (; x < end; x += 16) v128.store(x + shift, v128.xor(v128.andnot(v128.load(x), keep), flip));
      break;
    }
    case Unary.exp:
    case Unary.tanh:
    case Unary.sigmoid:
      // One loop for all three: exp is long.
      for (; x < end; x += 16) {
        const value = v128.load(x);
        const size = f32x4.abs(value);
        let power = value;
        if (operation == Unary.tanh) power = f32x4.add(size, size);
        else if (operation == Unary.sigmoid) power = f32x4.neg(size);
        let result = exp(power);
        if (operation == Unary.tanh) result = tanh(value, result);
        else if (operation == Unary.sigmoid) result = sigmoid(value, result);
        v128.store(x + shift, result);
      }
      break;
    case Unary.relu:
      for (; x < end; x += 16) v128.store(x + shift, relu(v128.load(x)));
      break;
    case Unary.erf:
      mapErf(x, x, out, end, false, false);
      break;
    case Unary.gelu:
      mapGelu(x, x, out, end, false);
      break;
    case Unary.geluExact:
      mapErf(x, x, out, end, true, false);
      break;
  }
}

/** out[i] = gradient[i] · f′(x[i]) for the activations relu, gelu and geluExact. Others are not written. */
export function unaryBackward(operation: i32, x: usize, gradient: usize, out: usize, length: i32): void {
  const end = x + <usize>((length + 3) & ~3) * 4;
  const toSlope = gradient - x;
  const shift = out - x;
  const zero = f32x4.splat(0);
  switch (operation) {
    case Unary.relu:
      for (; x < end; x += 16) {
        v128.store(x + shift, v128.and(v128.load(x + toSlope), f32x4.gt(v128.load(x), zero)));
      }
      break;
    case Unary.gelu:
      mapGelu(x, gradient, out, end, true);
      break;
    case Unary.geluExact:
      mapErf(x, gradient, out, end, true, true);
      break;
  }
}

/** out[i] = f(a[i], b[i]). */
export function binary(operation: i32, a: usize, b: usize, out: usize, length: i32): void {
  const end = a + <usize>((length + 3) & ~3) * 4;
  const right = b - a;
  const shift = out - a;
  switch (operation) {
    case Binary.add:
      for (; a < end; a += 16) v128.store(a + shift, f32x4.add(v128.load(a), v128.load(a + right)));
      break;
    case Binary.sub:
      for (; a < end; a += 16) v128.store(a + shift, f32x4.sub(v128.load(a), v128.load(a + right)));
      break;
    case Binary.mul:
      for (; a < end; a += 16) v128.store(a + shift, f32x4.mul(v128.load(a), v128.load(a + right)));
      break;
    case Binary.div:
      for (; a < end; a += 16) v128.store(a + shift, f32x4.div(v128.load(a), v128.load(a + right)));
      break;
  }
}

/**
 * One step of Adam on arrays of `length`. Both corrections are in `rate` and `epsilon`, `decay` is 1 − learningRate · weightDecay,
 * and `most` the largest gradient that counts as what it is.
 */
export function adamStep(
  parameter: usize,
  firstMoment: usize,
  secondMoment: usize,
  gradient: usize,
  length: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  decay: f32,
  most: f32,
): void {
  const vRate = f32x4.splat(rate);
  const vBeta1 = f32x4.splat(beta1);
  const vBeta2 = f32x4.splat(beta2);
  const vRest1 = f32x4.splat(rest1);
  const vRest2 = f32x4.splat(rest2);
  const vEpsilon = f32x4.splat(epsilon);
  const vDecay = f32x4.splat(decay);
  const vMost = f32x4.splat(most);
  const vLeast = f32x4.splat(-most);
  const vLargest = f32x4.splat(f32.MAX_VALUE);
  for (let at: usize = 0; at < <usize>length * 4; at += 16) {
    const given = v128.load(gradient + at);
    // NaN where it is not finite. In this order NaN passes.
    const slope = f32x4.add(f32x4.pmin(f32x4.pmax(given, vLeast), vMost), f32x4.sub(given, given));
    const first = f32x4.add(f32x4.mul(vBeta1, v128.load(firstMoment + at)), f32x4.mul(vRest1, slope));
    const square = f32x4.mul(f32x4.mul(vRest2, slope), slope);
    const second = f32x4.pmin(f32x4.add(f32x4.mul(vBeta2, v128.load(secondMoment + at)), square), vLargest);
    v128.store(firstMoment + at, first);
    v128.store(secondMoment + at, second);
    const root = f32x4.add(f32x4.sqrt(second), vEpsilon);
    const move = f32x4.mul(f32x4.div(first, root), vRate);
    const moved = f32x4.sub(f32x4.mul(v128.load(parameter + at), vDecay), move);
    v128.store(parameter + at, moved);
  }
}

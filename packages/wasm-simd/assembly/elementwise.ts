/**
 * Maps of one array and pairs of two, four floats a step. Lengths are rounded up to a multiple of 4: callers leave
 * room behind their arrays. Operations are numbers that src/abi.ts names.
 */
import { Binary, Unary } from "../src/abi";
import { gelu, geluExact, geluExactSlope, geluSlope, relu, sigmoid } from "./activations";
import { constant, erf, exp, log, tanh } from "./math";

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
    case Unary.gelu:
      for (; x < end; x += 16) v128.store(x + shift, gelu(v128.load(x)));
      break;
    case Unary.erf:
    case Unary.geluExact: {
      // One loop for both: erf is long.
      const isGelu = operation == Unary.geluExact;
      const by = isGelu ? constant(48) : constant(10);
      for (; x < end; x += 16) {
        const value = v128.load(x);
        const error = erf(f32x4.mul(value, by));
        v128.store(x + shift, isGelu ? geluExact(value, error) : error);
      }
    }
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
      for (; x < end; x += 16) {
        v128.store(x + shift, f32x4.mul(v128.load(x + toSlope), geluSlope(v128.load(x))));
      }
      break;
    case Unary.geluExact:
      for (; x < end; x += 16) {
        v128.store(x + shift, f32x4.mul(v128.load(x + toSlope), geluExactSlope(v128.load(x))));
      }
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
 * One step of Adam on arrays of `length`. `rate` is the learning rate over the first correction, `correction2` one over
 * the second, `decay` 1 − learningRate · weightDecay.
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
  correction2: f32,
  decay: f32,
): void {
  const vRate = f32x4.splat(rate);
  const vBeta1 = f32x4.splat(beta1);
  const vBeta2 = f32x4.splat(beta2);
  const vRest1 = f32x4.splat(rest1);
  const vRest2 = f32x4.splat(rest2);
  const vEpsilon = f32x4.splat(epsilon);
  const vCorrection = f32x4.splat(correction2);
  const vDecay = f32x4.splat(decay);
  for (let at: usize = 0; at < <usize>length * 4; at += 16) {
    const slope = v128.load(gradient + at);
    const first = f32x4.add(f32x4.mul(vBeta1, v128.load(firstMoment + at)), f32x4.mul(vRest1, slope));
    const second = f32x4.add(
      f32x4.mul(vBeta2, v128.load(secondMoment + at)),
      f32x4.mul(vRest2, f32x4.mul(slope, slope)),
    );
    v128.store(firstMoment + at, first);
    v128.store(secondMoment + at, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, vCorrection)), vEpsilon);
    const moved = f32x4.sub(f32x4.mul(v128.load(parameter + at), vDecay), f32x4.div(f32x4.mul(vRate, first), root));
    v128.store(parameter + at, moved);
  }
}

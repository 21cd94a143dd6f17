/**
 * Maps of one array and pairs of two, four floats a step. Lengths are rounded up to a multiple of 4: callers leave
 * room behind their arrays. Operations are numbers that src/abi.ts names.
 */
import { Binary, Unary } from "../src/abi";
import { gelu, geluExact, geluExactSlope, geluSlope, relu, sigmoid } from "./activations";
import { erf, exp, log, tanh } from "./math";

/** out[i] = f(x[i]); in place is fine. An unknown operation writes nothing. */
export function unary(operation: i32, x: usize, out: usize, length: i32): void {
  const end = x + <usize>((length + 3) & ~3) * 4;
  const shift = out - x;
  switch (operation) {
    case Unary.neg:
      for (; x < end; x += 16) v128.store(x + shift, f32x4.neg(v128.load(x)));
      break;
    case Unary.exp:
      for (; x < end; x += 16) v128.store(x + shift, exp(v128.load(x)));
      break;
    case Unary.log:
      for (; x < end; x += 16) v128.store(x + shift, log(v128.load(x)));
      break;
    case Unary.sqrt:
      for (; x < end; x += 16) v128.store(x + shift, f32x4.sqrt(v128.load(x)));
      break;
    case Unary.abs:
      for (; x < end; x += 16) v128.store(x + shift, f32x4.abs(v128.load(x)));
      break;
    case Unary.tanh:
      for (; x < end; x += 16) v128.store(x + shift, tanh(v128.load(x)));
      break;
    case Unary.sigmoid:
      for (; x < end; x += 16) v128.store(x + shift, sigmoid(v128.load(x)));
      break;
    case Unary.erf:
      for (; x < end; x += 16) v128.store(x + shift, erf(v128.load(x)));
      break;
    case Unary.relu:
      for (; x < end; x += 16) v128.store(x + shift, relu(v128.load(x)));
      break;
    case Unary.gelu:
      for (; x < end; x += 16) v128.store(x + shift, gelu(v128.load(x)));
      break;
    case Unary.geluExact:
      for (; x < end; x += 16) v128.store(x + shift, geluExact(v128.load(x)));
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

/**
 * Layer norm (Ba, Kiros and Hinton 2016, equation 4) over the rows of a dense [rows, columns] matrix, and its gradients. Rows need not
 * start aligned; past the last whole vector of a row the remaining elements go one by one.
 *
 * Moments are summed in float64, whose range holds the squares of all floats. A sum of elements of one sign and within a factor of
 * two is exact there; if they are not, they are so far apart that its rounding does not show. What shows is the rounding
 * of a large mean beside a small spread, so that such a row is measured from a float near its mean, and the mean is kept in two
 * parts. The differences from the float are exact, or large beside the second part. With four roundings the result is within
 * 4 · 2^−24 · max(1, |y|) of the exact one.
 */

/** What `measure` found: the mean is near + rest, and factor is 1 / √(variance + epsilon). */
let near: f32 = 0;
let rest: f64 = 0;
let factor: f64 = 0;
let variance: f64 = 0;

/** 2^−100 and 2^100. Where the factor is between them, floats suffice for what is left to do. */
const LEAST: f64 = 7.888609052210118e-31;
const MOST: f64 = 1.2676506002282294e30;

/** Two floats as doubles. */
// @ts-ignore: decorator
@inline
function wide(x: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(x));
}

/** The mean of x − by, as `rest`, and the variance. `isShifted` is false where by is 0. */
// @ts-ignore: decorator
@inline
function moments(x: usize, columns: i32, by: f64, isShifted: bool): void {
  const vBy = f64x2.splat(by);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let q0 = s0;
  let q1 = s0;
  const end = x + <usize>columns * 4;
  for (; x + 32 <= end; x += 32) {
    const d0 = isShifted ? f64x2.sub(wide(x), vBy) : wide(x);
    const d1 = isShifted ? f64x2.sub(wide(x + 8), vBy) : wide(x + 8);
    const d2 = isShifted ? f64x2.sub(wide(x + 16), vBy) : wide(x + 16);
    const d3 = isShifted ? f64x2.sub(wide(x + 24), vBy) : wide(x + 24);
    s0 = f64x2.add(s0, f64x2.add(d0, d2));
    q0 = f64x2.add(q0, f64x2.add(f64x2.mul(d0, d0), f64x2.mul(d2, d2)));
    s1 = f64x2.add(s1, f64x2.add(d1, d3));
    q1 = f64x2.add(q1, f64x2.add(f64x2.mul(d1, d1), f64x2.mul(d3, d3)));
  }
  s0 = f64x2.add(s0, s1);
  q0 = f64x2.add(q0, q1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  let squares = f64x2.extract_lane(q0, 0) + f64x2.extract_lane(q0, 1);
  for (; x < end; x += 4) {
    const d = <f64>load<f32>(x) - by;
    sum += d;
    squares += d * d;
  }
  rest = sum / <f64>columns;
  variance = squares / <f64>columns - rest * rest;
}

/** Measures one row; a second time if its mean is more than 16 times its standard deviation. */
function measure(x: usize, columns: i32, epsilon: f64): void {
  moments(x, columns, 0, false);
  const mean = rest;
  near = <f32>mean;
  rest = mean - near;
  if (!(mean * mean < 256 * variance)) moments(x, columns, near, true);
  factor = 1 / sqrt<f64>(variance + epsilon);
}

/** Mean 0 and variance 1 per row, · gain + bias [columns]. */
export function layerNormRows(
  x: usize,
  gain: usize,
  bias: usize,
  out: usize,
  rows: i32,
  columns: i32,
  epsilon: f64,
): void {
  const rowBytes = <usize>columns * 4;
  for (let i: i32 = 0; i < rows; i++) {
    measure(x, columns, epsilon);
    const vNear = f32x4.splat(near);
    const vRest = f32x4.splat(<f32>rest);
    const vFactor = f32x4.splat(<f32>factor);
    const end = x + rowBytes;
    let g = gain;
    let b = bias;
    if (factor > LEAST && factor < MOST) {
      for (; x + 32 <= end; x += 32, out += 32, g += 32, b += 32) {
        const n0 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x), vNear), vRest), vFactor);
        v128.store(out, f32x4.add(f32x4.mul(n0, v128.load(g)), v128.load(b)));
        const n1 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x, 16), vNear), vRest), vFactor);
        v128.store(out, f32x4.add(f32x4.mul(n1, v128.load(g, 16)), v128.load(b, 16)), 16);
      }
    }
    for (; x < end; x += 4, out += 4, g += 4, b += 4) {
      const normalised = (<f64>load<f32>(x) - near - rest) * factor;
      store<f32>(out, <f32>(normalised * <f64>load<f32>(g)) + load<f32>(b));
    }
  }
}

/**
 * Gradients of layerNormRows; see LayerNormBackwardCall in core. gainGradient and biasGradient are doubles and must hold 0
 * before: each row is added to them.
 *
 * Long: two sweeps over a row, each for pairs of elements and for one that is left over.
 */
export function layerNormRowsBackward(
  x: usize,
  gain: usize,
  outGradient: usize,
  xGradient: usize,
  gainGradient: usize,
  biasGradient: usize,
  rows: i32,
  columns: i32,
  epsilon: f64,
): void {
  const rowBytes = <usize>columns * 4;
  const whole = rowBytes & ~7;
  for (let i: i32 = 0; i < rows; i++) {
    measure(x, columns, epsilon);
    const vNear = f64x2.splat(near);
    const vFactor = f64x2.splat(factor);
    const vMove = f64x2.splat(-rest * factor);
    let vTotal = f64x2.splat(0);
    let vAlong = vTotal;
    let at: usize = 0;
    for (; at < whole; at += 8) {
      const slope = wide(outGradient + at);
      const normalised = f64x2.add(f64x2.mul(f64x2.sub(wide(x + at), vNear), vFactor), vMove);
      const scaled = f64x2.mul(slope, wide(gain + at));
      const toGain = gainGradient + at * 2;
      const toBias = biasGradient + at * 2;
      v128.store(toGain, f64x2.add(f64x2.mul(slope, normalised), v128.load(toGain)));
      v128.store(toBias, f64x2.add(slope, v128.load(toBias)));
      vTotal = f64x2.add(vTotal, scaled);
      vAlong = f64x2.add(vAlong, f64x2.mul(scaled, normalised));
    }
    let total = f64x2.extract_lane(vTotal, 0) + f64x2.extract_lane(vTotal, 1);
    let along = f64x2.extract_lane(vAlong, 0) + f64x2.extract_lane(vAlong, 1);
    if (at < rowBytes) {
      const slope = <f64>load<f32>(outGradient + at);
      const normalised = (<f64>load<f32>(x + at) - near - rest) * factor;
      const scaled = slope * <f64>load<f32>(gain + at);
      store<f64>(gainGradient + at * 2, load<f64>(gainGradient + at * 2) + slope * normalised);
      store<f64>(biasGradient + at * 2, load<f64>(biasGradient + at * 2) + slope);
      total += scaled;
      along += scaled * normalised;
    }
    total /= <f64>columns;
    along /= <f64>columns;
    vTotal = f64x2.splat(total);
    vAlong = f64x2.splat(along);
    for (at = 0; at < whole; at += 8) {
      const normalised = f64x2.add(f64x2.mul(f64x2.sub(wide(x + at), vNear), vFactor), vMove);
      const scaled = f64x2.sub(f64x2.mul(wide(outGradient + at), wide(gain + at)), vTotal);
      const result = f64x2.mul(vFactor, f64x2.sub(scaled, f64x2.mul(normalised, vAlong)));
      v128.store64_lane(xGradient + at, f32x4.demote_f64x2_zero(result), 0);
    }
    if (at < rowBytes) {
      const normalised = (<f64>load<f32>(x + at) - near - rest) * factor;
      const scaled = <f64>load<f32>(outGradient + at) * <f64>load<f32>(gain + at) - total;
      store<f32>(xGradient + at, <f32>(factor * (scaled - normalised * along)));
    }
    x += rowBytes;
    outGradient += rowBytes;
    xGradient += rowBytes;
  }
}

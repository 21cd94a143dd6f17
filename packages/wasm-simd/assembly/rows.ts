/**
 * Softmax, its logarithm, cross-entropy, layer norm and reductions over the rows of a dense [rows, columns] matrix. Row
 * starts need not be aligned; past the last whole vector of a row the remaining elements go one by one through lane 0.
 */
import { constant, expOfNegative, expWith, log } from "./math";
import { multiplyAdd } from "./multiply-add";

// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

// @ts-ignore: decorator
@inline
function maxLanes(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/**
 * The largest element of x[length]; −∞ if there is none. A NaN may be passed over (pmax is twice as fast as max): it
 * shows again in the exponentials of its row.
 */
export function maximum(x: usize, length: i32): f32 {
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  const end = x + <usize>length * 4;
  for (; x + 64 <= end; x += 64) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
    m2 = f32x4.pmax(m2, v128.load(x, 32));
    m3 = f32x4.pmax(m3, v128.load(x, 48));
  }
  for (; x + 16 <= end; x += 16) m0 = f32x4.pmax(m0, v128.load(x));
  for (; x < end; x += 4) m0 = f32x4.pmax(m0, v128.load32_splat(x));
  return maxLanes(f32x4.pmax(f32x4.pmax(m0, m1), f32x4.pmax(m2, m3)));
}

/** out = exp(x − shift) for x ≤ shift; returns the sum. In place is fine. */
export function exponentials(x: usize, out: usize, length: i32, shift: f32): f32 {
  const by = f32x4.splat(shift);
  let s0 = f32x4.splat(0);
  const end = x + <usize>length * 4;
  const move = out - x;
  const log2e = constant(0);
  const magic = constant(56);
  const high = constant(2);
  const low = constant(3);
  const least = constant(11);
  const p5 = constant(49);
  const p4 = constant(50);
  const p3 = constant(51);
  const p2 = constant(52);
  const p1 = constant(53);
  for (; x + 16 <= end; x += 16) {
    const e = expWith(f32x4.sub(v128.load(x), by), log2e, magic, high, low, least, p5, p4, p3, p2, p1);
    v128.store(x + move, e);
    s0 = f32x4.add(s0, e);
  }
  let sum = sumLanes(s0);
  for (; x < end; x += 4) {
    const e = f32x4.extract_lane(expOfNegative(f32x4.sub(v128.load32_splat(x), by)), 0);
    store<f32>(x + move, e);
    sum += e;
  }
  return sum;
}

/** out = x · factor; in place is fine. */
export function scale(x: usize, out: usize, length: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  const end = x + <usize>length * 4;
  const move = out - x;
  for (; x + 32 <= end; x += 32) {
    v128.store(x + move, f32x4.mul(v128.load(x), by));
    v128.store(x + move, f32x4.mul(v128.load(x, 16), by), 16);
  }
  for (; x < end; x += 4) store<f32>(x + move, load<f32>(x) * factor);
}

/** The natural logarithm of one number. */
export function logOf(x: f32): f32 {
  return f32x4.extract_lane(log(f32x4.splat(x)), 0);
}

/** Softmax of each row; a row of only −∞ becomes 0. */
export function softmaxRows(x: usize, out: usize, rows: i32, columns: i32): void {
  const rowBytes = <usize>columns * 4;
  for (let i: i32 = 0; i < rows; i++) {
    const most = maximum(x, columns);
    if (most == -Infinity && isEmpty(x, columns)) memory.fill(out, 0, rowBytes);
    else scale(out, out, columns, 1 / exponentials(x, out, columns, most));
    x += rowBytes;
    out += rowBytes;
  }
}

/** Whether a row whose `maximum` is −∞ holds no NaN, which `maximum` may have passed over. */
export function isEmpty(x: usize, columns: i32): bool {
  for (let j: i32 = 0; j < columns; j++) if (load<f32>(x + (<usize>j << 2)) != -Infinity) return false;
  return true;
}

/** Logarithm of the softmax of each row; a row of only −∞ stays −∞. `out` must not be x. */
export function logSoftmaxRows(x: usize, out: usize, rows: i32, columns: i32): void {
  const rowBytes = <usize>columns * 4;
  for (let i: i32 = 0; i < rows; i++) {
    const most = maximum(x, columns);
    if (most == -Infinity && isEmpty(x, columns)) {
      memory.copy(out, x, rowBytes);
    } else {
      const logSum = logOf(exponentials(x, out, columns, most));
      for (let at: usize = 0; at < rowBytes; at += 4) store<f32>(out + at, load<f32>(x + at) - most - logSum);
    }
    x += rowBytes;
    out += rowBytes;
  }
}

/** Losses, and the gradient · factor where `gradient` is not 0; see CrossEntropyCall in core. `workspace`: one row. */
export function crossEntropyRows(
  x: usize,
  targets: usize,
  losses: usize,
  gradient: usize,
  factor: f32,
  rows: i32,
  columns: i32,
  workspace: usize,
): void {
  const rowBytes = <usize>columns * 4;
  for (let i: i32 = 0; i < rows; i++) {
    const target = load<i32>(targets + (<usize>i << 2));
    const exponential = gradient ? gradient + <usize>i * rowBytes : workspace;
    if (target < 0) {
      store<f32>(losses + (<usize>i << 2), 0);
      if (gradient) memory.fill(exponential, 0, rowBytes);
    } else {
      const most = maximum(x, columns);
      const sum = exponentials(x, exponential, columns, most);
      const at = <usize>target * 4;
      store<f32>(losses + (<usize>i << 2), logOf(sum) + (most - load<f32>(x + at)));
      if (gradient) {
        scale(exponential, exponential, columns, factor / sum);
        store<f32>(exponential + at, load<f32>(exponential + at) - factor);
      }
    }
    x += rowBytes;
  }
}

/** Sums of x and of (x − shift)², by what is asked. */
function sumOfRow(x: usize, length: i32, shift: f32, squares: bool): f32 {
  const by = f32x4.splat(shift);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = x + <usize>length * 4;
  if (squares) {
    for (; x + 64 <= end; x += 64) {
      const d0 = f32x4.sub(v128.load(x), by);
      const d1 = f32x4.sub(v128.load(x, 16), by);
      const d2 = f32x4.sub(v128.load(x, 32), by);
      const d3 = f32x4.sub(v128.load(x, 48), by);
      s0 = multiplyAdd(d0, d0, s0);
      s1 = multiplyAdd(d1, d1, s1);
      s2 = multiplyAdd(d2, d2, s2);
      s3 = multiplyAdd(d3, d3, s3);
    }
  } else {
    for (; x + 64 <= end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
  }
  let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; x < end; x += 4) {
    const value = load<f32>(x) - shift;
    sum += squares ? value * value : value;
  }
  return sum;
}

/** Mean 0 and variance 1 per row, · gain + bias [columns]. */
export function layerNormRows(
  x: usize,
  gain: usize,
  bias: usize,
  out: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
): void {
  const rowBytes = <usize>columns * 4;
  const whole = rowBytes & ~15;
  for (let i: i32 = 0; i < rows; i++) {
    const mean = sumOfRow(x, columns, 0, false) / <f32>columns;
    const factor: f32 = 1 / sqrt<f32>(sumOfRow(x, columns, mean, true) / <f32>columns + epsilon);
    const vMean = f32x4.splat(mean);
    const vFactor = f32x4.splat(factor);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const normalised = f32x4.mul(f32x4.sub(v128.load(x + at), vMean), vFactor);
      v128.store(out + at, multiplyAdd(normalised, v128.load(gain + at), v128.load(bias + at)));
    }
    for (; at < rowBytes; at += 4) {
      store<f32>(out + at, (load<f32>(x + at) - mean) * factor * load<f32>(gain + at) + load<f32>(bias + at));
    }
    x += rowBytes;
    out += rowBytes;
  }
}

/**
 * Gradients of layerNormRows; see LayerNormBackwardCall in core. gainGradient and biasGradient must hold 0 before: each
 * row is added to them.
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
  epsilon: f32,
): void {
  const rowBytes = <usize>columns * 4;
  const whole = rowBytes & ~15;
  for (let i: i32 = 0; i < rows; i++) {
    const mean = sumOfRow(x, columns, 0, false) / <f32>columns;
    const factor: f32 = 1 / sqrt<f32>(sumOfRow(x, columns, mean, true) / <f32>columns + epsilon);
    const vMean = f32x4.splat(mean);
    const vFactor = f32x4.splat(factor);
    let vTotal = f32x4.splat(0);
    let vAlong = f32x4.splat(0);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const slope = v128.load(outGradient + at);
      const normalised = f32x4.mul(f32x4.sub(v128.load(x + at), vMean), vFactor);
      const scaled = f32x4.mul(slope, v128.load(gain + at));
      v128.store(gainGradient + at, multiplyAdd(slope, normalised, v128.load(gainGradient + at)));
      v128.store(biasGradient + at, f32x4.add(v128.load(biasGradient + at), slope));
      vTotal = f32x4.add(vTotal, scaled);
      vAlong = multiplyAdd(scaled, normalised, vAlong);
    }
    let total = sumLanes(vTotal);
    let along = sumLanes(vAlong);
    for (; at < rowBytes; at += 4) {
      const slope = load<f32>(outGradient + at);
      const normalised = (load<f32>(x + at) - mean) * factor;
      const scaled = slope * load<f32>(gain + at);
      store<f32>(gainGradient + at, load<f32>(gainGradient + at) + slope * normalised);
      store<f32>(biasGradient + at, load<f32>(biasGradient + at) + slope);
      total += scaled;
      along += scaled * normalised;
    }
    total /= <f32>columns;
    along /= <f32>columns;
    for (at = 0; at < rowBytes; at += 4) {
      const normalised = (load<f32>(x + at) - mean) * factor;
      const scaled = load<f32>(outGradient + at) * load<f32>(gain + at);
      store<f32>(xGradient + at, factor * (scaled - total - normalised * along));
    }
    x += rowBytes;
    outGradient += rowBytes;
    xGradient += rowBytes;
  }
}

/** Sums of rows in float64 lanes, rounded once. */
export function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const end = x + <usize>columns * 4;
    for (; x + 32 <= end; x += 32) {
      s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load64_zero(x)));
      s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load64_zero(x, 8)));
      s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v128.load64_zero(x, 16)));
      s3 = f64x2.add(s3, f64x2.promote_low_f32x4(v128.load64_zero(x, 24)));
    }
    s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
    let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
    for (; x < end; x += 4) sum += load<f32>(x);
    store<f32>(out + (<usize>i << 2), <f32>sum);
  }
}

/** Largest, or of the negatives smallest, element of each row; NaN if there is one. */
export function maxRows(x: usize, out: usize, rows: i32, columns: i32, smallest: bool): void {
  const sign = smallest ? f32x4.splat(-0.0) : f32x4.splat(0);
  for (let i: i32 = 0; i < rows; i++) {
    let m0 = f32x4.splat(-Infinity);
    let m1 = m0;
    const end = x + <usize>columns * 4;
    for (; x + 32 <= end; x += 32) {
      m0 = f32x4.max(m0, v128.xor(sign, v128.load(x)));
      m1 = f32x4.max(m1, v128.xor(sign, v128.load(x, 16)));
    }
    for (; x < end; x += 4) m0 = f32x4.max(m0, v128.xor(sign, v128.load32_splat(x)));
    const most = maxLanes(f32x4.max(m0, m1));
    store<f32>(out + (<usize>i << 2), smallest ? -most : most);
  }
}

/** Each column of [rows, columns] added up in float64, four columns at a time. */
export function sumColumns(x: usize, out: usize, rows: i32, columns: i32): void {
  const row = <usize>columns * 4;
  const end = x + row;
  for (; x + 16 <= end; x += 16, out += 16) {
    let low = f64x2.splat(0);
    let high = low;
    for (let i: i32 = 0, at = x; i < rows; i++, at += row) {
      low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(at)));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(at, 8)));
    }
    v128.store64_lane(out, f32x4.demote_f64x2_zero(low), 0);
    v128.store64_lane(out, f32x4.demote_f64x2_zero(high), 0, 8);
  }
  for (; x < end; x += 4, out += 4) {
    let sum: f64 = 0;
    for (let i: i32 = 0, at = x; i < rows; i++, at += row) sum += load<f32>(at);
    store<f32>(out, <f32>sum);
  }
}

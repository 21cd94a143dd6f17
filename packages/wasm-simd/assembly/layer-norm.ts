/**
 * Layer norm (Ba, Kiros and Hinton 2016, equation 4) over the rows of a dense [rows, columns] matrix, and its gradients. Rows
 * need not start aligned; past the last whole vector of a row the remaining elements go one by one.
 */
import { multiplyAdd } from "./multiply-add";
import { sumLanes } from "./reductions";

/** The sum of x, with a shift of 0, or of (x − shift)² if `squares`. */
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

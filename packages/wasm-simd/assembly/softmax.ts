/**
 * Softmax, its logarithm and cross-entropy over the rows of a dense [rows, columns] matrix, which need not start aligned. Past
 * the last whole vector of a row the remaining elements go one by one.
 */
import { constant, expWith, log } from "./math";
import { maxLanes, sumLanes } from "./reductions";

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
  if (!ASC_FEATURE_RELAXED_SIMD) {
    // The twenty operations on a vector depend on each other. Five vectors that are loaded together overlap; two or three
    // hardly do.
    for (; x + 80 <= end; x += 80) {
      const v0 = f32x4.sub(v128.load(x), by);
      const v1 = f32x4.sub(v128.load(x, 16), by);
      const v2 = f32x4.sub(v128.load(x, 32), by);
      const v3 = f32x4.sub(v128.load(x, 48), by);
      const v4 = f32x4.sub(v128.load(x, 64), by);
      const e0 = expWith(v0, log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(x + move, e0);
      s0 = f32x4.add(s0, e0);
      const e1 = expWith(v1, log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(x + move, e1, 16);
      s0 = f32x4.add(s0, e1);
      const e2 = expWith(v2, log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(x + move, e2, 32);
      s0 = f32x4.add(s0, e2);
      const e3 = expWith(v3, log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(x + move, e3, 48);
      s0 = f32x4.add(s0, e3);
      const e4 = expWith(v4, log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(x + move, e4, 64);
      s0 = f32x4.add(s0, e4);
    }
  }
  for (; x + 16 <= end; x += 16) {
    const e = expWith(f32x4.sub(v128.load(x), by), log2e, magic, high, low, least, p5, p4, p3, p2, p1);
    v128.store(x + move, e);
    s0 = f32x4.add(s0, e);
  }
  let sum = sumLanes(s0);
  for (; x < end; x += 4) {
    const v = f32x4.sub(v128.load32_splat(x), by);
    const e = f32x4.extract_lane(expWith(v, log2e, magic, high, low, least, p5, p4, p3, p2, p1), 0);
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

/** out = x − first − second; in place is fine. */
function shift(x: usize, out: usize, length: i32, first: f32, second: f32): void {
  const v = f32x4.splat(first);
  const w = f32x4.splat(second);
  const end = x + <usize>length * 4;
  const move = out - x;
  for (; x + 16 <= end; x += 16) v128.store(x + move, f32x4.sub(f32x4.sub(v128.load(x), v), w));
  for (; x < end; x += 4) store<f32>(x + move, load<f32>(x) - first - second);
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
  for (let j: i32 = 0; j < columns; j++) if (load<f32>(x + ((<usize>j) << 2)) != -Infinity) return false;
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
      shift(x, out, columns, most, logOf(exponentials(x, out, columns, most)));
    }
    x += rowBytes;
    out += rowBytes;
  }
}

/** Losses, and the gradient · factor where `gradient` is not 0; see CrossEntropyCall in core. `workspace`: one row. */
export function crossEntropyRows(
  logits: usize,
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
    const target = load<i32>(targets + ((<usize>i) << 2));
    const exponential = gradient ? gradient + <usize>i * rowBytes : workspace;
    if (target < 0) {
      store<f32>(losses + ((<usize>i) << 2), 0);
      if (gradient) memory.fill(exponential, 0, rowBytes);
    } else {
      const most = maximum(logits, columns);
      const sum = exponentials(logits, exponential, columns, most);
      const at = <usize>target * 4;
      store<f32>(losses + ((<usize>i) << 2), logOf(sum) + (most - load<f32>(logits + at)));
      if (gradient) {
        scale(exponential, exponential, columns, factor / sum);
        store<f32>(exponential + at, load<f32>(exponential + at) - factor);
      }
    }
    logits += rowBytes;
  }
}

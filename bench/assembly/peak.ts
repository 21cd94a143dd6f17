/**
 * The most multiplications and additions that 128-bit vectors do here: eight independent sums in registers, as many as the
 * best kernels keep, four factors in registers and two from L1, so that neither memory nor latency limits. 64 operations
 * a step, 256 steps a sweep.
 */
const PANEL: usize = memory.data(8192, 16);

/** One multiplication and one addition, as in packages/wasm-simd/assembly/multiply-add.ts. */
// @ts-ignore: decorator
@inline
function step(sum: v128, a: v128, b: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, sum) : f32x4.add(sum, f32x4.mul(a, b));
}

export function peak(sweeps: i32, seed: f32): f32 {
  const x0 = f32x4.splat(seed);
  const x1 = f32x4.add(x0, x0);
  const x2 = f32x4.add(x1, x0);
  const x3 = f32x4.add(x2, x0);
  let s0 = x0;
  let s1 = x0;
  let s2 = x0;
  let s3 = x0;
  let s4 = x0;
  let s5 = x0;
  let s6 = x0;
  let s7 = x0;
  for (let i: i32 = 0; i < sweeps; i++) {
    const end = PANEL + 8192;
    let at = PANEL;
    do {
      const low = v128.load(at);
      const high = v128.load(at, 16);
      s0 = step(s0, x0, low);
      s1 = step(s1, x0, high);
      s2 = step(s2, x1, low);
      s3 = step(s3, x1, high);
      s4 = step(s4, x2, low);
      s5 = step(s5, x2, high);
      s6 = step(s6, x3, low);
      s7 = step(s7, x3, high);
      at += 32;
    } while (at != end);
  }
  const sums = f32x4.add(
    f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)),
    f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)),
  );
  return f32x4.extract_lane(sums, 0);
}

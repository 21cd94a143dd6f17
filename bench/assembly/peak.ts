/**
 * The most multiplications and additions that 128-bit vectors do here: independent sums and factors in registers, two factors
 * from L1, so that neither memory nor latency limits. Eight sums are enough unless operations are fused: then each waits for
 * all of the one before it, and ten do more. 256 steps a sweep.
 */
const PANEL: usize = memory.data(8192, 16);

/** Multiplications and additions of a sweep: four numbers of each sum, two operations, 256 steps. */
export function operationsPerSweep(): i32 {
  return (ASC_FEATURE_RELAXED_SIMD ? 10 : 8) * 4 * 2 * 256;
}

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
  // Ten sums leave registers for three factors.
  const x3 = ASC_FEATURE_RELAXED_SIMD ? x0 : f32x4.add(x2, x0);
  let s0 = x0;
  let s1 = x0;
  let s2 = x0;
  let s3 = x0;
  let s4 = x0;
  let s5 = x0;
  let s6 = x1;
  let s7 = x1;
  let s8 = x2;
  let s9 = x2;
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
      if (ASC_FEATURE_RELAXED_SIMD) {
        s8 = step(s8, x1, low);
        s9 = step(s9, x1, high);
      }
      at += 32;
    } while (at != end);
  }
  const sums = f32x4.add(
    f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)),
    f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)),
  );
  return f32x4.extract_lane(f32x4.add(sums, f32x4.add(s8, s9)), 0);
}

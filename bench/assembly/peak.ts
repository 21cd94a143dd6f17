/**
 * The most multiplications and additions that 128-bit vectors do here: twelve independent sums in registers, the products
 * free of the sums and their second factor from L1, so that neither memory nor latency limits. 96 operations a step.
 */
const ONES = memory.data<f32>(
  [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1,
  ],
  16,
);

export function peak(steps: i32, seed: f32): f32 {
  let x = f32x4.splat(seed);
  let s0 = x;
  let s1 = x;
  let s2 = x;
  let s3 = x;
  let s4 = x;
  let s5 = x;
  let s6 = x;
  let s7 = x;
  let s8 = x;
  let s9 = x;
  let s10 = x;
  let s11 = x;
  for (let i: i32 = 0; i < steps; i++) {
    x = v128.xor(x, f32x4.splat(-0.0)); // no product is the same in the next step, and the sums stay small
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(ONES, 0)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(ONES, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(ONES, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(ONES, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(ONES, 64)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(ONES, 80)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(ONES, 96)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(ONES, 112)));
    s8 = f32x4.add(s8, f32x4.mul(x, v128.load(ONES, 128)));
    s9 = f32x4.add(s9, f32x4.mul(x, v128.load(ONES, 144)));
    s10 = f32x4.add(s10, f32x4.mul(x, v128.load(ONES, 160)));
    s11 = f32x4.add(s11, f32x4.mul(x, v128.load(ONES, 176)));
  }
  const sums = f32x4.add(
    f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)),
    f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)),
  );
  return f32x4.extract_lane(f32x4.add(sums, f32x4.add(f32x4.add(s8, s9), f32x4.add(s10, s11))), 0);
}

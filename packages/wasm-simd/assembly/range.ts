/**
 * Whether sums left the range of float32, where kernels that sum in float64 may still have a result: what is not finite stays so in
 * every further sum, so that the results show it. The caller then asks the reference.
 */

/** What was noted, as bits. In memory, and not a global, so that it is one for all threads. */
const STATE = memory.data<i32>([0]);

/** Notes whether some of the rows of a matrix have elements that are not finite. */
export function noteRange(x: usize, rowBytes: usize, rows: i32, columns: i32): void {
  if (rowBytes == <usize>columns * 4) {
    columns *= rows;
    rows = 1;
  }
  const size = i32x4.splat(0x7fffffff);
  let most = i32x4.splat(0);
  for (let i: i32 = 0; i < rows; i++, x += rowBytes) {
    let at = x;
    const end = x + <usize>columns * 4;
    for (; at + 64 <= end; at += 64) {
      const first = i32x4.max_s(v128.and(v128.load(at), size), v128.and(v128.load(at, 16), size));
      const second = i32x4.max_s(v128.and(v128.load(at, 32), size), v128.and(v128.load(at, 48), size));
      most = i32x4.max_s(most, i32x4.max_s(first, second));
    }
    for (; at < end; at += 4) most = i32x4.max_s(most, v128.and(v128.load32_splat(at), size));
  }
  // The bits of finite numbers are less than those of infinity.
  if (v128.any_true(i32x4.gt_s(most, i32x4.splat(0x7f7fffff)))) store<i32>(STATE, load<i32>(STATE) | 1);
}

/** Notes a query that sees no key: because all are masked, or because all of its scores left the range. */
export function noteEmpty(): void {
  store<i32>(STATE, load<i32>(STATE) | 2);
}

/** What was noted since the last call: 1 for results that are not finite, 2 for queries that see no key. */
export function leftRange(): i32 {
  const state = load<i32>(STATE);
  store<i32>(STATE, 0);
  return state;
}

/**
 * Number formats of fewer digits than float32, as accelerators round the operands of matrix products to them. Both have float32's
 * exponents. bfloat16 is what `torch.autocast` and JAX on a TPU use, TF32 what NVIDIA's tensor cores make of float32.
 */

/** The format of the operands of matrix products. */
export type Precision = "float32" | "bfloat16" | "tf32";

/** How many significant bits a number has, the leading one included. */
export const SIGNIFICANT_BITS: Readonly<Record<Precision, number>> = { float32: 24, bfloat16: 8, tf32: 11 };

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest number of the format, of two equally near ones the even one. Beyond the format's range it is infinite. */
export function roundTo(precision: Precision, x: number): number {
  float[0] = x;
  const dropped = 24 - SIGNIFICANT_BITS[precision];
  if (dropped === 0 || !Number.isFinite(float[0])) return float[0];
  const pattern = bits[0]!;
  const half = 2 ** (dropped - 1);
  const isOdd = (pattern >>> dropped) & 1;
  bits[0] = ((pattern + half - 1 + isOdd) >>> dropped) << dropped;
  return float[0];
}

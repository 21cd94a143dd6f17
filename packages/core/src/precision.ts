/**
 * Number formats of fewer digits than float32, as accelerators round the operands of matrix products to them. Both have float32's
 * exponents. bfloat16 is what `torch.autocast` and JAX on a TPU use, TF32 what NVIDIA's tensor cores make of float32.
 */

import { anInstance, aNumber, check, describeValue } from "./checks.js";

/** The format of the operands of matrix products. */
export type Precision = "float32" | "bfloat16" | "tf32";

/** How many significant bits a number has, the leading one included. */
export const SIGNIFICANT_BITS: Readonly<Record<Precision, number>> = { float32: 24, bfloat16: 8, tf32: 11 };

/** @throws RangeError for what is no `Precision` */
export function significantBits(precision: Precision): number {
  if (typeof precision === "string" && Object.hasOwn(SIGNIFICANT_BITS, precision)) return SIGNIFICANT_BITS[precision];
  const known = Object.keys(SIGNIFICANT_BITS).join(", ");
  throw new RangeError(`precision: it is ${describeValue(precision)}; use one of ${known}.`);
}

const single = new Float32Array(1);

/** The nearest number of the format, of two equally near ones the even one. Beyond the format's range it is infinite. */
export function roundTo(precision: Precision, x: number): number {
  check("roundTo: the number", x, aNumber);
  single[0] = x;
  roundAllTo(precision, single);
  return single[0];
}

/** `roundTo` for each number, in place. */
export function roundAllTo(precision: Precision, numbers: Float32Array): void {
  check("roundAllTo: the numbers", numbers, anInstance(Float32Array));
  const dropped = 24 - significantBits(precision);
  if (dropped === 0) return;
  const patterns = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const almostHalf = 2 ** (dropped - 1) - 1;
  for (let i = 0; i < patterns.length; i++) {
    const pattern = patterns[i]!;
    // The exponent of NaN and of infinities is all ones.
    if ((~pattern & 0x7f800000) === 0) continue;
    const isOdd = (pattern >>> dropped) & 1;
    patterns[i] = ((pattern + almostHalf + isOdd) >>> dropped) << dropped;
  }
}

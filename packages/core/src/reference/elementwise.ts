/** Functions of one number and of two, for all elements: the specification of these kernels. */
import type { BinaryOperation, UnaryOperation } from "../kernels/kernels.js";
import { binaryFunctions, unaryFunctions, unarySlopes } from "./scalar-functions.js";

export function unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void {
  const apply = unaryFunctions[operation];
  for (let i = 0; i < x.length; i++) out[i] = apply(x[i]!);
}

export function unaryBackward(
  operation: UnaryOperation,
  x: Float32Array,
  gradient: Float32Array,
  out: Float32Array,
): void {
  const slope = unarySlopes[operation];
  for (let i = 0; i < x.length; i++) out[i] = gradient[i]! * slope(x[i]!);
}

export function binary(operation: BinaryOperation, a: Float32Array, b: Float32Array, out: Float32Array): void {
  const apply = binaryFunctions[operation];
  for (let i = 0; i < a.length; i++) out[i] = apply(a[i]!, b[i]!);
}

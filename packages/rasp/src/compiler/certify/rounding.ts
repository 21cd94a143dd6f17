/** The model of float32's rounding: it holds for any order of summation, with and without fused multiply-add. */

import { exactExp } from "@selectron/core";

/** Half a unit in the last place of float32, relative. */
export const U = 2 ** -24;

/** The relative error of a sum of `terms` products in any order (Higham 2002, Accuracy and Stability, section 3.1). */
export const gamma = (terms: number): number => (terms * U) / (1 - terms * U);

/** The relative error of a softmax weight, in units of U: of exp, which may be off by 4 units in the last place, sum and division. */
export const SOFTMAX = 16;

/** The relative error of a sum of values weighted with the shares of a softmax over BOS and `keys` other keys. */
export const softmaxError = (keys: number): number => SOFTMAX * U + gamma(keys + 1);

/**
 * How far the copy of a number from one key is off. All other keys and BOS together have at most `leak` of that key's share. Then every
 * share but one is negligible, however many keys there are:
 *
 * - In the sum of softmax a partial sum with the one key's term is not changed by the others, which are below half of its last place
 *   (a quarter, should it be a power of two). That key's share is 1, up to the exp and the division that SOFTMAX counts.
 * - The sum of the values is pulled from the copied number v by at most t = 2·leak·largest, the share that v lacks and the others' values. An addition to a partial
 *   sum with v's term is rounded to v again where t ≤ 2^-26 |v|. Elsewhere |v| < 2^26 t, and each of the `keys + 1` additions
 *   is off by at most U (|v| + t), which is less than 5 t.
 *
 * @param largest - of the absolute values of all keys and BOS
 * @returns Infinity where the leak is too large for this
 */
export function copyError(leak: number, keys: number, largest: number): number {
  if (!(leak < 2 ** -26)) return Infinity;
  return (SOFTMAX * U + 2 * leak * (1 + 5 * (keys + 1))) * largest;
}

/**
 * The error of a sum whose products are exact, because the weights are powers of two or the arguments 0 and 1: one rounding for
 * each addition. With two terms the only partial sum is the result. The bias may have been rounded once.
 *
 * @param result - the largest absolute value of the sum
 * @param size - the largest sum of the terms' absolute values
 */
export const sumError = (terms: number, result: number, size: number): number =>
  (terms <= 2 ? U * result : gamma(terms - 1) * size) + U * size;

/** e^x - 1 for x from 0 on, alike on every engine and no less than that by more than a few units in the last place of 64 bits. */
export const expm1 = (x: number): number => (x < 2 ** -20 ? x + (x * x) / 2 + (x * x * x) / 6 : exactExp(x) - 1);

/** The length of a vector. */
export function norm(numbers: Iterable<number>): number {
  let squares = 0;
  for (const number of numbers) squares += number * number;
  return Math.sqrt(squares);
}

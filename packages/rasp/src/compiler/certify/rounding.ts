/** The model of float32's rounding: it holds for any order of summation, with and without fused multiply-add. */

/** Half a unit in the last place of float32, relative. */
export const U = 2 ** -24;

/** The relative error of a sum of `terms` products in any order (Higham 2002, Accuracy and Stability, section 3.1). */
export const gamma = (terms: number): number => (terms * U) / (1 - terms * U);

/** The relative error of a softmax weight, in units of U: of exp, which may be off by 4 units in the last place, sum and division. */
export const SOFTMAX = 16;

/** The relative error of a sum of values weighted with the shares of a softmax over BOS and `keys` other keys. */
export const softmaxError = (keys: number): number => SOFTMAX * U + gamma(keys + 1);

/**
 * The error of a sum whose products are exact, because the weights are powers of two or the arguments 0 and 1: one rounding for
 * each addition. With two terms the only partial sum is the result. The bias may have been rounded once.
 *
 * @param result - the largest absolute value of the sum
 * @param size - the largest sum of the terms' absolute values
 */
export const sumError = (terms: number, result: number, size: number): number =>
  (terms <= 2 ? U * result : gamma(terms - 1) * size) + U * size;

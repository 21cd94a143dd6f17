/** The float32 numbers that tensors hold. */

/** The largest of them. */
export const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

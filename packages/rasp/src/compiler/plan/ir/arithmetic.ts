/**
 * The arithmetic that a model is compiled for. Beside float32 there is hardware that rounds the operands of every matrix product to
 * bfloat16 or TF32. A model for it computes with numbers that have so few digits that this rounding does not change them:
 * whole numbers, powers of two, one-hot vectors. What softmax gives is rounded, and then is such a number: rounding operands does there what
 * anchors do in float32. `docs/numerics.md` has the argument.
 */
import { exactLog, leastPowerOfTwo, roundTo, significantBits, type Precision } from "@selectron/core";
import { gridOf } from "./exact-sum.js";

/** What a head is for. */
export type Purpose = "count" | "mean" | "copy";

export interface Arithmetic {
  /** Of the operands of matrix products; everything else is float32. */
  readonly precision: Precision;
  /**
   * How far a key scores below a selected one for each block that does not hold, by the purpose of the head. In float32 a share of
   * e^-28 is negligible beside an integer count. Where BOS scores halfway between, the share is e^-20 for means and e^-32 for copies.
   * Larger numbers are less robust: the error of a query or key is multiplied by them.
   */
  readonly score: Readonly<Record<Purpose, number>>;
  /** How far BOS scores itself above all other keys. */
  readonly selfScore: number;
  /** How far the best of the selected keys scores above the second best. */
  readonly rankScore: number;
  /**
   * In a counting head BOS has this many times the weight of a selected key, so that the share of the selected keys is linear in their
   * number up to a relative error of number / countScale.
   */
  readonly countScale: number;
  /** How much larger than 1 / countScale a share is before it is rounded, relatively. */
  readonly shareExcess: number;
  /**
   * Whether what is read of the residual stream is what was written to it, or off by a little: behind layer norm, and in another basis.
   * Nothing can then be rounded by a large constant, and nothing be cleared exactly.
   */
  readonly reads: "as written" | "approximate";
  /** Whether every answer has a logit of its own, so that the largest one tells it. */
  readonly answers: "logits" | "logits or numbers";
  /**
   * By what the arguments of hidden units are multiplied, and their results divided by, so that GELU is ReLU where it matters; a power of
   * two. Undefined where the activation is ReLU.
   */
  readonly sharpness?: number;
  /** Whether the residual stream keeps the coordinates of the plan. */
  readonly ownBasis: boolean;
}

export const FLOAT32: Arithmetic = {
  precision: "float32",
  score: { count: 28, mean: 40, copy: 64 },
  selfScore: 64,
  rankScore: 32,
  countScale: 2 ** 26,
  shareExcess: 0,
  reads: "as written",
  answers: "logits or numbers",
  ownBasis: true,
};

/**
 * float32 for a residual stream that will be in another basis. There every coordinate is a sum of many, so that nothing is exact and each
 * read is off by a part of everything that the stream holds. Whatever multiplies such errors is as small as the number of keys allows:
 * scores, and the weight of BOS in counting heads, whose own value should be 0 and is not.
 */
export const ANY_BASIS: Arithmetic = {
  precision: "float32",
  score: { count: 10, mean: 24, copy: 24 },
  selfScore: 32,
  rankScore: 12,
  countScale: 2 ** 12,
  shareExcess: 0,
  reads: "approximate",
  answers: "logits or numbers",
  ownBasis: false,
};

/** What a model is written as: an encoder of nn's, or a GPT-2, with layer norm and GELU. */
export type ModelFormat = "encoder" | "gpt2";

/**
 * float32 where reads are off by a little. What a head counts is then not exactly 0 at BOS, and a count multiplies that by its scale, which is
 * therefore no larger than counts up to the maximum length need: what they lose to its curve is 1/64.
 */
export const approximate = (maxLength: number): Arithmetic => ({
  ...FLOAT32,
  // What reads are off is multiplied by the scores. All keys that are not selected have 1/256 of a selected one's share, or less, in a count.
  score: { count: Math.ceil(exactLog(256 * maxLength)), mean: 32, copy: 64 },
  countScale: leastPowerOfTwo(64 * maxLength ** 2),
  reads: "approximate",
});

/** float32 behind layer norm, with GELU: what a GPT-2 computes in. */
const gpt2 = (maxLength: number): Arithmetic => ({ ...approximate(maxLength), answers: "logits", sharpness: 256 });

/**
 * The scores of low precision are powers of two, and larger, because what they leave to other keys is amplified up to the decoding. In
 * bfloat16 a share is 2^-22, because 22 ln 2 is so near to a number of the format, 15.25, that shares come out even where scores are
 * rounded to it as well. Tensor cores may cut off digits where they should round to TF32; a share that is a little large becomes the
 * same number either way.
 */
const LOW = {
  score: { count: 64, mean: 128, copy: 128 },
  selfScore: 128,
  rankScore: 64,
  reads: "as written",
  answers: "logits or numbers",
  ownBasis: true,
} as const;

const ARITHMETIC: Readonly<Record<Precision, Arithmetic>> = {
  float32: FLOAT32,
  bfloat16: { ...LOW, precision: "bfloat16", countScale: 2 ** 22, shareExcess: 0 },
  tf32: { ...LOW, precision: "tf32", countScale: 2 ** 26, shareExcess: 2 ** -12 },
};

/** @throws RangeError for what is no precision */
export function arithmeticOf(precision: Precision, format: ModelFormat, maxLength: number): Arithmetic {
  significantBits(precision);
  return format === "gpt2" ? gpt2(maxLength) : ARITHMETIC[precision];
}

/** Whether reads are off by a little. */
export const isApproximate = ({ reads }: Arithmetic): boolean => reads === "approximate";

/** Whether operands have fewer digits than sums, so that all of them have to be numbers of the format. */
export const isLow = ({ precision }: Arithmetic): boolean => precision !== "float32";

/** Whether the format has all multiples of the numbers' common grid that are not larger than they. */
export function represents({ precision }: Arithmetic, numbers: readonly number[]): boolean {
  const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  return largest === 0 || largest <= 2 ** significantBits(precision) * gridOf(numbers);
}

/** One query and key dimension of a head that tells BOS from other keys. */
export interface BosDimension {
  readonly query: number;
  readonly queryAtBos: number;
  readonly key: number;
  readonly keyAtBos: number;
}

/**
 * The dimensions with which a head scores BOS. For BOS itself the score is so high that it attends to nothing else. In low precision a
 * selected key scores 0, so that scores have few digits too, and the score of BOS is a sum of two numbers of the format.
 */
export function bosDimensions(
  { selectedScore, bosScore }: { readonly selectedScore: number; readonly bosScore: number },
  arithmetic: Arithmetic,
): BosDimension[] {
  const { selfScore } = arithmetic;
  if (!isLow(arithmetic)) return [scoringBos(bosScore, Math.max(0, bosScore) + selfScore)];
  const offset = bosScore - selectedScore;
  const coarse = roundTo(arithmetic.precision, offset);
  const fine = roundTo(arithmetic.precision, offset - coarse);
  return [
    ...(selectedScore === 0 ? [] : [{ query: 1, queryAtBos: 1, key: -selectedScore, keyAtBos: 0 }]),
    scoringBos(coarse, Math.max(0, coarse) + selfScore),
    ...(fine === 0 ? [] : [scoringBos(fine, fine)]),
  ];
}

const scoringBos = (query: number, queryAtBos: number): BosDimension => ({ query, queryAtBos, key: 0, keyAtBos: 1 });

/**
 * The width of heads, at least this many dimensions. In low precision, and where scores are sums of large numbers, it is a power of 4,
 * so that dividing by its root is exact.
 */
export function headWidth(dimensions: number, isExact: boolean): number {
  if (!isExact || dimensions === 0) return dimensions;
  let width = 1;
  while (width < dimensions) width *= 4;
  return width;
}

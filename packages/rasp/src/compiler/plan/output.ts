/**
 * What is read at the end. A program whose values are a sum of functions of leaves is read as a number; any other program as one
 * logit for each of its values.
 */
import { atomKey } from "../../language/atom/compare.js";
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { isTooLong, MOST_DIGITS } from "../../language/files/model-schema.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import type { Domain } from "../values/domain.js";
import { FEW } from "./heads/number-match.js";
import { codesOf, oneHot, type Encoding } from "./features/encoding.js";
import type { Features, Sum } from "./features/features.js";
import { isLow, represents, type Arithmetic } from "./ir/arithmetic.js";
import { decode, float32Step, largestNumber, leastDistance, type Decoding } from "./ir/decoding.js";
import type { Output } from "./ir/plan.js";
import type { Read } from "./ir/read.js";

type Pair = readonly [Atom, Atom];

/** How many times the possible error of what is read the distance between points of different classes must be. */
const SEPARATION = 4;
/** An output with more coordinates than this is no smaller than a logit for each class. */
const MAX_COORDINATES = 3;

/**
 * @param careful - whether values that a number does not tell apart get a logit each
 * @throws RaspError of class `compile` for an s-op that has no value on any input.
 */
export function outputOf(root: NormalSOp, domain: Domain, features: Features, careful: boolean): Output {
  const classes = domain.values(root);
  if (classes.length === 0) {
    refuse(
      root.origin,
      "this s-op has no value on any input of this vocabulary and length",
      "check it with `selectron eval`",
    );
  }
  for (const value of classes) checkWritten(value, root);
  const mayBeNumber = classes.length > 1 && features.arithmetic.answers === "logits or numbers";
  const numerical = mayBeNumber ? numericalOutput(root, classes, features, careful) : undefined;
  if (numerical && isRepresented(numerical, features.arithmetic)) return numerical;
  const names = classes.map(describeAtom);
  const reads = features.logits(root, oneHot(classes), names) ?? features.materialize(root, oneHot(classes), names);
  return { kind: "categorical", classes, reads };
}

/** @throws RaspError of class `compile` for an int that files of models do not hold */
function checkWritten(value: Atom, { origin }: NormalSOp): void {
  if (typeof value !== "bigint" || !isTooLong(value)) return;
  refuse(
    origin,
    `its values have more than ${MOST_DIGITS} digits`,
    "compute with smaller numbers, or with their remainders (%)",
  );
}

/** Whether operands and weights hold the numbers exactly, where they have fewer digits than sums. */
const isRepresented = ({ reads, points }: Output, arithmetic: Arithmetic): boolean =>
  !isLow(arithmetic) ||
  [...points!, ...reads.flatMap(({ terms }) => [...terms.values()])].every((numbers) =>
    represents(arithmetic, numbers),
  );

/** @returns undefined where the values are not such a sum, or one that float32 does not tell apart. */
function numericalOutput(
  root: NormalSOp,
  classes: readonly Atom[],
  features: Features,
  careful: boolean,
): Output | undefined {
  const codeOf = codesOf(classes);
  const sum = features.sum(root, codeOf);
  if (!sum) return undefined;
  const { encodings } = sum;
  const isOneLeaf = encodings.length === 1;
  // A single one-hot leaf gives the logits of all classes without hidden units; of many a number is smaller.
  const isSmall = classes.length <= FEW || isLow(features.arithmetic);
  if (isOneLeaf && encodings[0]!.kind === "categorical" && isSmall) return undefined;
  const classOf = new Map<number, Atom>();
  let twins: Pair | undefined;
  for (const value of classes) {
    const known = classOf.get(codeOf(value));
    if (known !== undefined) twins ??= [known, value];
    if (known === undefined || isBetter(value, known)) classOf.set(codeOf(value), value);
  }
  // Hidden units may tell them apart by the leaves, but not by the number.
  if (twins && !isOneLeaf) return undefined;
  for (let extra = 0; extra < Math.min(encodings.length, MAX_COORDINATES); extra++) {
    const output = outputWith(sum, encodings.slice(0, extra), classOf);
    const isSeparate = leastDistance(output.points!, output.classes) >= SEPARATION * noiseOf(sum, output);
    if (isSeparate && !twins) return output;
    // Hidden units would read the same leaf, and could seldom tell its values apart either.
    if (isOneLeaf && !careful) return withoutTwins(output, classes, codeOf, twins);
  }
  return undefined;
}

/** The number and, as further coordinates, the numbers of some of its leaves. */
function outputWith(
  { read, rows, numbers }: Sum,
  extra: readonly Encoding[],
  classOf: ReadonlyMap<number, Atom>,
): Output {
  const leaves = extra.map(asNumber);
  const points = new Map<string, { point: readonly number[]; value: Atom }>();
  for (const { values, result } of rows) {
    const number = numbers[result]!;
    const value = classOf.get(number)!;
    const point = [number, ...leaves.map((leaf, j) => leaf.numbers[values[j]!]!)];
    points.set(`${point.join(",")} ${atomKey(value)}`, { point, value });
  }
  const ascending = [...points.values()].sort((a, b) => a.point[0]! - b.point[0]!);
  return {
    kind: "numerical",
    classes: ascending.map(({ value }) => value),
    points: ascending.map(({ point }) => point),
    reads: [read, ...leaves.map((leaf) => leaf.read)],
  };
}

/**
 * Sums of floats depend on the order: (0.1 + 0.1 + 0.1) / 3 is not 0.1, and 1/3 - 1/3 need not be 0. Values that float32 does not tell
 * apart have one answer.
 */
function withoutTwins(
  output: Output,
  values: readonly Atom[],
  codeOf: (value: Atom) => number,
  sameNumber: Pair | undefined,
): Output {
  const kept: { readonly value: Atom; readonly number: number }[] = [];
  let example = sameNumber;
  const largest = largestNumber(values);
  output.points!.forEach(([number], p) => {
    const value = output.classes[p]!;
    const last = kept.at(-1);
    if (!last || number! - last.number > float32Step(number!, largest)) {
      kept.push({ value, number: number! });
    } else {
      example ??= [last.value, value];
      if (isBetter(value, last.value)) kept[kept.length - 1] = { value, number: number! };
    }
  });
  if (!example) return output;
  const answers: Decoding = {
    kind: "numerical",
    classes: kept.map(({ value }) => value),
    points: kept.map(({ number }) => [number]),
  };
  const apart = values.map((value) => {
    const answer = decode(answers, [codeOf(value)]);
    if (answer === value) return 0;
    const areNumbers = typeof value === "number" && (typeof answer === "number" || typeof answer === "bigint");
    return areNumbers ? differenceOf(value, answer) : Infinity;
  });
  return {
    ...output,
    ...answers,
    twins: { example, apart: apart.reduce((most, distance) => Math.max(most, distance), 0) },
  };
}

/**
 * Which of two values that float32 does not tell apart is the answer: an int, since only a float need not be exact, or the one with the
 * shorter text, which is the exact one where a mean is of one value.
 */
const isBetter = (value: Atom, other: Atom): boolean =>
  typeof value === typeof other ? String(value).length < String(other).length : typeof other === "number";

/** Exact where both are whole numbers. */
const differenceOf = (a: number, b: Atom): number =>
  Math.abs(typeof b === "bigint" && Number.isInteger(a) ? Number(BigInt(a) - b) : a - Number(b));

/** A leaf as one number: itself, or the number of its value. */
function asNumber(encoding: Encoding): { read: Read; numbers: readonly number[] } {
  if (encoding.kind === "numerical") return encoding;
  const numbers = encoding.values.map((_, v) => v);
  return { read: encoding.weighted(numbers), numbers };
}

/** How far a coordinate of the output may be off, by the noise of the leaves and by float32's rounding. */
function noiseOf({ read, encodings }: Sum, { points }: Output): number {
  const steepest = [...read.terms.values()].flat().reduce((most, c) => Math.max(most, Math.abs(c)), 1);
  const largest = points!.flat().reduce((most, number) => Math.max(most, Math.abs(number)), 1);
  return encodings.reduce((total, { noise }) => total + steepest * noise, 0) + largest * 2 ** -22;
}

/** A program whose values are a sum of what stands in the residual stream already is read off as a number. */
import { atomKey } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";
import { leastDistance } from "./ir/decoding.js";
import type { Features, Sum } from "./features/features.js";
import type { NormalSOp } from "../normalize/normal.js";
import type { Output } from "./ir/plan.js";
import { combineReads, type Read } from "./ir/read.js";
import { codesOf, type Encoding } from "./features/encoding.js";

/** Classes must be this many times farther from each other than what is read may be off. */
const SEPARATION = 4;
/** Coordinates beside the number are few, or not worth it. */
const MOST_COORDINATES = 3;

/** @returns undefined where the values are no such sum, or one that float32 does not tell apart. */
export function numericalOutput(root: NormalSOp, classes: readonly Atom[], features: Features): Output | undefined {
  const codeOf = codesOf(classes);
  const sum = features.sum(root, codeOf);
  // One leaf that stands one-hot gives the logits of all classes as they are.
  if (!sum || (sum.encodings.length === 1 && sum.encodings[0]!.kind === "categorical")) return undefined;
  const byNumber = new Map(classes.map((value) => [codeOf(value), value]));
  for (let beside = 0; beside < Math.min(sum.encodings.length, MOST_COORDINATES); beside++) {
    const output = outputBeside(sum, sum.encodings.slice(0, beside), byNumber);
    if (leastDistance(output.points!, output.classes) >= SEPARATION * noiseOf(sum, output)) return output;
    // What stands as a number itself cannot be told apart any better by hidden units.
    if (sum.encodings.length === 1) return withoutTwins(output);
  }
  return undefined;
}

/** The number, and beside it the numbers of some leaves. */
function outputBeside(
  { read, rows, numbers }: Sum,
  beside: readonly Encoding[],
  classOf: ReadonlyMap<number, Atom>,
): Output {
  const leaves = beside.map(asNumber);
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
 * Sums of floats depend on the order: (0.1 + 0.1 + 0.1) / 3 is not 0.1. Of values that float32 does not tell apart the shortest one is
 * the answer, which is exact wherever a mean is of one value.
 */
function withoutTwins(output: Output): Output {
  const kept: { readonly value: Atom; readonly number: number }[] = [];
  let twins: Output["twins"];
  output.points!.forEach(([number], p) => {
    const value = output.classes[p]!;
    const last = kept.at(-1);
    if (!last || number! - last.number > Math.abs(number!) * 2 ** -24) {
      kept.push({ value, number: number! });
    } else {
      twins ??= [last.value, value];
      if (String(value).length < String(last.value).length) kept[kept.length - 1] = { value, number: number! };
    }
  });
  if (!twins) return output;
  return { ...output, twins, classes: kept.map(({ value }) => value), points: kept.map(({ number }) => [number]) };
}

/** A leaf as one number: itself, or the place of its value. */
function asNumber({ reads, numbers, kind, values }: Encoding): { read: Read; numbers: readonly number[] } {
  if (kind === "numerical") return { read: reads[0]!, numbers: numbers! };
  return { read: combineReads(reads.map((read, v) => [v, read])), numbers: values.map((_, v) => v) };
}

/** How far a coordinate of the output may be off, by what the leaves may be and by float32's rounding. */
function noiseOf({ read, encodings }: Sum, { points }: Output): number {
  const steepest = [...read.terms.values()].flat().reduce((most, c) => Math.max(most, Math.abs(c)), 1);
  const largest = points!.flat().reduce((most, number) => Math.max(most, Math.abs(number)), 1);
  return encodings.reduce((total, { noise }) => total + steepest * noise, 0) + largest * 2 ** -22;
}

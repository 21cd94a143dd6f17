/** How an s-op's value can be found in a subspace again. */
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { Readback } from "./plan.js";
import { float32Step } from "./decoding.js";
import type { Subspace } from "./read.js";

/** @param vectors - the vectors that the subspace can hold; by default those of `values` */
export function readbackOf(
  sop: NormalSOp,
  subspace: Subspace,
  values: readonly Atom[],
  expected: (value: Atom) => readonly number[],
  vectors: readonly (readonly number[])[] = values.map(expected),
): Readback {
  const coordinates = subspace.names.map((_, c) => vectors.map((vector) => vector[c]!));
  return { sop, subspace, values, expected, tolerance: smallestStep(coordinates) / 4 };
}

/** The smallest distance between numbers of one coordinate that float32 can tell apart; at most 1. */
function smallestStep(coordinates: readonly (readonly number[])[]): number {
  const steps = coordinates.flatMap((numbers) => {
    const ascending = [...new Set(numbers)].sort((a, b) => a - b);
    const largest = Math.max(Math.abs(ascending[0]!), Math.abs(ascending.at(-1)!));
    return ascending
      .slice(1)
      .map((number, j) => number - ascending[j]!)
      .filter((step, j) => step > float32Step(ascending[j + 1]!, largest));
  });
  return steps.reduce((least, step) => Math.min(least, step), 1);
}

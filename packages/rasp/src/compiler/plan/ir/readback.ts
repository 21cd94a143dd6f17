/** How an s-op's value can be found in a subspace again. */
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { Readback } from "./plan.js";
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

/** The smallest distance between different numbers of one coordinate; at most 1. */
function smallestStep(coordinates: readonly (readonly number[])[]): number {
  const steps = coordinates.flatMap((numbers) => {
    const ascending = [...new Set(numbers)].sort((a, b) => a - b);
    return ascending.slice(1).map((number, j) => number - ascending[j]!);
  });
  return steps.reduce((least, step) => Math.min(least, step), 1);
}

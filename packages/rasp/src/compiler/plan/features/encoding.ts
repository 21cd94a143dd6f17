/** How a leaf - an embedding, a head's output, a cut s-op - stands in the residual stream, and what can be read off it. */
import { atomKey } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import type { Argument } from "../ir/finite-function.js";
import { combineReads, subspaceRead, type Read, type Subspace } from "../ir/read.js";
import { atomNumber } from "../../values/value-set.js";

/** A leaf as it stands in the residual stream. */
export interface Encoding {
  readonly values: readonly Atom[];
  readonly kind: "categorical" | "numerical";
  /** What each value counts on an axis; undefined where a value of a categorical encoding is no number. */
  readonly numbers: readonly number[] | undefined;
  /** Categorical: for each value a read that is 1 there and else 0. Numerical: one read that gives the number. */
  readonly reads: readonly Read[];
  readonly noise: number;
}

/** The number that stands for each atom of a numerical encoding: itself, and for a string or null one above all numbers. */
export function codesOf(values: readonly Atom[]): (atom: Atom) => number {
  const above = values.reduce<number>((most, value) => Math.max(most, Math.ceil(atomNumber(value) ?? 0)), 0);
  const others = values.filter((value) => atomNumber(value) === undefined);
  const codes = new Map(others.map((value, j) => [value, above + 1 + j]));
  return (atom) => atomNumber(atom) ?? codes.get(atom)!;
}

/** The numbers of atoms if all of them are. */
export function numbersOf(values: readonly Atom[]): readonly number[] | undefined {
  const numbers = values.map(atomNumber);
  return numbers.every((number) => number !== undefined) ? (numbers as number[]) : undefined;
}

/** One read for each coordinate of a subspace. */
export const coordinates = (subspace: Subspace): Read[] =>
  subspace.names.map((_, c) =>
    subspaceRead(
      subspace,
      subspace.names.map((_, other) => Number(other === c)),
    ),
  );

/** A leaf as an argument of hidden units. */
export function argument({ reads, numbers, kind, noise }: Encoding): Argument {
  if (kind === "numerical") return { numbers, asNumber: reads[0]!, gate: undefined, noise };
  return {
    numbers,
    asNumber: numbers && combineReads(numbers.map((number, v) => [number, reads[v]!])),
    gate: (subset) => combineReads(subset.map((v) => [1, reads[v]!])),
    noise: noise * (numbers ? Math.max(1, ...numbers.map(Math.abs)) : 1),
  };
}

/** One component a class: 1 where the value is that class. */
export function oneHot(classes: readonly Atom[]): (value: Atom) => readonly number[] {
  const keys = classes.map(atomKey);
  return (value) => {
    const key = atomKey(value);
    return keys.map((other) => Number(other === key));
  };
}

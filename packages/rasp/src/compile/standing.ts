/** How a leaf - an embedding, a head's output, a cut s-op - stands in the residual stream, and what can be read off it. */
import { atomKey } from "../atom/compare.js";
import type { Atom } from "../graph/node.js";
import type { Argument, Row } from "./feed-forward.js";
import { combineReads, streamRead, type Read, type Stream } from "./read.js";
import { atomNumber } from "./value-set.js";

/** A leaf as it stands in the residual stream. */
export interface Standing {
  readonly values: readonly Atom[];
  readonly encoding: "categorical" | "numerical";
  /** What each value counts on an axis; undefined where a value of a categorical standing is no number. */
  readonly numbers: readonly number[] | undefined;
  /** Categorical: for each value a read that is 1 there and else 0. Numerical: one read that gives the number. */
  readonly reads: readonly Read[];
  readonly noise: number;
}

/** The number that stands for each atom of a numerical standing: itself, and for a string or null one above all numbers. */
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

/** One read for each coordinate of a stream. */
export const coordinates = (stream: Stream): Read[] =>
  stream.names.map((_, c) =>
    streamRead(
      stream,
      stream.names.map((_, other) => Number(other === c)),
    ),
  );

/** The vectors as affine reads of one leaf, where that is possible. */
export function directRead(
  { reads, encoding, numbers }: Standing,
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
): Read[] | undefined {
  const dimensions = vectors[0]!.length;
  if (encoding === "categorical")
    return Array.from({ length: dimensions }, (_, c) => {
      const weighted = rows.map(({ values: [v], result }) => [vectors[result]![c]!, reads[v!]!] as const);
      return combineReads(weighted.filter(([weight]) => weight !== 0));
    });
  if (dimensions !== 1) return undefined;
  const points = rows.map(({ values: [v], result }) => [numbers![v!]!, vectors[result]![0]!] as const);
  const [[x0, y0], [x1, y1]] = [points[0]!, points.at(-1)!];
  const slope = (y1 - y0) / (x1 - x0);
  // A steep read would amplify the leaf's noise; hidden units remove it instead.
  const straight = points.every(([x, y]) => Math.abs(y0 + slope * (x - x0) - y) < 1e-12 * Math.max(1, Math.abs(y)));
  return straight && Math.abs(slope) <= 1 ? [combineReads([[slope, reads[0]!]], y0 - slope * x0)] : undefined;
}

/** A leaf as an argument of hidden units. */
export function argument({ reads, numbers, encoding, noise }: Standing): Argument {
  if (encoding === "numerical") return { numbers, axis: reads[0]!, gate: undefined, noise };
  return {
    numbers,
    axis: numbers && combineReads(numbers.map((number, v) => [number, reads[v]!])),
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

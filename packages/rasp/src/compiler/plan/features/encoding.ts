/** How a leaf is encoded in the residual stream, and what can be read of it. A leaf is an embedding, the result of heads or a cut map. */
import { atomKey } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import { refuse } from "../../refusal.js";
import { atomNumber } from "../../values/value-set.js";
import { isLow, type Arithmetic } from "../ir/arithmetic.js";
import type { Argument } from "../ir/finite-function.js";
import { combineReads, subspaceRead, type Read, type Subspace } from "../ir/read.js";

/** Tracr's two encodings: categorical, a one-hot vector, and numerical, one number. */
export interface Encoding {
  readonly values: readonly Atom[];
  readonly kind: "categorical" | "numerical";
  /** The number of each value; undefined where a value of a categorical encoding is not a number. */
  readonly numbers: readonly number[] | undefined;
  /** Categorical: for each value a read that is 1 there and 0 elsewhere. Numerical: one read that gives the number. */
  readonly reads: readonly Read[];
  /** How far a read may be off. */
  readonly noise: number;
}

/** @param reads - one for each value: 1 there and 0 elsewhere */
export function oneHotEncoding(values: readonly Atom[], reads: readonly Read[], noise: number): Encoding {
  const numbers = values.map(atomNumber);
  const areNumbers = numbers.every((number) => number !== undefined);
  return { values, kind: "categorical", numbers: areNumbers ? numbers : undefined, reads, noise };
}

/** A leaf as an argument of hidden units. */
export function argument({ reads, numbers, kind, noise }: Encoding, arithmetic: Arithmetic): Argument {
  if (kind === "numerical") return { numbers, asNumber: reads[0]!, gate: undefined, noise };
  return {
    numbers,
    asNumber: numbers && combineReads(numbers.map((number, v) => [number, reads[v]!])),
    // In low precision as 1 minus the others: no large constant is then left where the gate is open.
    gate: (subset) =>
      isLow(arithmetic)
        ? combineReads(
            reads.flatMap((read, v) => (subset.includes(v) ? [] : [[-1, read] as const])),
            1,
          )
        : combineReads(subset.map((v) => [1, reads[v]!])),
    noise: noise * (numbers ? Math.max(1, ...numbers.map(Math.abs)) : 1),
  };
}

/**
 * The codes of a mean whose values are much nearer to 0 than its default: the default gets a code next to theirs, as if it were no
 * number. The error of a head is relative to the largest number that it may read, and BOS holds the default's.
 */
export function nearCodesOf(atoms: readonly Atom[], values: readonly Atom[]): (atom: Atom) => number {
  const size = (some: readonly Atom[]): number =>
    some.reduce<number>((most, atom) => Math.max(most, Math.abs(atomNumber(atom) ?? 0)), 1);
  const isFar = (atom: Atom): boolean => Math.abs(atomNumber(atom) ?? 0) > 4 * size(values);
  if (!atoms.some(isFar)) return codesOf(atoms);
  const codeOf = codesOf(atoms.filter((atom) => !isFar(atom)));
  const above = Math.max(...atoms.filter((atom) => !isFar(atom)).map(codeOf)) + 1;
  return (atom) => (isFar(atom) ? above : codeOf(atom));
}

/** The number of each atom in a numerical encoding: its own, and for strings and null whole numbers above all of these. */
export function codesOf(values: readonly Atom[]): (atom: Atom) => number {
  const above = values.reduce<number>((most, value) => Math.max(most, Math.ceil(atomNumber(value) ?? 0)), 0);
  const others = values.filter((value) => atomNumber(value) === undefined);
  const codes = new Map(others.map((value, j) => [value, above + 1 + j]));
  return (atom) => atomNumber(atom) ?? codes.get(atom)!;
}

/** The largest number that a model computes with: far from float32's limit of 2^128, so that sums and products stay below it too. */
const LARGEST_NUMBER = 2 ** 100;

/** @throws RaspError of class `compile`, at the s-op, where a number of a numerical encoding is beyond float32's range */
export function checkNumbers(sop: NormalSOp, numbers: readonly number[]): void {
  const sizes = numbers.map((number) => (Number.isNaN(number) ? Infinity : Math.abs(number)));
  const largest = numbers[sizes.indexOf(sizes.reduce((most, size) => Math.max(most, size), 0))];
  if (largest === undefined || Math.abs(largest) <= LARGEST_NUMBER) return;
  refuse(
    sop.origin,
    `its values reach ${largest}, and a model computes in float32, with numbers up to 2^100 (about 1.3e+30)`,
    "use smaller numbers, or strings where the numbers are only names",
  );
}

/** One component for each class: 1 where the value is that class. */
export function oneHot(classes: readonly Atom[]): (value: Atom) => readonly number[] {
  const places = new Map(classes.map((atom, c) => [atomKey(atom), c]));
  return (value) => {
    const vector = classes.map(() => 0);
    const place = places.get(atomKey(value));
    if (place !== undefined) vector[place] = 1;
    return vector;
  };
}

/** The one-hot subspace of an embedding. */
export const embeddingSubspace = (label: string, values: readonly Atom[]): Subspace => ({
  label,
  names: values.map(describeAtom),
  writer: "embedding",
  layer: 0,
  oneHot: true,
  grid: 1,
  largest: 1,
  atBos: values.map(() => 0),
});

/** One read for each coordinate of a subspace. */
export const coordinates = (subspace: Subspace): Read[] =>
  subspace.names.map((_, c) =>
    subspaceRead(
      subspace,
      subspace.names.map((_, other) => Number(other === c)),
    ),
  );

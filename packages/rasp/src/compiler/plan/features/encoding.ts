/** How a leaf is encoded in the residual stream, and what can be read of it. A leaf is an embedding, the result of heads or a cut map. */
import { atomKey } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import { refuse } from "../../refusal.js";
import { atomNumber } from "../../values/value-set.js";
import { isLow, type Arithmetic } from "../ir/arithmetic.js";
import type { Argument } from "../ir/finite-function.js";
import { combineReads, constantRead, subspaceRead, type Read, type Subspace } from "../ir/read.js";

/** Tracr's two encodings: categorical, a one-hot vector, and numerical, one number. */
export type Encoding = Categorical | Numerical;

export interface Categorical {
  readonly kind: "categorical";
  readonly values: readonly Atom[];
  /** The number of each value; undefined where a value is not a number. */
  readonly numbers: readonly number[] | undefined;
  /** The read that gives `weights[v]` where the leaf has value v: any function of it. */
  readonly weighted: (weights: readonly number[]) => Read;
  /** How far a value's coordinate may be off. */
  readonly noise: number;
}

export interface Numerical {
  readonly kind: "numerical";
  readonly values: readonly Atom[];
  readonly numbers: readonly number[];
  /** Gives the number. */
  readonly read: Read;
  /** How far the read may be off. */
  readonly noise: number;
}

/** The reads, one for each component, that give `vectorOf(value)` wherever the s-op has that value. `names` names the components. */
export type Materialize = (
  sop: NormalSOp,
  vectorOf: (value: Atom) => readonly number[],
  names: readonly string[],
) => readonly Read[];

export function oneHotEncoding(values: readonly Atom[], weighted: Categorical["weighted"], noise: number): Categorical {
  const numbers = values.map(atomNumber);
  const areNumbers = numbers.every((number) => number !== undefined);
  return { values, kind: "categorical", numbers: areNumbers ? numbers : undefined, weighted, noise };
}

/** What is read of a subspace with one coordinate for each value. */
export const ofCoordinates =
  (subspace: Subspace): Categorical["weighted"] =>
  (weights) =>
    isZero(weights) ? constantRead(0) : combineReads([[1, subspaceRead(subspace, weights)]]);

/** The same of one read for each value, which is 1 there and 0 elsewhere. */
export const ofReads =
  (reads: readonly Read[]): Categorical["weighted"] =>
  (weights) =>
    combineReads(weights.flatMap((weight, v) => (weight === 0 ? [] : [[weight, reads[v]!] as const])));

const isZero = (weights: readonly number[]): boolean => weights.every((weight) => weight === 0);

/** A leaf as an argument of hidden units. */
export function argument(encoding: Encoding, arithmetic: Arithmetic): Argument {
  const { numbers, noise } = encoding;
  if (encoding.kind === "numerical") {
    return { numbers, asNumber: encoding.read, weighted: undefined, gate: undefined, noise };
  }
  const { values, weighted } = encoding;
  const indicator = (subset: readonly number[], inside: number, outside: number): Read => {
    const weights = values.map(() => outside);
    for (const v of subset) weights[v] = inside;
    return weighted(weights);
  };
  return {
    numbers,
    asNumber: numbers && weighted(numbers),
    weighted,
    // In low precision as 1 minus the others: no large constant is then left where the gate is open.
    gate: (subset) => (isLow(arithmetic) ? combineReads([[1, indicator(subset, 0, -1)]], 1) : indicator(subset, 1, 0)),
    noise: noise * (numbers?.reduce((most, number) => Math.max(most, Math.abs(number)), 1) ?? 1),
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

/** The read that gives one coordinate of a subspace. */
export const coordinate = (subspace: Subspace, index: number): Read =>
  subspaceRead(
    subspace,
    subspace.names.map((_, other) => Number(other === index)),
  );

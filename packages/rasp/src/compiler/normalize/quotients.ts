/**
 * Means as quotients of sums and counts, for low precision: the shares of a mean are 1 / n, which are rounded there, but those of a
 * counting head are powers of two.
 */
import type { Atom, Elementwise } from "../../language/graph/node.js";
import { QUOTIENT } from "./selection-forms.js";
import type { Mean, NormalForm, NormalSOp } from "./normal-form.js";

/** What a mean is of, if every value is a multiple of one number and sums of them are exact: of ints it is 1. */
export interface Multiples {
  readonly unit: number;
  /** Whether the values are ints, one of which stays an int where a row selects it alone. */
  readonly areInts: boolean;
  /** The only value, if there is only one. */
  readonly only: Atom | undefined;
}

/** The same mean as a function of a sum and of the number of selected positions, or of this number alone. */
export function quotientOf(
  form: NormalForm,
  { selection, value, default: otherwise, origin }: Mean,
  { unit, areInts, only }: Multiples,
): NormalSOp {
  const described = (of: string) => ({
    name: "mean",
    key: `mean ${of}, else ${typeof otherwise} ${String(otherwise)}`,
  });
  const count = form.width(selection, origin);
  if (only !== undefined) {
    const ofCount: Elementwise = {
      ...described(`of ${typeof only} ${String(only)}`),
      apply: ([n]) => (n === 0n ? otherwise : n === 1n ? only : (Number(only) * Number(n)) / Number(n)),
    };
    return form.map(ofCount, [count], origin);
  }
  const inUnits: Elementwise = {
    name: "units",
    key: `in units of ${unit}`,
    apply: ([atom]) => BigInt(Number(atom) / unit),
  };
  const ofBoth: Elementwise = {
    ...described(areInts ? "of ints" : `in units of ${unit}`),
    // What sums are made of, if it is a quotient of ints.
    name: areInts ? QUOTIENT : "mean",
    apply: ([sum, n]) => (n === 0n ? otherwise : n === 1n && areInts ? sum! : (unit * Number(sum)) / Number(n)),
  };
  const summand = areInts ? value : form.map(inUnits, [value], origin);
  return form.map(ofBoth, [form.width(selection, origin, summand), count], origin);
}

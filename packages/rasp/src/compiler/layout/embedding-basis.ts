/** The coordinates of an embedding table. */
import { roundTo, type Precision } from "@selectron/core";
import { getOrInsert, groupBy } from "../../language/maps.js";
import { isApproximate, type Arithmetic } from "../plan/ir/arithmetic.js";
import type { Subspace } from "../plan/ir/read.js";

/**
 * An embedding can hold any function of its values, so it has either one coordinate for each class of values that all reads treat
 * alike, or one for each function that is read, whichever is fewer.
 */
export class EmbeddingBasis {
  /** What each coordinate holds, for each value. */
  readonly vectors: readonly (readonly number[])[];
  readonly labels: readonly string[];
  /** A read with these coefficients, one for each value, as weights of coordinates. */
  readonly express: (coefficients: readonly number[]) => (readonly [index: number, weight: number])[];

  /** @param reads - the coefficients of everything that reads the embedding */
  constructor(subspace: Subspace, reads: readonly (readonly number[])[], arithmetic: Arithmetic) {
    const classes = classesOf(subspace, reads);
    const functions = new Functions(arithmetic.precision);
    for (const read of reads) if (functions.known.length < classes.length) functions.add(read);
    // Where reads are approximate all coordinates are small, so that none is seen in the others.
    if (functions.known.length < classes.length && !isApproximate(arithmetic)) {
      this.vectors = functions.known;
      this.labels = functions.known.map(
        (f) => `${subspace.label}: function ${f.slice(0, 8).join(" ")}${f.length > 8 ? " …" : ""}`,
      );
      this.express = (coefficients) => {
        const found = functions.find(coefficients);
        return found ? [[found.index, found.factor]] : [];
      };
    } else {
      this.vectors = classes.map((group) => {
        const vector = subspace.names.map(() => 0);
        for (const v of group) vector[v] = 1;
        return vector;
      });
      this.labels = classes.map((group) => `${subspace.label}: ${group.map((v) => subspace.names[v]!).join("|")}`);
      this.express = (coefficients) => classes.map(([first], index) => [index, coefficients[first!]!] as const);
    }
  }
}

/** The values that all reads give equal coefficients, together; without those that no read tells from nothing. */
function classesOf(subspace: Subspace, reads: readonly (readonly number[])[]): (readonly number[])[] {
  /** The class of each value by the reads so far; 0 is that of nothing. */
  const classOf = subspace.names.map(() => 0);
  let classes = 1;
  /** The values that are not yet in a class of their own. */
  let together = [...classOf.keys()];
  for (const coefficients of reads) {
    const split = new Map<number, Map<number, number>>();
    for (const v of together) {
      const coefficient = coefficients[v]!;
      if (coefficient === 0) continue;
      const parts = getOrInsert(split, classOf[v]!, () => new Map<number, number>());
      classOf[v] = getOrInsert(parts, coefficient, () => classes++);
    }
    const sizes = new Map<number, number>();
    for (const v of together) sizes.set(classOf[v]!, (sizes.get(classOf[v]!) ?? 0) + 1);
    together = together.filter((v) => classOf[v] === 0 || sizes.get(classOf[v]!)! > 1);
  }
  const members = groupBy(classOf.keys(), (v) => classOf[v]!);
  return [...members].flatMap(([number, values]) => (number === 0 ? [] : [values]));
}

/** The reads, without 0 and without multiples of each other. */
class Functions {
  readonly known: (readonly number[])[] = [];
  /** Their places, by what multiples of each other have in common. */
  readonly #places = new Map<string, number[]>();
  readonly #precision: Precision;

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  add(read: readonly number[]): void {
    if (read.every((c) => c === 0) || this.find(read)) return;
    getOrInsert(this.#places, supportOf(read), () => []).push(this.known.length);
    this.known.push(read);
  }

  /** The function of which a read is a multiple. */
  find(read: readonly number[]): { readonly index: number; readonly factor: number } | undefined {
    for (const index of this.#places.get(supportOf(read)) ?? []) {
      const factor = ratioIn(this.#precision, read, this.known[index]!);
      if (factor !== undefined) return { index, factor };
    }
    return undefined;
  }
}

/** Where the first and the last number other than 0 are, and how many there are. */
function supportOf(numbers: readonly number[]): string {
  let [first, last, count] = [-1, -1, 0];
  for (let v = 0; v < numbers.length; v++) {
    if (numbers[v] === 0) continue;
    if (count++ === 0) first = v;
    last = v;
  }
  return `${first} ${last} ${count}`;
}

/** The factor by which `a` is a multiple of `b`; undefined where there is none that a weight holds exactly. */
function ratioIn(precision: Precision, a: readonly number[], b: readonly number[]): number | undefined {
  const pivot = b.findIndex((value) => value !== 0);
  const factor = a[pivot]! / b[pivot]!;
  return factor !== 0 && roundTo(precision, factor) === factor && b.every((value, v) => value * factor === a[v])
    ? factor
    : undefined;
}

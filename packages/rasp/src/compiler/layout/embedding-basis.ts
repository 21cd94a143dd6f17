/** The coordinates of an embedding table. */
import { roundTo, type Precision } from "@selectron/core";
import { getOrInsert } from "../../language/maps.js";
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
  constructor(subspace: Subspace, reads: readonly (readonly number[])[], precision: Precision) {
    const classes = classesOf(subspace, reads);
    const ratio = (a: readonly number[], b: readonly number[]) => ratioIn(precision, a, b);
    const functions = functionsOf(reads, ratio);
    if (functions.length < classes.length) {
      this.vectors = functions;
      this.labels = functions.map(
        (f) => `${subspace.label}: function ${f.slice(0, 8).join(" ")}${f.length > 8 ? " …" : ""}`,
      );
      this.express = (coefficients) => {
        const index = functions.findIndex((known) => ratio(coefficients, known) !== undefined);
        return index < 0 ? [] : [[index, ratio(coefficients, functions[index]!)!]];
      };
    } else {
      this.vectors = classes.map((group) => subspace.names.map((_, v) => Number(group.includes(v))));
      this.labels = classes.map((group) => `${subspace.label}: ${group.map((v) => subspace.names[v]!).join("|")}`);
      this.express = (coefficients) => classes.map(([first], index) => [index, coefficients[first!]!] as const);
    }
  }
}

/** The values that all reads give equal coefficients, together; without those that no read tells from nothing. */
function classesOf(subspace: Subspace, reads: readonly (readonly number[])[]): (readonly number[])[] {
  const classes = new Map<string, number[]>();
  subspace.names.forEach((_, v) => {
    const column = reads.map((coefficients) => coefficients[v]!);
    if (column.some((c) => c !== 0)) getOrInsert(classes, column.join(","), () => []).push(v);
  });
  return [...classes.values()];
}

type Ratio = (a: readonly number[], b: readonly number[]) => number | undefined;

/** The reads, without 0 and without multiples of each other. */
function functionsOf(reads: readonly (readonly number[])[], ratio: Ratio): (readonly number[])[] {
  const functions: (readonly number[])[] = [];
  for (const read of reads) {
    const isNew = read.some((c) => c !== 0) && !functions.some((known) => ratio(read, known) !== undefined);
    if (isNew) functions.push(read);
  }
  return functions;
}

/** The factor by which `a` is a multiple of `b`; undefined where there is none that a weight holds exactly. */
function ratioIn(precision: Precision, a: readonly number[], b: readonly number[]): number | undefined {
  const pivot = b.findIndex((value) => value !== 0);
  const factor = a[pivot]! / b[pivot]!;
  return factor !== 0 && roundTo(precision, factor) === factor && b.every((value, v) => value * factor === a[v])
    ? factor
    : undefined;
}

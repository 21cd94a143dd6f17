/** Subspaces of the residual stream: coordinates that are written together, with the finitely many values that were seen there. */

import { getOrInsert } from "../../../language/maps.js";

/** What writes a subspace. */
export type Writer =
  | { readonly kind: "tokens" }
  | { readonly kind: "indices" }
  | { readonly kind: "heads"; readonly layer: number; readonly heads: readonly number[] }
  | { readonly kind: "units"; readonly layer: number; readonly units: readonly number[] };

export interface Subspace {
  readonly writer: Writer;
  readonly coordinates: readonly number[];
  /** The contents of the coordinates, for each value. */
  readonly values: readonly Float64Array[];
  /** The index of the value at each place of the sample. */
  readonly at: Int32Array;
  /** The contents of the coordinates at BOS. */
  readonly atBos: Float64Array;
}

/** Values that differ by less than half of this in every coordinate are the same. */
const APART = 2 ** -14;

/** The same text for values that are the same. */
export const keyOf = (value: ArrayLike<number>): string => Array.from(value, (v) => Math.round(v / APART)).join();

/** Distinct values, numbered as they are added. */
export class ValueSet {
  readonly #ids = new Map<string, number>();
  readonly values: Float64Array[] = [];

  idOf(value: Float64Array): number {
    return getOrInsert(this.#ids, keyOf(value), () => this.values.push(value.slice()) - 1);
  }
}

/** The nearest multiple of 2⁻¹², if the difference can be float32's rounding of weights and scales; otherwise the value itself. */
export function cleaned(value: number): number {
  const whole = Math.round(value * 4096) / 4096;
  return Math.abs(whole - value) <= 1e-5 * Math.max(1, Math.abs(value)) ? whole : value;
}

/** Some components of a vector. */
export const picked = (vector: Float64Array, columns: readonly number[]): Float64Array =>
  Float64Array.from(columns, (c) => vector[c]!);

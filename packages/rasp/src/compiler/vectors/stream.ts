/** The residual stream of a model of vectors: its coordinates, and affine functions of them. */

import type { Basis } from "../../language/graph/table.js";

/** Where a coordinate comes from: the token, the index or the position in a longer text; or a head or hidden unit. */
export type Source = "token" | "index" | "position";

/** A coordinate; of an embedding with its value for each token, index or position. */
export interface Coordinate {
  readonly source: Source | "written";
  readonly column: readonly number[];
}

/** constant + Σ factor · coordinate, known from a time on: sublayers are 1, 2, 3, …, attention the odd ones. */
export interface Affine {
  readonly terms: ReadonlyMap<number, number>;
  readonly constant: number;
  readonly time: number;
}

export const constantly = (constant: number): Affine => ({ terms: new Map(), constant, time: 0 });

/** Σ factor · function. */
export function combination(parts: readonly (readonly [factor: number, part: Affine])[]): Affine {
  const terms = new Map<number, number>();
  let [constant, time] = [0, 0];
  for (const [factor, part] of parts) {
    if (factor === 0) continue;
    constant += factor * part.constant;
    time = Math.max(time, part.time);
    for (const [coordinate, weight] of part.terms) {
      terms.set(coordinate, (terms.get(coordinate) ?? 0) + factor * weight);
    }
  }
  for (const [coordinate, weight] of terms) if (weight === 0) terms.delete(coordinate);
  return { terms, constant, time };
}

export const times = (part: Affine, factor: number): Affine => combination([[factor, part]]);

export const plus = (a: Affine, b: Affine): Affine =>
  combination([
    [1, a],
    [1, b],
  ]);

export const isZero = ({ terms, constant }: Affine): boolean => terms.size === 0 && constant === 0;

/** A vector: each component as an affine function. */
export interface Reading {
  readonly basis: Basis;
  readonly components: readonly Affine[];
}

/** The coordinates, each made once. */
export class Stream {
  readonly coordinates: Coordinate[] = [];
  readonly #known = new Map<string, Affine>();

  /** A function of the token, the index or the position, by its values. */
  feature(source: Source, column: readonly number[]): Affine {
    if (column.every((value) => value === column[0])) return constantly(column[0] ?? 0);
    const key = `${source} ${column.join(" ")}`;
    const known = this.#known.get(key) ?? this.#add({ source, column }, 0);
    this.#known.set(key, known);
    return known;
  }

  /** A coordinate that a sublayer writes. */
  written(time: number): Affine {
    return this.#add({ source: "written", column: [] }, time);
  }

  #add(coordinate: Coordinate, time: number): Affine {
    this.coordinates.push(coordinate);
    return { terms: new Map([[this.coordinates.length - 1, 1]]), constant: 0, time };
  }
}

/** A subspace of the residual stream: coordinates that are written together, and the finitely many values that were seen there. */
import { row, type Affine } from "./weights.js";

/** Who writes a subspace. */
export type Writer =
  | { readonly kind: "tokens" }
  | { readonly kind: "indices" }
  | { readonly kind: "heads"; readonly layer: number; readonly heads: readonly number[] }
  | { readonly kind: "units"; readonly layer: number; readonly units: readonly number[] };

export interface Subspace {
  readonly writer: Writer;
  readonly coordinates: readonly number[];
  /** What the coordinates hold, for each value. */
  readonly values: readonly Float64Array[];
  /** Which value stands at each place of the sample. */
  readonly at: Int32Array;
  /** What the coordinates hold at BOS. */
  readonly atBos: Float64Array;
}

/** Different values are farther apart than this, and what is nearer is the same. */
const APART = 2 ** -14;
export const keyOf = (value: ArrayLike<number>): string => Array.from(value, (v) => Math.round(v / APART)).join();

/** Numbers values as they come. */
export class ValueSet {
  readonly #ids = new Map<string, number>();
  readonly values: Float64Array[] = [];

  idOf(value: Float64Array): number {
    const key = keyOf(value);
    let id = this.#ids.get(key);
    if (id === undefined) {
      this.#ids.set(key, (id = this.values.length));
      this.values.push(value.slice());
    }
    return id;
  }
}

/** A fraction with a small power of two below the line, if that is what float32 meant: weights and scales round. */
export function cleaned(value: number): number {
  const whole = Math.round(value * 4096) / 4096;
  return Math.abs(whole - value) <= 1e-5 * Math.max(1, Math.abs(value)) ? whole : value;
}

/** What an affine map gives for one subspace's part of the residual stream: one row for each value, and one for BOS. */
export interface Projected {
  readonly subspace: Subspace;
  readonly rows: readonly Float64Array[];
  readonly atBos: Float64Array;
}

/** Coordinates of subspaces that hidden units have cleared since. */
export type Cleared = ReadonlyMap<Subspace, ReadonlySet<number>>;

function project(subspace: Subspace, { weight }: Affine, cleared: ReadonlySet<number> | undefined): Projected {
  const of = (value: Float64Array): Float64Array => {
    const result = new Float64Array(weight.columns);
    subspace.coordinates.forEach((c, j) => {
      if (!cleared?.has(c)) addScaled(result, row(weight, c), value[j]!);
    });
    return result;
  };
  return { subspace, rows: subspace.values.map(of), atBos: of(subspace.atBos) };
}

function addScaled(sum: Float64Array, term: Float64Array, factor: number): void {
  if (factor !== 0) for (let c = 0; c < sum.length; c++) sum[c]! += factor * term[c]!;
}

/** The parts that are not the same for all values of their subspace; the others are added to the constant. */
export interface Reading {
  readonly parts: readonly Projected[];
  /** At every place of an input. */
  readonly constant: Float64Array;
  /** All of it at BOS. */
  readonly atBos: Float64Array;
}

/** The residual stream as sublayers see it: subspaces, and what is the same everywhere. */
export interface ResidualStream {
  readonly subspaces: readonly Subspace[];
  readonly constant: Float64Array;
  readonly cleared: Cleared;
}

export function read({ subspaces, constant, cleared }: ResidualStream, map: Affine): Reading {
  const everywhere = map.bias.slice();
  for (let c = 0; c < constant.length; c++) addScaled(everywhere, row(map.weight, c), constant[c]!);
  const atBos = everywhere.slice();
  const parts: Projected[] = [];
  for (const subspace of subspaces) {
    const projected = project(subspace, map, cleared.get(subspace));
    addScaled(atBos, projected.atBos, 1);
    const [first, ...others] = projected.rows;
    if (others.some((other) => other.some((v, c) => Math.abs(v - first![c]!) > 1e-6))) parts.push(projected);
    else addScaled(everywhere, first!, 1);
  }
  return { parts, constant: everywhere, atBos };
}

/** The value of a reading for one value of each of its parts. */
export function valueOf({ parts, constant }: Reading, ids: ArrayLike<number>): Float64Array {
  const result = constant.slice();
  parts.forEach(({ rows }, j) => addScaled(result, rows[ids[j]!]!, 1));
  return result;
}

/** The different states of some subspaces that were seen together, and the state at each place. */
export interface States {
  readonly tuples: readonly Int32Array[];
  readonly at: Int32Array;
}

export function statesOf(subspaces: readonly Subspace[], places: number): States {
  let at = new Int32Array(places);
  let count = Math.min(places, 1);
  for (const { at: ids, values } of subspaces) {
    const known = new Map<number, number>();
    at = at.map((state, place) => {
      const key = state * values.length + ids[place]!;
      let next = known.get(key);
      if (next === undefined) known.set(key, (next = known.size));
      return next;
    });
    count = known.size;
  }
  const tuples = new Array<Int32Array>(count);
  at.forEach((state, place) => (tuples[state] ??= Int32Array.from(subspaces, (subspace) => subspace.at[place]!)));
  return { tuples, at };
}

/** Some components of a vector. */
export const picked = (vector: Float64Array, columns: readonly number[]): Float64Array =>
  Float64Array.from(columns, (c) => vector[c]!);

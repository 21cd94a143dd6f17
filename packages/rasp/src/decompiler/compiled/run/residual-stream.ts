/** The residual stream as a sum of subspaces, and what affine maps read from it. */
import { getOrInsert } from "../../../language/maps.js";
import type { Subspace } from "./subspace.js";
import { row, type Affine } from "./weights.js";

/** The coordinates of subspaces that hidden units have cleared since they were written. */
export type Cleared = ReadonlyMap<Subspace, ReadonlySet<number>>;

/** The residual stream as the next sublayer sees it. */
export interface ResidualStream {
  readonly subspaces: readonly Subspace[];
  /** What is the same at every place. */
  readonly constant: Float64Array;
  readonly cleared: Cleared;
}

/** What an affine map gives for one subspace: a row for each value, and one for BOS. */
export interface Projected {
  readonly subspace: Subspace;
  readonly rows: readonly Float64Array[];
  readonly atBos: Float64Array;
}

/** What an affine map gives for the whole stream. */
export interface Reading {
  /** The subspaces whose values make a difference. */
  readonly parts: readonly Projected[];
  /** The sum of all others, at every place of an input. */
  readonly constant: Float64Array;
  /** Everything together at BOS. */
  readonly atBos: Float64Array;
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

function project(subspace: Subspace, { weight }: Affine, cleared: ReadonlySet<number> | undefined): Projected {
  const through = (value: Float64Array): Float64Array => {
    const result = new Float64Array(weight.columns);
    subspace.coordinates.forEach((c, j) => {
      if (!cleared?.has(c)) addScaled(result, row(weight, c), value[j]!);
    });
    return result;
  };
  return { subspace, rows: subspace.values.map(through), atBos: through(subspace.atBos) };
}

function addScaled(sum: Float64Array, summand: Float64Array, factor: number): void {
  if (factor !== 0) for (let c = 0; c < sum.length; c++) sum[c]! += factor * summand[c]!;
}

/** The value of a reading for one value of each of its parts. */
export function valueOf({ parts, constant }: Reading, ids: ArrayLike<number>): Float64Array {
  const result = constant.slice();
  parts.forEach(({ rows }, j) => addScaled(result, rows[ids[j]!]!, 1));
  return result;
}

/** The joint states of some subspaces: the combinations of values that were seen together. */
export interface States {
  /** For each state the value of each subspace. */
  readonly tuples: readonly Int32Array[];
  /** The state at each place. */
  readonly at: Int32Array;
}

/** States are numbered in the order in which they appear in the sample. */
export function statesOf(subspaces: readonly Subspace[], places: number): States {
  let at = new Int32Array(places);
  let count = Math.min(places, 1);
  for (const { at: ids, values } of subspaces) {
    const known = new Map<number, number>();
    at = at.map((state, place) => getOrInsert(known, state * values.length + ids[place]!, () => known.size));
    count = known.size;
  }
  const tuples = new Array<Int32Array>(count);
  at.forEach((state, place) => (tuples[state] ??= Int32Array.from(subspaces, (subspace) => subspace.at[place]!)));
  return { tuples, at };
}

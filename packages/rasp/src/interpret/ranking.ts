/**
 * The values of a sequence as ranks 0, 1, 2, … in ascending order, equal values sharing one, and where other values stand among
 * them. With these every comparison of `select` is an interval of ranks, and selection is counting instead of comparing.
 */
import { atomKey, compareAtoms } from "../atom/compare.js";
import type { Atom } from "../graph/node.js";

/** For each query: how many distinct keys are below it, and how many are not above it. */
export interface Placement {
  readonly below: Int32Array;
  readonly upTo: Int32Array;
}

export class Ranking {
  private readonly placements = new WeakMap<readonly Atom[], Placement>();

  private constructor(
    /** The rank of each element. */
    readonly ranks: Int32Array,
    /** How many distinct values there are. */
    readonly size: number,
    private readonly locate: (queries: readonly Atom[]) => Placement | undefined,
  ) {}

  /** `keys` are the values of an evaluated s-op: all strings or none. None if one is nan, which has no place in the order. */
  static of(keys: readonly Atom[]): Ranking | undefined {
    if (keys.some(Number.isNaN)) return undefined;
    const floats = exactFloats(keys);
    return floats ? Ranking.ofFloats(floats) : Ranking.ofAtoms(keys);
  }

  /** Where the values of another evaluated s-op stand among the keys. None if one is nan. */
  place(queries: readonly Atom[]): Placement | undefined {
    const known = this.placements.get(queries);
    if (known) return known;
    const placement = this.locate(queries);
    if (placement) this.placements.set(queries, placement);
    return placement;
  }

  private static ofFloats(floats: Float64Array): Ranking {
    const sorted = floats.slice().sort();
    let size = 0;
    for (const value of sorted) if (size === 0 || value !== sorted[size - 1]) sorted[size++] = value;
    const distinct = sorted.subarray(0, size);
    return new Ranking(
      Int32Array.from(floats, (value) => floatsBelow(distinct, value)),
      size,
      (queries) => {
        const values = exactFloats(queries);
        if (!values) return placeAtoms(Array.from(distinct), queries);
        const below = Int32Array.from(values, (value) => floatsBelow(distinct, value));
        const upTo = below.map((rank, q) => (distinct[rank] === values[q] ? rank + 1 : rank));
        return { below, upTo };
      },
    );
  }

  private static ofAtoms(keys: readonly Atom[]): Ranking {
    const distinct = [...new Map(keys.map((key) => [identity(key), key])).values()];
    distinct.sort((a, b) => (compareAtoms("<", a, b) ? -1 : 1));
    const ranks = new Map(distinct.map((key, rank) => [identity(key), rank]));
    return new Ranking(
      Int32Array.from(keys, (key) => ranks.get(identity(key))!),
      distinct.length,
      (queries) => placeAtoms(distinct, queries, ranks),
    );
  }
}

/** Cheaper than `atomKey` for strings, which stand only among strings here. */
const identity = (atom: Atom): string => (typeof atom === "string" ? atom : atomKey(atom));

/** All values as floats if none of them changes: no strings, no nan, no large ints. */
function exactFloats(atoms: readonly Atom[]): Float64Array | undefined {
  const floats = new Float64Array(atoms.length);
  for (const [i, atom] of atoms.entries()) {
    const value = Number(atom);
    if (typeof atom === "string" || Number.isNaN(value)) return undefined;
    if (typeof atom === "bigint" && !Number.isSafeInteger(value)) return undefined;
    floats[i] = value;
  }
  return floats;
}

/** How many of the ascending values are below `value`. */
function floatsBelow(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function placeAtoms(
  ascending: readonly Atom[],
  queries: readonly Atom[],
  ranks?: ReadonlyMap<string, number>,
): Placement | undefined {
  if (queries.some(Number.isNaN)) return undefined;
  const below = new Int32Array(queries.length);
  // Strings and numbers are never equal; only "==" and "!=" may ask.
  const comparable = (typeof ascending[0] === "string") === (typeof queries[0] === "string");
  if (!comparable) return { below, upTo: below };
  const upTo = new Int32Array(queries.length);
  for (const [q, query] of queries.entries()) {
    const rank = ranks?.get(identity(query));
    below[q] = rank ?? atomsWhere(ascending, (key) => compareAtoms("<", key, query));
    upTo[q] = rank === undefined ? atomsWhere(ascending, (key) => compareAtoms("<=", key, query)) : rank + 1;
  }
  return { below, upTo };
}

/** How many of the first values satisfy a condition that holds up to some place and not beyond. */
function atomsWhere(ascending: readonly Atom[], holds: (atom: Atom) => boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(ascending[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The values of a sequence as ranks 0, 1, 2, … in ascending order, with one rank for equal values, and the places of other values among
 * them. With these, every comparison of `select` is an interval of ranks.
 */
import { atomKey, compareAtoms } from "../atom/compare.js";
import type { Atom } from "../graph/node.js";
import { Column, LONG_SEQUENCE, type CodedColumn } from "./columns.js";
import { RankPrefixes } from "./rank-prefixes.js";

/** For each query: how many distinct keys are below it, and how many are not above it. */
export interface Placement {
  readonly below: Int32Array;
  readonly upTo: Int32Array;
}

export class Ranking {
  readonly #placements = new WeakMap<Column, Placement>();

  /** The rank of each element. */
  readonly ranks: Int32Array;
  /** How many distinct values there are. */
  readonly size: number;
  readonly #locate: (queries: Column) => Placement | undefined;
  #prefixes: RankPrefixes | undefined;
  #isIdentity: boolean | undefined;

  private constructor(ranks: Int32Array, size: number, locate: (queries: Column) => Placement | undefined) {
    this.ranks = ranks;
    this.size = size;
    this.#locate = locate;
  }

  /** Whether the ranks are 0, 1, 2, …, as those of positions are. */
  get isIdentity(): boolean {
    return (this.#isIdentity ??= this.ranks.every((rank, i) => rank === i));
  }

  /** The positions of all ranks below one, as bits. */
  get prefixes(): RankPrefixes {
    return (this.#prefixes ??= new RankPrefixes(this.ranks, this.size));
  }

  /** The ranking of an evaluated s-op's values, which are all strings or all not. `undefined` if one is nan, which has no order. */
  static of(keys: Column): Ranking | undefined {
    const { coded } = keys;
    if (coded) return Ranking.#ofCodes(coded);
    const floats = exactFloats(keys);
    if (!floats && keys.atoms.some(Number.isNaN)) return undefined;
    return floats ? Ranking.#ofFloats(floats) : Ranking.#ofAtoms(keys.atoms);
  }

  /** The places of another evaluated s-op's values among the keys. `undefined` if one is nan. */
  place(queries: Column): Placement | undefined {
    const known = this.#placements.get(queries);
    if (known) return known;
    const { coded } = queries;
    const placement = coded ? spread(coded.codes, this.#locate(Column.of(coded.atoms))) : this.#locate(queries);
    if (placement) this.#placements.set(queries, placement);
    return placement;
  }

  static #ofCodes({ codes, atoms }: CodedColumn): Ranking | undefined {
    const ranking = Ranking.of(Column.of(atoms));
    return (
      ranking &&
      new Ranking(
        toInts(codes, (code) => ranking.ranks[code]!),
        ranking.size,
        ranking.#locate,
      )
    );
  }

  static #ofFloats(floats: Float64Array): Ranking {
    const { below, size } = countBelow(floats);
    const ranks = toInts(floats, below);
    const distinct = new Float64Array(size);
    for (let i = 0; i < ranks.length; i++) distinct[ranks[i]!] = floats[i]!;
    return new Ranking(ranks, size, (queries) => {
      const values = exactFloats(queries);
      if (!values) return placeAtoms(Array.from(distinct), queries.atoms);
      const placed = toInts(values, below);
      return { below: placed, upTo: placed.map((rank, q) => (distinct[rank] === values[q] ? rank + 1 : rank)) };
    });
  }

  static #ofAtoms(keys: readonly Atom[]): Ranking {
    const distinct = [...new Map(keys.map((key) => [identity(key), key])).values()];
    distinct.sort((a, b) => (compareAtoms("<", a, b) ? -1 : 1));
    const ranks = new Map(distinct.map((key, rank) => [identity(key), rank]));
    return new Ranking(
      toInts(keys, (key) => ranks.get(identity(key))!),
      distinct.length,
      (queries) => placeAtoms(distinct, queries.atoms, ranks),
    );
  }
}

/** As `atomKey`, but cheaper for strings, which are only among strings here. */
const identity = (atom: Atom): string => (typeof atom === "string" ? atom : atomKey(atom));

/** The places of all positions, from those of their codes. */
const spread = (codes: Uint8Array, few: Placement | undefined): Placement | undefined =>
  few && { below: toInts(codes, (code) => few.below[code]!), upTo: toInts(codes, (code) => few.upTo[code]!) };

/** All values as floats, if that is exact for each: there is no string, no nan, no large int. */
function exactFloats(column: Column): Float64Array | undefined {
  if (column.length >= LONG_SEQUENCE) {
    const values = column.numbers?.values;
    return values?.some(Number.isNaN) === true ? undefined : values;
  }
  const { atoms } = column;
  const floats = new Float64Array(atoms.length);
  for (let i = 0; i < atoms.length; i++) {
    const atom = atoms[i]!;
    const value = Number(atom);
    if (typeof atom === "string" || Number.isNaN(value)) return undefined;
    if (typeof atom === "bigint" && !Number.isSafeInteger(value)) return undefined;
    floats[i] = value;
  }
  return floats;
}

/** How many distinct values there are, and how many of them are below a value: by a table for ints in a small range, otherwise by search. */
function countBelow(floats: Float64Array): { readonly size: number; readonly below: (value: number) => number } {
  let [least, most, whole] = [Infinity, -Infinity, true];
  for (let i = 0; i < floats.length; i++) {
    const value = floats[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
    whole &&= Number.isInteger(value);
  }
  const range = most - least;
  if (whole && range <= 4 * floats.length) {
    const counts = new Int32Array(range + 2);
    for (let i = 0; i < floats.length; i++) counts[floats[i]! - least + 1] = 1;
    for (let i = 0; i <= range; i++) counts[i + 1]! += counts[i]!;
    return {
      size: counts[range + 1]!,
      below: (value) => counts[Math.min(Math.max(Math.ceil(value) - least, 0), range + 1)]!,
    };
  }
  const ascending = floats.slice().sort();
  let size = 0;
  for (const value of ascending) if (size === 0 || value !== ascending[size - 1]) ascending[size++] = value;
  return { size, below: (value) => firstPlace(size, (i) => ascending[i]! >= value) };
}

/** `Int32Array.from`, without the cost of its iterator. */
function toInts<T>(values: ArrayLike<T>, toInt: (value: T) => number): Int32Array {
  const ints = new Int32Array(values.length);
  for (let i = 0; i < ints.length; i++) ints[i] = toInt(values[i]!);
  return ints;
}

/** The first of `size` places that has a property, which all later ones must have too; `size` if none has it. */
function firstPlace(size: number, has: (place: number) => boolean): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (has(middle)) high = middle;
    else low = middle + 1;
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
  // Only "==" and "!=" compare strings with numbers, and these are never equal.
  const comparable = (typeof ascending[0] === "string") === (typeof queries[0] === "string");
  if (!comparable) return { below, upTo: below };
  const upTo = new Int32Array(queries.length);
  for (const [q, query] of queries.entries()) {
    const rank = ranks?.get(identity(query));
    below[q] = rank ?? firstPlace(ascending.length, (place) => !compareAtoms("<", ascending[place]!, query));
    upTo[q] =
      rank === undefined
        ? firstPlace(ascending.length, (place) => compareAtoms(">", ascending[place]!, query))
        : rank + 1;
  }
  return { below, upTo };
}

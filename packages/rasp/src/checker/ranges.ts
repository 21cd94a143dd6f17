/** Vectors of ranges of float32s, and affine maps of them with every rounding that a runtime may do. */
import { getOrInsert } from "../language/maps.js";
import { gamma, gridBetween, gridOf, HUGE, isExact, placeBetween, roundDown, roundUp, TINY, U } from "./float32.js";

/** Where the checker cannot go on; the message says what it met. */
export class CannotFollow extends Error {}

/**
 * What the float32s of a vector can be: component c is from lo[c] to hi[c], both float32s, and a multiple of the power of two
 * grid[c] (0 where nothing is known, Infinity for the constant 0).
 */
export interface Ranges {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  readonly grid: Float64Array;
}

export function rangesOf(size: number): Ranges {
  const numbers = new Float64Array(3 * size).fill(Infinity, 2 * size);
  return {
    lo: numbers.subarray(0, size),
    hi: numbers.subarray(size, 2 * size),
    grid: numbers.subarray(2 * size),
  };
}

/** Sets one component; a grid that follows from the range alone is found here. */
export function setRange({ lo, hi, grid }: Ranges, c: number, from: number, to: number, known = 0): void {
  lo[c] = from;
  hi[c] = to;
  grid[c] = Math.max(known, gridBetween(from, to));
}

/** Equal texts, equal ranges of float32s: the text is their bytes. */
export function rangesKey({ lo, hi, grid }: Ranges): string {
  const numbers = new Float32Array(4 * lo.length);
  let used = 0;
  for (let c = 0; c < lo.length; c++) {
    if (lo[c] === 0 && hi[c] === 0) continue;
    numbers[used++] = c;
    numbers[used++] = lo[c]!;
    numbers[used++] = hi[c]!;
    numbers[used++] = grid[c]!;
  }
  return bytesKey(numbers.slice(0, used));
}

/** Equal texts, equal bytes. */
export function bytesKey(numbers: Float32Array | Float64Array): string {
  const units = new Uint16Array(numbers.buffer);
  let key = "";
  for (let at = 0; at < units.length; at += 4096) key += String.fromCharCode(...units.subarray(at, at + 4096));
  return key;
}

/** One vector after the other. */
export function joined(parts: readonly Ranges[]): Ranges {
  const all = rangesOf(parts.reduce((sum, { lo }) => sum + lo.length, 0));
  let at = 0;
  for (const { lo, hi, grid } of parts) {
    all.lo.set(lo, at);
    all.hi.set(hi, at);
    all.grid.set(grid, at);
    at += lo.length;
  }
  return all;
}

/** Ranges by number; equal ones have one. */
export class Pool {
  readonly all: Ranges[] = [];
  readonly #ids = new Map<string, number>();

  add(ranges: Ranges): number {
    return getOrInsert(this.#ids, rangesKey(ranges), () => this.all.push(ranges) - 1);
  }
}

/** The smallest ranges that hold both. */
export function hull(a: Ranges, b: Ranges): Ranges {
  const both = rangesOf(a.lo.length);
  for (let c = 0; c < a.lo.length; c++) {
    setRange(both, c, Math.min(a.lo[c]!, b.lo[c]!), Math.max(a.hi[c]!, b.hi[c]!), Math.min(a.grid[c]!, b.grid[c]!));
  }
  return both;
}

/** One column of an affine map: the weights that are not 0, by row, and the bias. */
export interface Column {
  readonly rows: readonly number[];
  readonly weights: readonly number[];
  readonly grids: readonly number[];
  readonly bias: number;
}

/** What a column gives. */
export interface ColumnSum {
  readonly lo: number;
  readonly hi: number;
  readonly grid: number;
  /** How far rounding can take the sum from the exact one; 0 where nothing is rounded. */
  readonly error: number;
  /** The largest sums of the positive and of the negative terms, and how many terms there are. */
  readonly positive: number;
  readonly negative: number;
  readonly terms: number;
  /** Where it is known without the ranges of the terms: each is near a multiple of `step`, and `off` is how far they all are from that. */
  readonly near?: { readonly step: number; readonly off: number };
}

/** x · W + b, sparse. */
export class Affine {
  readonly columns: readonly Column[];

  /** How many weights are not 0. */
  readonly size: number;

  constructor(columns: readonly Column[]) {
    this.columns = columns;
    this.size = columns.reduce((sum, { rows }) => sum + rows.length, columns.length);
  }

  /** @param weight - [rows, columns] */
  static of(weight: Float32Array, bias: Float32Array): Affine {
    const width = bias.length;
    const columns = Array.from(bias, (b, c): Column => {
      const rows: number[] = [];
      for (let row = 0; row * width < weight.length; row++) if (weight[row * width + c] !== 0) rows.push(row);
      const weights = rows.map((row) => weight[row * width + c]!);
      return { rows, weights, grids: weights.map(gridOf), bias: b };
    });
    return new Affine(columns);
  }

  /** The components that the map reads. */
  get reads(): number[] {
    return [...new Set(this.columns.flatMap(({ rows }) => rows))];
  }

  /** The map to some of the components. */
  slice(from: number, to: number): Affine {
    return new Affine(this.columns.slice(from, to));
  }

  sums(x: Ranges): ColumnSum[] {
    return this.columns.map((column) => columnSum(column, x));
  }

  apply(x: Ranges): Ranges {
    const y = rangesOf(this.columns.length);
    this.sums(x).forEach(({ lo, hi, grid }, c) => setRange(y, c, lo, hi, grid));
    return y;
  }
}

/**
 * The residual stream x with the result of a map added to it: as a sum of two float32s, or by a runtime that starts the map's own sum
 * from x.
 *
 * @param sums - those of the map for `input`
 * @param kept - the coordinates that are wanted; the others are 0
 */
export function addTo(
  x: Ranges,
  { columns }: Affine,
  input: Ranges,
  sums: readonly ColumnSum[],
  kept: Iterable<number> = sums.keys(),
): Ranges {
  const added = rangesOf(x.lo.length);
  for (const c of kept) {
    const sum = sums[c]!;
    const [a, b] = [x.lo[c]!, x.hi[c]!];
    // Rounding is monotone, so that the ends go to the ends.
    let [from, to] = [Math.fround(a + sum.lo), Math.fround(b + sum.hi)];
    if (!isSameFromStart(x, c, columns[c]!, input, sum)) {
      const size = sum.positive + sum.negative + Math.max(Math.abs(a), Math.abs(b));
      const error = gamma(sum.terms + 1) * size + TINY;
      from = Math.min(from, roundUp(a + sum.lo - error));
      to = Math.max(to, roundDown(b + sum.hi + error));
    }
    setRange(added, c, from, to, Math.min(x.grid[c]!, sum.grid));
  }
  return added;
}

/** Whether both ways of adding give the same float32: the theorem of docs/numerics.md, and sums that are not rounded. */
function isSameFromStart(x: Ranges, c: number, column: Column, input: Ranges, sum: ColumnSum): boolean {
  const { positive, negative, terms, grid } = sum;
  const [lo, hi] = [x.lo[c]!, x.hi[c]!];
  if (terms === 0 || (lo === 0 && hi === 0)) return true;
  const largest = Math.max(positive + Math.max(0, hi), negative + Math.max(0, -lo));
  if (isExact(largest, Math.min(grid, x.grid[c]!))) return true;
  const step = placeBetween(lo - negative * (1 + 2 ** -20), hi + positive * (1 + 2 ** -20));
  const offOf = (ends: readonly number[]): number => {
    const near = Math.round(ends[0]! / step!) * step!;
    return Math.max(...ends.map((end) => Math.abs(end - near) + U * Math.abs(end)));
  };
  // Every product is near a multiple of the last place of all that the sum can be on the way.
  if (sum.near) return step !== undefined && sum.near.step >= step && sum.near.off + offOf([column.bias]) < step / 2;
  const products = column.rows.flatMap((row, t) => {
    const w = column.weights[t]!;
    return input.lo[row] === 0 && input.hi[row] === 0 ? [] : [{ w, ends: [w * input.lo[row]!, w * input.hi[row]!] }];
  });
  // A power of two gives an exact product.
  if (column.bias === 0 && products.length === 1 && gridOf(products[0]!.w) === Math.abs(products[0]!.w)) return true;
  if (step === undefined) return false;
  return [...products.map(({ ends }) => ends), [column.bias]].reduce((off, ends) => off + offOf(ends), 0) < step / 2;
}

/** What a column gives where its products are known by their sum alone: it is from `lo` to `hi`, and that of their sizes at most `size`. */
export function sumBetween(
  lo: number,
  hi: number,
  {
    bias,
    size,
    products,
    near,
  }: { bias: number; size: number; products: number; near: NonNullable<ColumnSum["near"]> },
): ColumnSum {
  const [terms, total] = [products + Math.sign(Math.abs(bias)), size + Math.abs(bias)];
  const error = (gamma(terms) + terms * 2 ** -52) * total + TINY;
  const ends = { lo: roundUp(lo + bias - error), hi: roundDown(hi + bias + error) };
  return { ...ends, grid: 0, error, positive: total, negative: total, terms, near };
}

/**
 * The sum of a column in any order, with or without fused multiply-add. It is exact where all terms are multiples of one power of two
 * and neither the positive nor the negative ones exceed 2^24 times that; it is rounded once where only one term is not 0.
 */
export function columnSum({ rows, weights, grids, bias }: Column, x: Ranges): ColumnSum {
  let [lo, hi, grid, terms] = [bias, bias, gridOf(bias), bias === 0 ? 0 : 1];
  let [positive, negative] = [Math.max(0, bias), Math.max(0, -bias)];
  let isPower = bias === 0;
  for (let t = 0; t < rows.length; t++) {
    const row = rows[t]!;
    const [from, to] = [x.lo[row]!, x.hi[row]!];
    if (from === 0 && to === 0) continue;
    const w = weights[t]!;
    const [least, most] = w > 0 ? [w * from, w * to] : [w * to, w * from];
    lo += least;
    hi += most;
    if (most > 0) positive += most;
    if (least < 0) negative -= least;
    grid = Math.min(grid, grids[t]! * x.grid[row]!);
    isPower &&= Math.abs(w) === grids[t];
    terms++;
  }
  // Not for NaN.
  if (!(positive + negative < HUGE)) throw new CannotFollow(`a sum of size ${positive + negative} may overflow`);
  const sizes = { positive, negative, terms };
  if (isExact(Math.max(positive, negative), grid)) return { lo, hi, grid, error: 0, ...sizes };
  // A power of two times a float32 is one, if it is not too small.
  if (terms === 1 && isPower) {
    const isScaledUp = weights.every((w) => Math.abs(w) >= 1);
    const error = isScaledUp || (lo * hi > 0 && Math.min(Math.abs(lo), Math.abs(hi)) >= 2 ** -126) ? 0 : TINY;
    return { lo: Math.fround(lo), hi: Math.fround(hi), grid: error === 0 ? grid : 0, error, ...sizes };
  }
  // The second summand covers the float64 that this is computed with.
  const size = positive + negative;
  const error = gamma(terms) * size + terms * 2 ** -52 * size + TINY;
  if (terms === 1 && size > TINY) return { lo: Math.fround(lo), hi: Math.fround(hi), grid: 0, error, ...sizes };
  return { lo: roundUp(lo - error), hi: roundDown(hi + error), grid: 0, error, ...sizes };
}

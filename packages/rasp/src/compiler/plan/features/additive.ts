/** Functions of leaves that are sums of functions of one leaf each: affine reads of the leaves' encodings, without hidden units. */
import type { Row } from "../ir/finite-function.js";
import { combineReads, type Read } from "../ir/read.js";
import type { Encoding } from "./encoding.js";

/** How many rows are tried as the base, the row that the others are compared with. */
const BASES = 4;

/**
 * The vectors as affine reads of the leaves, one for each component. A categorical leaf can add any number for each of its values; a
 * numerical one adds a multiple of its number, with a factor of at most `steepest`: a larger one would amplify the leaf's noise, which
 * hidden units remove.
 *
 * @returns undefined where the function is not such a sum
 */
export function additiveReads(
  encodings: readonly Encoding[],
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
  steepest: number,
): Read[] | undefined {
  const reads: Read[] = [];
  for (let c = 0; c < vectors[0]!.length; c++) {
    const target = vectors.map((vector) => vector[c]!);
    let read: Read | undefined;
    for (let b = 0; b < Math.min(BASES, rows.length) && !read; b++) {
      read = additiveRead(encodings, rows, target, rows[b]!, steepest);
    }
    if (!read) return undefined;
    reads.push(read);
  }
  return reads;
}

/** @param target - the number of each result */
function additiveRead(
  encodings: readonly Encoding[],
  rows: readonly Row[],
  target: readonly number[],
  base: Row,
  steepest: number,
): Read | undefined {
  const parts = partsBeside(base, rows, target, encodings.length);
  const slopes = encodings.map(({ numbers, kind }, j) =>
    kind === "numerical" ? slopeOf(parts[j]!, numbers!) : undefined,
  );
  if (slopes.some((slope) => slope !== undefined && !(Math.abs(slope) <= steepest))) return undefined;
  const start = target[base.result]!;
  const scale = target.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  const partOf = (j: number, v: number): number | undefined => {
    const slope = slopes[j];
    if (slope === undefined) return parts[j]!.get(v);
    const { numbers } = encodings[j]!;
    return slope * (numbers![v]! - numbers![base.values[j]!]!);
  };
  for (const { values, result } of rows) {
    let sum = start;
    for (let j = 0; j < values.length; j++) sum += partOf(j, values[j]!) ?? NaN;
    if (!isNear(sum, target[result]!, scale)) return undefined;
  }
  // Exactly one coordinate of a one-hot subspace is 1, so that the weights of the first such subspace can take the constant.
  const home = slopes.indexOf(undefined);
  let constant = home < 0 ? start : 0;
  const weighted = encodings.flatMap(({ reads, numbers }, j) => {
    const slope = slopes[j];
    if (slope !== undefined) {
      constant -= slope * numbers![base.values[j]!]!;
      return [[slope, reads[0]!] as const];
    }
    return [...parts[j]!].map(([v, part]) => [part + (j === home ? start : 0), reads[v]!] as const);
  });
  const summands = weighted.filter(([weight]) => weight !== 0);
  return combineReads(summands, constant);
}

/** Whether a sum of float64 numbers is the wanted one up to rounding, at the scale of the largest; false for NaN. */
const isNear = (sum: number, wanted: number, scale: number): boolean =>
  Math.abs(sum - wanted) <= 1e-12 * Math.max(Math.min(1, scale), Math.abs(wanted));

/** For each argument what its values add to the result of the base row, where a row differs from the base in that argument alone. */
function partsBeside(
  base: Row,
  rows: readonly Row[],
  target: readonly number[],
  size: number,
): readonly Map<number, number>[] {
  const parts = Array.from({ length: size }, (_, j) => new Map([[base.values[j]!, 0]]));
  for (const { values, result } of rows) {
    let [differences, changed] = [0, 0];
    for (let j = 0; j < size && differences < 2; j++) {
      if (values[j] === base.values[j]) continue;
      differences++;
      changed = j;
    }
    if (differences === 1) parts[changed]!.set(values[changed]!, target[result]! - target[base.result]!);
  }
  return parts;
}

/** The slope between the outermost of the values, NaN where there is only one. */
function slopeOf(part: ReadonlyMap<number, number>, numbers: readonly number[]): number {
  const points = [...part].map(([v, y]) => [numbers[v]!, y] as const).sort(([a], [b]) => a - b);
  const [[x0, y0], [x1, y1]] = [points[0]!, points.at(-1)!];
  return (y1 - y0) / (x1 - x0);
}

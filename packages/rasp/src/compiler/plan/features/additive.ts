/** Functions of leaves that are sums of functions of one leaf each: affine reads of the leaves' encodings, without hidden units. */
import { getOrInsert } from "../../../language/maps.js";
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
  const slopes = encodings.map(({ numbers, kind }, j) =>
    kind === "numerical" ? slopeOf(j, rows, target, numbers) : undefined,
  );
  if (slopes.some((slope) => slope !== undefined && !(Math.abs(slope) <= steepest))) return undefined;
  /** What the numerical leaves add to a row, beside the base. */
  const sloped = ({ values }: Row): number =>
    slopes.reduce<number>((sum, slope, j) => {
      const { numbers } = encodings[j]!;
      return slope === undefined ? sum : sum + slope * (numbers![values[j]!]! - numbers![base.values[j]!]!);
    }, 0);
  const categorical = slopes.flatMap((slope, j) => (slope === undefined ? [j] : []));
  const start = target[base.result]!;
  const parts = partsBeside(base, rows, categorical, (row) => target[row.result]! - sloped(row) - start);
  const scale = target.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  for (const row of rows) {
    let sum = start + sloped(row);
    for (const j of categorical) sum += parts.get(j)!.get(row.values[j]!) ?? NaN;
    if (!isNear(sum, target[row.result]!, scale)) return undefined;
  }
  // Exactly one coordinate of a one-hot subspace is 1, so that the weights of the first such subspace can take the constant.
  const home = slopes.indexOf(undefined);
  let constant = home < 0 ? start : 0;
  const summands = encodings.map((encoding, j): readonly [weight: number, read: Read] => {
    if (encoding.kind === "numerical") {
      const slope = slopes[j]!;
      constant -= slope * encoding.numbers[base.values[j]!]!;
      return [slope, encoding.read];
    }
    const weights = encoding.values.map(() => 0);
    for (const [v, part] of parts.get(j)!) weights[v] = part + (j === home ? start : 0);
    return [1, encoding.weighted(weights)];
  });
  return combineReads(
    summands.filter(([weight]) => weight !== 0),
    constant,
  );
}

/** Whether a sum of float64 numbers is the wanted one up to rounding, at the scale of the largest; false for NaN. */
const isNear = (sum: number, wanted: number, scale: number): boolean =>
  Math.abs(sum - wanted) <= 1e-12 * Math.max(Math.min(1, scale), Math.abs(wanted));

/** For each of some arguments what its values add to the base row, where a row differs from the base in that one alone. */
function partsBeside(
  base: Row,
  rows: readonly Row[],
  chosen: readonly number[],
  added: (row: Row) => number,
): ReadonlyMap<number, Map<number, number>> {
  const parts = new Map(chosen.map((j) => [j, new Map([[base.values[j]!, 0]])]));
  for (const row of rows) {
    let [differences, changed] = [0, 0];
    for (const j of chosen) {
      if (row.values[j] === base.values[j]) continue;
      changed = j;
      if (++differences > 1) break;
    }
    if (differences === 1) parts.get(changed)!.set(row.values[changed]!, added(row));
  }
  return parts;
}

/** How the result grows with one argument, between the outermost of its values beside which the others are the same; NaN if it never varies. */
function slopeOf(
  argument: number,
  rows: readonly Row[],
  target: readonly number[],
  numbers: readonly number[],
): number {
  /** By the other arguments: the outermost points. */
  const lines = new Map<string, { least: readonly [number, number]; most: readonly [number, number] }>();
  let [slope, widest] = [NaN, 0];
  for (const { values, result } of rows) {
    const point = [numbers[values[argument]!]!, target[result]!] as const;
    const key = values.filter((_, j) => j !== argument).join(",");
    const line = getOrInsert(lines, key, () => ({ least: point, most: point }));
    if (point[0] < line.least[0]) line.least = point;
    if (point[0] > line.most[0]) line.most = point;
    const width = line.most[0] - line.least[0];
    if (width > widest) [slope, widest] = [(line.most[1] - line.least[1]) / width, width];
  }
  return slope;
}

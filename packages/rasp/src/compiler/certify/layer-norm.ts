/**
 * What layer norm does to what is read behind it, in any implementation in float32: sums in any order, or running means and variances
 * (Welford 1962), with fused multiply-add or without. `docs/numerics.md` has the argument for these numbers.
 */
import { leastPowerOfTwo } from "@selectron/core";
import { groupBy } from "../../language/maps.js";
import { bosDimensions } from "../plan/ir/arithmetic.js";
import type { Head, Plan } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import type { ReadErrors } from "./read-errors.js";
import { gamma, U } from "./rounding.js";

/** How many times the norm of all else the constant is: its square is then 2^24 times theirs. */
const OUTWEIGHS = 2 ** 12;
/**
 * The roundings of a gain beside those of the sum of the variance. Half of: 3 for a square, 2 for the quotient, 1 for epsilon, and 21 for the
 * running mean that a running variance takes distances from. Then 3 for root and reciprocal, and 1 for the weight of the norm.
 */
const GAIN = 18 * U;
/** Those of a coordinate: the difference from the mean, or a sum, and the products with both gains. */
const COORDINATE = 3 * U;
/** How far the mean can be from 0, in units of half the last place of the constant. */
const MEAN = 2.5 * U;
const EPSILON = 1e-5;

/** The constant of two coordinates beside which layer norm does not see the others: a power of two. */
export const layerNormConstant = (plan: Plan): number => OUTWEIGHS * leastPowerOfTwo(streamSizes(plan).norm);

/** Bounds on the residual stream of a plan, with a coordinate that is 1: of its Euclidean norm, and of the sum of its absolute values. */
export function streamSizes({ embeddings, heads, features }: Plan): { readonly norm: number; readonly sum: number } {
  const subspaces = new Set<Subspace>([
    embeddings.tokens,
    embeddings.indices,
    ...heads.flatMap(({ values }) => values.map(({ target }) => target)),
    ...features.map(({ subspace }) => subspace),
  ]);
  let [squares, sum] = [1, 1];
  for (const { oneHot, names, largest } of subspaces) {
    const active = oneHot ? 1 : names.length;
    squares += active * largest ** 2;
    sum += active * largest;
  }
  return { norm: Math.sqrt(squares), sum };
}

/** What is read behind the layer norms of a plan's GPT-2. */
export function layerNormErrors(plan: Plan): ReadErrors {
  const constant = layerNormConstant(plan);
  const { norm, sum } = streamSizes(plan);
  const width = mostCoordinates(plan);
  const others = (norm / constant) ** 2 + (EPSILON * width) / (4 * constant ** 2);
  return {
    common: others + gamma(width) / 2 + GAIN,
    own: COORDINATE,
    zero: MEAN * (constant + 2 * sum),
  };
}

/** A bound on n_embd: all coordinates twice, those of BOS, of 1 and of the constant among them, or as many as the heads need. */
function mostCoordinates({ embeddings, heads, features, arithmetic }: Plan): number {
  const written = new Map<Subspace, number>();
  for (const { values } of heads) for (const { target } of values) written.set(target, target.names.length);
  for (const { subspace } of features) written.set(subspace, subspace.names.length);
  const own = [...written.values()].reduce((sum, count) => sum + count, 0);
  const stream = 2 * (embeddings.tokens.names.length + embeddings.indices.names.length + own + 3);
  const layers = groupBy(heads, ({ layer }) => layer);
  const most = [...layers.values()].reduce((count, ofLayer) => Math.max(count, ofLayer.length), 1);
  return Math.max(
    stream + most,
    most * Math.max(1, ...[...layers.values()].map((ofLayer) => widest(ofLayer, arithmetic))),
  );
}

/** The most dimensions that a head of a layer can need, where those that attend alike become one. */
function widest(heads: readonly Head[], arithmetic: Plan["arithmetic"]): number {
  const values = new Map<string, number>();
  for (const head of heads) values.set(head.pattern, (values.get(head.pattern) ?? 0) + head.values.length);
  const scored = heads.map((head) => head.keys.length + bosDimensions(head, arithmetic).length);
  return Math.max(...scored, ...values.values());
}

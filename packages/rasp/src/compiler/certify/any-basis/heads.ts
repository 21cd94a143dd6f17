/** The errors of what heads write in another basis: of their scores, their shares and the values that they carry. */
import { exactExp } from "@selectron/core";
import { getOrInsert, groupBy } from "../../../language/maps.js";
import { bosDimensions, type Arithmetic } from "../../plan/ir/arithmetic.js";
import type { Head } from "../../plan/ir/plan.js";
import { type Read, type Subspace } from "../../plan/ir/read.js";
import { expm1, gamma, norm, softmaxError, U } from "../rounding.js";
import { longestOf, WEIGHT, type Errors, type Noise, type Where } from "./noise.js";

/** A layer's attention sublayer. */
interface Sublayer {
  readonly noise: Noise;
  readonly arithmetic: Arithmetic;
  readonly maxLength: number;
  /** The width of its heads, and how many products go into a coordinate of the residual stream. */
  readonly dHead: number;
  readonly products: number;
}

/** What heads write to one coordinate. Heads that count for it share `ofCount`, which grows with what is counted: no key counts twice. */
interface Written extends Errors {
  readonly ofCount: number;
}

const NOTHING: Written = { inputs: 0, atBos: 0, ofCount: 0 };
const EVERYWHERE: readonly Where[] = ["inputs", "atBos"];

/** Bounds what the heads of one layer write, and adds what their sublayer adds to the noise. */
export function writeHeads(heads: readonly Head[], noise: Noise, arithmetic: Arithmetic, maxLength: number): void {
  if (heads.length === 0) return;
  // Heads that attend alike become one, with the values of all.
  const groups = [...groupBy(heads, ({ pattern }) => pattern).values()];
  const dHead = groups.reduce((width, group) => {
    const scored = group[0]!.keys.length + bosDimensions(group[0]!, arithmetic).length;
    return Math.max(
      width,
      scored,
      group.reduce((sum, { values }) => sum + values.length, 0),
    );
  }, 0);
  const sublayer = { noise, arithmetic, maxLength, dHead, products: groups.length * dHead };
  const found = new Map<Subspace, Written[]>();
  const sums: Record<Where, number> = { inputs: 0, atBos: 0 };
  for (const group of groups) {
    const written = groupErrors(group, sublayer);
    for (const { target, coordinate, errors } of written.values) {
      const coordinates = getOrInsert(found, target, () => target.names.map(() => NOTHING));
      const before = coordinates[coordinate]!;
      coordinates[coordinate] = {
        inputs: before.inputs + errors.inputs,
        atBos: before.atBos + errors.atBos,
        ofCount: Math.max(before.ofCount, errors.ofCount),
      };
    }
    for (const where of EVERYWHERE) sums[where] += written.products[where];
  }
  for (const [subspace, coordinates] of found) {
    noise.write(subspace, {
      inputs: coordinates.reduce((most, { inputs, ofCount }) => Math.max(most, inputs + ofCount), 0),
      atBos: coordinates.reduce((most, { atBos }) => Math.max(most, atBos), 0),
    });
  }
  // The output map and the residual addition, in any order. Its weights have been rounded.
  for (const where of EVERYWHERE) {
    const rounding = gamma(sublayer.products + 1);
    noise.add(where, rounding * (noise.size(where) + sums[where]) + WEIGHT * sums[where]);
  }
}

/** The errors of the values that heads with one pattern write, and the sizes of the products of their output map. */
function groupErrors(group: readonly Head[], sublayer: Sublayer) {
  const { noise, arithmetic, maxLength } = sublayer;
  const { headStretch, stretch } = noise.basis;
  const head = group[0]!;
  const values = group.flatMap((one) => one.values);
  const score = scoreError(head, sublayer);
  const isCount = head.purpose === "count";
  const counted = group.reduce((most, one) => Math.max(most, one.counted), 0);
  const shares = isCount ? countShares(head, score, sublayer) : meanShares(head, score, sublayer);

  // What the value map gives, as a vector: its noise goes to all values of the head.
  const length = Math.sqrt(values.reduce((sum, { read, atBos }) => sum + noise.squareOf(read, atBos), 0));
  const bias = norm(values.map(({ read }) => read.constant));
  const ofValues = (where: Where): number => headStretch ** 2 * noise.read(length, bias, where);
  const atBosLength = norm(values.map(({ atBos }) => atBos));
  const longestValue = norm([...new Set(values.map(({ target }) => target))].map((target) => longestOf(target, 0)));
  const scale = values.reduce((most, one) => Math.max(most, one.scale), 0);
  /** The length of the weighted sum of the values, before the scale. */
  const size = isCount ? (Math.sqrt(values.length) * counted) / scale : Math.max(longestValue, atBosLength);
  const mixing = gamma(maxLength + 1) * headStretch ** 2 * size;

  const leak = maxLength * exactExp(-(arithmetic.selfScore + Math.max(0, head.bosScore)) + 2 * score);
  const written = values.map(({ read, atBos, scale: factor, target, coordinate }) => {
    const ofKeys = noise.carried(read, "inputs") + ofValues("inputs");
    const ofBos = noise.carried(read, "atBos") + ofValues("atBos") + Math.abs(atBos) * softmaxError(maxLength);
    const errors: Written = isCount
      ? {
          ofCount: counted * shares,
          inputs: maxLength * ofKeys + factor * (ofBos + mixing),
          atBos: factor * (ofBos + mixing) + leak * 2 * factor * target.largest,
        }
      : {
          ofCount: 0,
          inputs: factor * (Math.max(ofKeys, ofBos) + shares * 2 * Math.max(target.largest, Math.abs(atBos)) + mixing),
          atBos: factor * (ofBos + mixing + leak * 2 * Math.max(target.largest, Math.abs(atBos))),
        };
    return { target, coordinate, errors };
  });
  // The length of the output map's weights times that of what it multiplies.
  const weights = stretch * headStretch ** 2 * norm(values.map((one) => one.scale));
  const largestError = written.reduce(
    (most, { errors }) => Math.max(most, errors.inputs + errors.ofCount, errors.atBos),
    0,
  );
  const ofError = stretch * headStretch ** 2 * Math.sqrt(values.length) * largestError;
  return { values: written, products: { inputs: weights * size + ofError, atBos: weights * atBosLength + ofError } };
}

/** How far the score of a key can be off against another's. */
function scoreError(head: Head, { noise, arithmetic, dHead }: Sublayer): number {
  const { blocks, keys, queries, ranking, bosScore } = head;
  const { headStretch } = noise.basis;
  const mixing = headStretch ** 2;
  const bos = bosDimensions(head, arithmetic);
  const largest = (reads: readonly Read[], where: Where): number =>
    reads.reduce((most, read) => Math.max(most, noise.carried(read, where)), 0);
  const anywhere = (reads: readonly Read[]): number => Math.max(largest(reads, "inputs"), largest(reads, "atBos"));
  let carried = 0;
  // The squares of the lengths of keys and of queries at input positions. BOS attends to itself with much to spare.
  let key = bos.reduce((sum, one) => sum + one.key ** 2, 0);
  let query = bos.reduce((sum, one) => sum + one.query ** 2, 0);
  for (const block of blocks) {
    if (block.kind === "numbers") return Infinity;
    const { unit, oneHot, other, maxActive } = block;
    const [e, f] = [anywhere(oneHot), anywhere(other)];
    carried += unit * maxActive * e + f + oneHot.length * e * f;
    const isKeySide = oneHot.length > 0 && keys.includes(oneHot[0]!);
    const [hot, with_] = [1, unit * unit * maxActive];
    key += isKeySide ? hot : with_;
    query += isKeySide ? with_ : hot;
  }
  if (ranking) {
    for (const [d, read] of ranking.keys.entries()) carried += Math.abs(ranking.queries[d]!) * anywhere([read]);
    const weight = norm(ranking.queries);
    query += weight ** 2;
    key += (ranking.highest / Math.max(1e-9, Math.min(...ranking.queries.map(Math.abs)))) ** 2;
  }
  // BOS holds 0 in all other dimensions.
  key = Math.max(
    key,
    bos.reduce((sum, one) => sum + one.keyAtBos ** 2, 0),
  );
  const noiseOf = (reads: readonly Read[], constants: readonly (readonly [number, number])[]): number => {
    const square =
      reads.reduce((sum, read) => sum + noise.squareOf(read, 0), 0) +
      constants.reduce((sum, [constant, atBos]) => sum + (atBos - constant) ** 2, 0);
    const bias = norm([...reads.map(({ constant }) => constant), ...constants.map(([constant]) => constant)]);
    // Heads of another width have query weights that are rounded once more.
    const at = (where: Where): number => noise.read(Math.sqrt(square), bias, where, 2);
    return Math.max(at("inputs"), at("atBos"));
  };
  const ofQuery = noiseOf(
    queries,
    bos.map((one) => [one.query, one.queryAtBos]),
  );
  const ofKey = noiseOf(
    keys,
    bos.map((one) => [one.key, one.keyAtBos]),
  );
  const [q, k] = [
    Math.sqrt(query) + Math.sqrt(queries.length) * anywhere(queries),
    Math.sqrt(key) + Math.sqrt(keys.length) * anywhere(keys),
  ];
  const made = mixing * (ofQuery * k + q * ofKey + mixing * ofQuery * ofKey);
  // The sum of the products, and the root that queries are multiplied by and scores divided by.
  return carried + made + (gamma(dHead) + 4 * U) * mixing * (q + ofQuery) * (k + ofKey) + 2 * U * Math.abs(bosScore);
}

/** How far a count can be off, relatively. */
function countShares({ blocks }: Head, score: number, { arithmetic, maxLength }: Sublayer): number {
  const unit = blocks.reduce((least, block) => Math.min(least, block.unit), Infinity);
  return (
    expm1(2 * score) +
    softmaxError(maxLength) +
    maxLength / arithmetic.countScale +
    gamma(2) +
    exactExp(-unit + 2 * score)
  );
}

/** How much of a mean's shares are where they should not be. */
function meanShares(
  { purpose, selectedScore, bosScore, ranking }: Head,
  score: number,
  { arithmetic, maxLength }: Sublayer,
): number {
  const gap = Math.min(selectedScore - bosScore, ranking ? arithmetic.rankScore : Infinity);
  const leak = maxLength * exactExp(-gap + 2 * score);
  return 2 * leak + (purpose === "copy" ? 0 : expm1(2 * score)) + softmaxError(maxLength);
}

/**
 * Rounding by a large constant, put to use. An *anchor* is such a constant in a residual coordinate, there from the embedding on. Where
 * a head adds its result, float32 rounds the sum to a multiple of the anchor's last place, a step of the compiler's choice: a count
 * that came out as 6.9998 becomes exactly 7. The hidden units that read it add up multiples of a power of two, so that their sums are
 * not rounded at all. The feed-forward sublayer of the same layer subtracts the anchor again.
 */
import { leastPowerOfTwo } from "@selectron/core";
import { getOrInsert } from "../../language/maps.js";
import { exactGrid, MANTISSA, type Held } from "./ir/exact-sum.js";
import type { Anchor, Anchors, Feature, Head } from "./ir/plan.js";
import type { Read, Subspace } from "./ir/read.js";

/** The anchor's step as the steepest hidden unit sees it: an eighth of the unit's margin. */
const STEP_SEEN = 1 / 16;

/** The smallest error that a head's result can have, relative to its largest value; `certify` has the exact bound. */
const LEAST_ERROR = 2 ** -17;

/** The usual error of a head's result where its scores are large, relative to its largest value. No anchor is made finer than this. */
const USUAL_ERROR = 2 ** -13;

/** What reads a subspace: the input of a hidden unit of a layer. */
interface Reader {
  readonly read: Read;
  readonly layer: number;
}

/** By the subspace that is read. */
type Readers = ReadonlyMap<Subspace, readonly Reader[]>;

/**
 * Anchors for what heads write, such that no sum of hidden units that reads an anchor in its layer is rounded.
 *
 * @param everywhere - also in layers without hidden units, which then need a feed-forward sublayer to take the anchors away
 */
export function anchorsOf(heads: readonly Head[], features: readonly Feature[], everywhere: boolean): Anchors {
  const readers = readersOf(features);
  const feedForwardLayers = new Set(features.map(({ subspace }) => subspace.layer));
  const compared = comparedIn(heads);
  const isAnchored = ({ layer, values }: Head): boolean =>
    everywhere || feedForwardLayers.has(layer) || values.some(({ target }) => compared.has(target));
  const anchors = firstAnchors(heads.filter(isAnchored), readers, everywhere);
  for (let sum = roundedSum(readers, anchors); sum; sum = roundedSum(readers, anchors)) weakenIn(sum, anchors);
  return anchors;
}

/** What heads compare as numbers: scores multiply its error by numbers as large. */
function comparedIn(heads: readonly Head[]): ReadonlySet<Subspace> {
  const blocks = heads.flatMap((head) => head.blocks).filter((block) => block.kind === "numbers");
  const reads = blocks.flatMap(({ dimensions }) => dimensions.flatMap(({ key, query }) => [key, query]));
  return new Set(reads.flatMap(({ terms }) => [...terms.keys()]));
}

/** For each subspace the coarsest anchor that its readers allow, as if it were alone. */
function firstAnchors(heads: readonly Head[], readers: Readers, everywhere: boolean): Map<Subspace, Anchor> {
  const anchors = new Map<Subspace, Anchor>();
  for (const subspace of new Set(heads.flatMap(({ values }) => values.map(({ target }) => target)))) {
    const known = readers.get(subspace) ?? [];
    // Off the grid, rounding only helps sums of the same layer; or of any, where the number must be on a grid ever after.
    const isSummed = known.some(({ layer }) => everywhere || layer === subspace.layer);
    const anchor = subspace.grid > 0 || isSummed ? firstAnchor(subspace, known, anchors) : undefined;
    if (anchor && fits(subspace, anchor)) anchors.set(subspace, anchor);
  }
  return anchors;
}

function firstAnchor(subspace: Subspace, readers: readonly Reader[], others: Anchors): Anchor {
  // Rounded to multiples of half the grid, a result with a small enough error is exact.
  if (subspace.grid > 0) return anchorWith(subspace.grid / 2, 1);
  const step = STEP_SEEN / leastPowerOfTwo(steepest(subspace, readers));
  return anchorWith(step, signBeside(subspace, readers, others));
}

/** Makes the largest anchor of the sum smaller or, where none can be, gives up all of its anchors: those of its layer. */
function weakenIn({ read, layer }: Reader, anchors: Map<Subspace, Anchor>): void {
  const ofLayer = [...read.terms].filter(([subspace]) => subspace.layer === layer);
  const [largest] = ofLayer
    .flatMap(([subspace, coefficients]) => {
      const anchor = anchors.get(subspace);
      if (!anchor || subspace.grid === 0 || !canShrink(subspace, anchor)) return [];
      return [{ subspace, anchor, weight: weightOf(anchor, coefficients) }];
    })
    .sort((a, b) => b.weight - a.weight);
  if (largest) anchors.set(largest.subspace, smaller(largest.anchor));
  else for (const [subspace] of ofLayer) anchors.delete(subspace);
}

const smaller = ({ value, step }: Anchor): Anchor => anchorWith(step / 2, Math.sign(value));

const canShrink = (subspace: Subspace, anchor: Anchor): boolean =>
  fits(subspace, smaller(anchor)) && smaller(anchor).step / 2 >= USUAL_ERROR * subspace.largest;

/** What an anchor adds to a sum, in absolute value. */
const weightOf = ({ value }: Anchor, coefficients: readonly number[]): number =>
  coefficients.reduce((sum, c) => sum + Math.abs(c * value), 0);

const anchorWith = (step: number, sign: number): Anchor => ({
  value: sign * (3 / 4) * MANTISSA * step,
  step,
  room: (MANTISSA / 4) * step,
});

/** Whether the anchor is large against all values, and its step against the smallest error of a head's result. */
const fits = (subspace: Subspace, { step }: Anchor): boolean =>
  subspace.largest < (MANTISSA / 8) * step && (subspace.grid === 0 || step >= LEAST_ERROR * subspace.largest);

function readersOf(features: readonly Feature[]): Readers {
  const readers = new Map<Subspace, Reader[]>();
  for (const { subspace, units } of features) {
    for (const { input } of units) {
      const reader = { read: input, layer: subspace.layer };
      for (const source of input.terms.keys()) getOrInsert(readers, source, () => []).push(reader);
    }
  }
  return readers;
}

/** The largest coefficient with which a hidden unit reads the subspace, at least 1. */
function steepest(subspace: Subspace, readers: readonly Reader[]): number {
  let largest = 1;
  for (const { read } of readers) {
    for (const c of read.terms.get(subspace)!) largest = Math.max(largest, Math.abs(c));
  }
  return largest;
}

/**
 * The sign of an anchor beside those that are chosen already. float32 adds up to 2^24 multiples of a grid exactly, and an anchor takes
 * 3/4 of them: two in one sum must cancel. Those of subspaces with a grid need no sign, because they can be made smaller.
 */
function signBeside(subspace: Subspace, readers: readonly Reader[], others: Anchors): number {
  for (const { read } of readers) {
    for (const [other, [coefficient]] of read.terms) {
      const anchor = others.get(other);
      if (anchor && other.grid === 0) return -Math.sign(anchor.value * coefficient! * read.terms.get(subspace)![0]!);
    }
  }
  return 1;
}

/** A sum that may be rounded although it reads an anchored subspace in the layer of the anchor. */
function roundedSum(readers: Readers, anchors: Anchors): Reader | undefined {
  for (const subspace of anchors.keys()) {
    for (const { read, layer } of readers.get(subspace) ?? []) {
      if (layer === subspace.layer && exactGrid(read, (source) => heldIn(source, layer, anchors)) === 0) {
        return { read, layer };
      }
    }
  }
  return undefined;
}

/** What the hidden units of a layer find in a subspace, if every head's error is less than half its anchor's step. */
function heldIn(subspace: Subspace, layer: number, anchors: Anchors): Held {
  if (subspace.writer !== "attention") return { grid: subspace.grid, anchor: 0 };
  const anchor = anchors.get(subspace);
  if (!anchor) return { grid: 0, anchor: 0 };
  const grid = Math.max(subspace.grid, anchor.step);
  return { grid, anchor: subspace.layer === layer ? anchor.value : 0 };
}

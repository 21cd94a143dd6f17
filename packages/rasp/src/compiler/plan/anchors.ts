/**
 * Rounding put to use. An *anchor* is a large constant that stands in a residual coordinate from the embedding on. Where a head
 * adds its result, float32 rounds the sum to the anchor's last place, a step of the compiler's choice: a count that came out as
 * 6.9998 is then 7 exactly, and the hidden units that read it compute without any rounding at all, since whatever they add up
 * lies on a grid too. The feed-forward sublayer of the same layer takes the anchor away again.
 */
import { exactGrid, MANTISSA, type Held } from "./ir/exact-sum.js";
import type { Anchor, Anchors, Feature, Head } from "./ir/plan.js";
import type { Read, Subspace } from "./ir/read.js";

/** What an anchored subspace's coordinates hold is a multiple of this, where the head's error is less than half a step. */
export const anchoredGrid = (subspace: Subspace, { step }: Anchor): number =>
  subspace.grid >= step ? subspace.grid : step;

/** The steepest hidden unit sees the anchor's step as so much, an eighth of its margin. */
const SEEN = 1 / 16;

/** Relative to the largest value; `certify` knows the error. */
const LEAST_ERROR = 2 ** -17;

/** Relative to the largest value: what a head can be off by where its scores are large. An anchor that saves sums is no finer. */
const USUAL_ERROR = 2 ** -13;

/** What reads a subspace: the input of a hidden unit of a layer. */
interface Reader {
  readonly read: Read;
  readonly layer: number;
}

/** Anchors for what heads write, where every sum that hidden units take of it can be exact. */
export function anchorsOf(heads: readonly Head[], features: readonly Feature[]): Anchors {
  const layers = new Set(features.map(({ subspace }) => subspace.layer));
  const readers = readersOf(features);
  const anchors = new Map<Subspace, Anchor>();
  for (const subspace of new Set(heads.flatMap(({ values }) => values.map(({ target }) => target)))) {
    const isReadAtOnce = (readers.get(subspace) ?? []).some(({ layer }) => layer === subspace.layer);
    if (!layers.has(subspace.layer) || (subspace.grid === 0 && !isReadAtOnce)) continue;
    const anchor =
      subspace.grid > 0
        ? anchorWith(subspace.grid / 2, 1)
        : anchorWith(
            SEEN / 2 ** Math.ceil(Math.log2(steepest(subspace, readers))),
            signOf(subspace, readers.get(subspace) ?? [], anchors),
          );
    if (fits(subspace, anchor)) anchors.set(subspace, anchor);
  }
  // An anchor in a sum that is rounded would do harm: make the largest in the sum smaller, or do without.
  for (let sum = spoiltSum(readers, anchors); sum; sum = spoiltSum(readers, anchors)) {
    const [largest] = [...sum.terms]
      .filter(([source]) => anchors.has(source) && source.grid > 0 && canShrink(source, anchors.get(source)!))
      .map(([source, coefficients]) => ({ source, weight: weightOf(anchors.get(source)!, coefficients) }))
      .sort((a, b) => b.weight - a.weight);
    if (largest) anchors.set(largest.source, smaller(anchors.get(largest.source)!));
    else for (const source of sum.terms.keys()) anchors.delete(source);
  }
  return anchors;
}

const smaller = ({ value, step }: Anchor): Anchor => anchorWith(step / 2, Math.sign(value));

const canShrink = (subspace: Subspace, anchor: Anchor): boolean =>
  fits(subspace, smaller(anchor)) && smaller(anchor).step / 2 >= USUAL_ERROR * subspace.largest;

/** How much of a sum an anchor is. */
const weightOf = ({ value }: Anchor, coefficients: readonly number[]): number =>
  coefficients.reduce((sum, c) => sum + Math.abs(c * value), 0);

const anchorWith = (step: number, sign: number): Anchor => ({ value: sign * (3 / 4) * MANTISSA * step, step });

/** Whether the anchor outweighs all values, and its step the error that a head's result has at the least. */
const fits = (subspace: Subspace, { step }: Anchor): boolean =>
  subspace.largest < (MANTISSA / 8) * step && (subspace.grid === 0 || step >= LEAST_ERROR * subspace.largest);

function readersOf(features: readonly Feature[]): ReadonlyMap<Subspace, readonly Reader[]> {
  const readers = new Map<Subspace, Reader[]>();
  for (const { subspace, units } of features) {
    for (const { input } of units) {
      for (const source of input.terms.keys()) {
        let known = readers.get(source);
        if (!known) readers.set(source, (known = []));
        known.push({ read: input, layer: subspace.layer });
      }
    }
  }
  return readers;
}

/** The largest coefficient with which a hidden unit reads the subspace, at least 1. */
function steepest(subspace: Subspace, readers: ReadonlyMap<Subspace, readonly Reader[]>): number {
  let most = 1;
  for (const { read } of readers.get(subspace) ?? []) {
    for (const c of read.terms.get(subspace)!) most = Math.max(most, Math.abs(c));
  }
  return most;
}

/** Numbers that fill their grid leave no room for two anchors in one sum: those must cancel. */
function signOf(subspace: Subspace, readers: readonly Reader[], anchors: Anchors): number {
  for (const { read } of readers) {
    for (const [other, [coefficient]] of read.terms) {
      const anchor = anchors.get(other);
      if (anchor && other.grid === 0) return -Math.sign(anchor.value * coefficient! * read.terms.get(subspace)![0]!);
    }
  }
  return 1;
}

/** What a hidden unit reads of an anchored subspace of its own layer where the sum may be rounded. */
function spoiltSum(readers: ReadonlyMap<Subspace, readonly Reader[]>, anchors: Anchors): Read | undefined {
  for (const subspace of anchors.keys()) {
    for (const { read, layer } of readers.get(subspace) ?? []) {
      if (layer === subspace.layer && exactGrid(read, (source) => held(source, layer, anchors)) === 0) return read;
    }
  }
  return undefined;
}

/** What hidden units of a layer find in a subspace, if all goes well. */
function held(subspace: Subspace, layer: number, anchors: Anchors): Held {
  if (subspace.writer !== "attention") return { grid: subspace.grid, anchor: 0 };
  const anchor = anchors.get(subspace);
  if (!anchor) return { grid: 0, anchor: 0 };
  return { grid: anchoredGrid(subspace, anchor), anchor: subspace.layer === layer ? anchor.value : 0 };
}

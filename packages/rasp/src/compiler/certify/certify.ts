/**
 * The proof that the weights compute the plan in float32, for every input over the vocabulary and every length. Sublayer by
 * sublayer it bounds how far each subspace can be from what it stands for, and compares that with the margin of every decision
 * that is taken on the way: each step of a staircase, each gate, and the decoding. `docs/numerics.md` has the argument; the
 * model of rounding there holds for any order of summation, with and without fused multiply-add.
 */
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { leastDistance } from "../plan/ir/decoding.js";
import { exactGrid, gridOf, MANTISSA, type Held } from "../plan/ir/exact-sum.js";
import { openInput, stepInputs } from "../plan/units/feed-forward.js";
import {
  BOS_SCORE,
  COUNT_SCALE,
  RANK_SCORE,
  type Anchors,
  type Feature,
  type StepFunction,
  type Head,
  type Output,
  type Plan,
} from "../plan/ir/plan.js";
import { readAtBos, type Read, type Subspace } from "../plan/ir/read.js";

/** Half a unit in the last place of float32, relative. */
export const U = 2 ** -24;
/** The relative error of a sum of `terms` products in any order (Higham 2002, Accuracy and Stability, section 3.1). */
export const gamma = (terms: number): number => (terms * U) / (1 - terms * U);
/** exp, the division and the sum of a softmax weight, in units of U; exp alone may be off by 4 units in the last place. */
export const SOFTMAX = 16;

/** The bound that shows that a compiled model cannot differ from its program. */
export interface Certificate {
  /** Whether every decision has a margin that no rounding can use up. */
  readonly proved: boolean;
  readonly provedFor: { readonly vocabulary: readonly Atom[]; readonly lengths: readonly [from: number, to: number] };
  /** Margin over possible error at the tightest decision: more than 1 is a proof. */
  readonly worstMargin: number;
  /** Where that is. */
  readonly where: string;
  /** For each subspace the largest error of its coordinates, after the sublayer that writes it. */
  readonly bounds: readonly SubspaceBound[];
}

/** How far the values of one subspace can be off. */
export interface SubspaceBound {
  readonly label: string;
  readonly layer: number;
  readonly writer: Subspace["writer"];
  readonly error: number;
}

/** How far a subspace's coordinates can be from what they stand for, at input positions and at BOS. */
interface Bound {
  readonly error: number;
  readonly atBos: number;
  /** What the coordinates hold are multiples of this power of two; 0 where nothing is known. */
  readonly grid: number;
}

interface ScoreError {
  readonly selected: number;
  readonly any: number;
}

export function certify(plan: Plan, vocabulary: readonly Atom[], maxLength: number): Certificate {
  const certifier = new Certifier(maxLength, plan.anchors);
  const depth = Math.max(
    0,
    ...[...plan.heads, ...plan.features.map(({ subspace }) => subspace)].map(({ layer }) => layer),
  );
  for (let layer = 1; layer <= depth; layer++) {
    certifier.attention(plan.heads.filter((head) => head.layer === layer));
    certifier.feedForward(plan.features.filter(({ subspace }) => subspace.layer === layer));
  }
  for (const output of plan.outputs) certifier.decoding(output);
  const { margins, bounds } = certifier;
  const worst = margins.reduce((a, b) => (b.margin < a.margin ? b : a), {
    margin: Infinity,
    where: "no decision can go wrong",
  });
  return {
    proved: worst.margin > 1,
    provedFor: { vocabulary, lengths: [1, maxLength] },
    worstMargin: worst.margin,
    where: worst.where,
    bounds: [...bounds].map(([{ label, layer, writer }, { error }]) => ({ label, layer, writer, error })),
  };
}

class Certifier {
  readonly bounds = new Map<Subspace, Bound>();
  readonly margins: { readonly margin: number; readonly where: string }[] = [];

  readonly #maxLength: number;
  readonly #anchors: Anchors;

  constructor(maxLength: number, anchors: Anchors) {
    this.#maxLength = maxLength;
    this.#anchors = anchors;
  }

  attention(heads: readonly Head[]): void {
    const found = new Map<Subspace, Omit<Bound, "grid">>();
    for (const head of heads) {
      const scores = this.#scoreError(head);
      const errors = head.purpose === "count" ? this.#countError(head, scores) : this.#meanErrors(head, scores);
      for (const [v, value] of head.values.entries()) {
        const before = found.get(value.target) ?? { error: 0, atBos: 0 };
        // A count can have several heads, whose results add up; the values of a mean have a coordinate each.
        const error = head.purpose === "count" ? before.error + errors[v]! : Math.max(before.error, errors[v]!);
        const leak = this.#maxLength * Math.exp(-(BOS_SCORE + Math.max(0, head.bosScore)) + 2 * scores.any);
        const atBos = Math.abs(value.atBos) * 8 * U + leak * 2 * value.scale * value.target.largest;
        found.set(value.target, { error, atBos: Math.max(before.atBos, atBos) });
      }
    }
    for (const [subspace, bound] of found) this.bounds.set(subspace, this.#anchored(subspace, bound));
  }

  /** The sum with an anchor is rounded to its step: to what the subspace stands for, if that is near enough and a multiple. */
  #anchored(subspace: Subspace, { error, atBos }: Omit<Bound, "grid">): Bound {
    const anchor = this.#anchors.get(subspace);
    if (!anchor) return { error, atBos, grid: 0 };
    const half = anchor.step / 2;
    const exact = subspace.grid >= anchor.step && error < half;
    if (exact) {
      this.margins.push({ margin: half / error, where: `${subspace.label}, layer ${subspace.layer}, rounding` });
    }
    const exactAtBos = atBos < half && subspace.atBos.every((value) => Number.isInteger(value / anchor.step));
    return {
      error: exact ? 0 : error + half,
      atBos: exactAtBos ? 0 : atBos + half,
      grid: exact ? subspace.grid : anchor.step,
    };
  }

  /** How far scores can be off: against each other where all blocks hold, and against any other. */
  #scoreError({ blocks, selectedScore, bosScore, keys, ranking }: Head): ScoreError {
    const read = blocks.map(({ oneHot, other }) => [this.#worst(oneHot), this.#worst(other)] as const);
    const carried = blocks.reduce((sum, { unit, oneHot, maxActive: most }, b) => {
      const [e, f] = read[b]!;
      return sum + unit * most * e + f + oneHot.length * e * f;
    }, 0);
    const atBos = blocks.reduce(
      (sum, { unit, oneHot, other }) => sum + unit * oneHot.length * this.#worstAtBos([...oneHot, ...other]),
      0,
    );
    const ranks = ranking ? RANK_SCORE * this.#error(ranking.key) : 0;
    const exact = ranks === 0 && read.every(([e, f]) => e === 0 && f === 0);
    // Where queries and keys are exact, one product in each block is not zero. The factor √d_head is rounded four times.
    const terms = exact ? blocks.length + (ranking ? 2 : 1) : keys.length + 1;
    const size = selectedScore + Math.abs(bosScore) + (ranking?.highest ?? 0);
    const any = carried + ranks + atBos + (gamma(terms) + 4 * U) * size;
    // All products that are not zero are then the same number, and up to three of them have the same sum in any order.
    return { selected: exact && !ranking && blocks.length <= 3 ? 0 : any, any };
  }

  /** A count of w selected keys comes out as w / (1 + w / scale), with the relative errors of the shares. */
  #countError({ values, blocks, counted }: Head, scores: ScoreError): number[] {
    const shares = Math.expm1(2 * scores.any) + this.#softmaxError;
    const unit = blocks.reduce((least, block) => Math.min(least, block.unit), Infinity);
    const unselected = Math.exp(-unit + 2 * scores.any);
    const relative = shares + this.#maxLength / COUNT_SCALE + unselected + gamma(2);
    return values.map(({ read }) => counted * relative + this.#maxLength * this.#error(read));
  }

  #meanErrors({ values, purpose, selectedScore, bosScore, ranking }: Head, scores: ScoreError): number[] {
    // BOS stands this far below a selected key, and an unselected key as far below BOS.
    const gap = Math.min(selectedScore - bosScore, ranking ? RANK_SCORE : Infinity);
    const leak = this.#maxLength * Math.exp(-gap + 2 * scores.any);
    // A copy has one selected key, whose share needs no equals.
    const shares = (purpose === "copy" ? 0 : Math.expm1(2 * scores.selected)) + this.#softmaxError;
    return values.map(({ read, atBos, target }) => {
      const value = Math.max(this.#error(read), Math.abs(atBos) * 2 * U);
      return value + (2 * leak + shares) * 2 * Math.max(target.largest, Math.abs(atBos));
    });
  }

  /** The relative error of a share, and of the sum of values that are weighted with shares. */
  get #softmaxError(): number {
    return SOFTMAX * U + gamma(this.#maxLength + 1);
  }

  feedForward(features: readonly Feature[]): void {
    const found = features.map(({ subspace, stepFunctions: boxes }) => {
      const where = `${subspace.label}, layer ${subspace.layer}`;
      const error = boxes.reduce((most, box) => Math.max(most, this.#boxError(box, subspace.layer, where)), 0);
      return [subspace, { error, atBos: 0, grid: error === 0 ? subspace.grid : 0 }] as const;
    });
    for (const [subspace, bound] of found) this.bounds.set(subspace, bound);
  }

  /** The error of the outputs in an open box; notes the margin of each of its steps on the way. */
  #boxError(box: StepFunction, layer: number, where: string): number {
    const { gates, input: axis, largestInput: reach, initial: first, steps } = box;
    const heldBy = (subspace: Subspace): Held => this.#heldBy(subspace, layer);
    const gateCarried = gates.reduce((sum, gate) => sum + this.#carried(gate), 0);
    const axisCarried = this.#carried(axis);
    const gateError = gates.reduce((sum, gate) => sum + this.#error(gate), 0);
    const axisError = this.#error(axis);
    const anchored = this.#anchoredSize([axis, ...gates], layer);
    const terms = [axis, ...gates].reduce((sum, read) => sum + this.#termsOf(read) - 1, 1);
    // The grid of the hidden units' activations, as long as none is rounded.
    let hidden = exactGrid(openInput(box), heldBy);
    const openError =
      2 * (hidden > 0 ? gateCarried : gateError) + (hidden > 0 ? 0 : gamma(terms) * (2 * gates.length + 1));
    const outputs = first.map((value) => ({ error: Math.abs(value) * openError, terms: 1, size: Math.abs(value) }));
    for (const step of steps) {
      const { slope, threshold: place, margin: room, gateBias: push, change } = step;
      // The largest pre-activation of an active unit, and the largest sum on the way to one.
      const highest = slope * (reach + Math.max(0, -place)) + 1;
      const size = slope * (reach + Math.abs(place) + 2 * anchored) + 2 * push * gates.length + 1;
      const exact = stepInputs(box, step).reduce((grid, input) => Math.min(grid, exactGrid(input, heldBy)), Infinity);
      hidden = Math.min(hidden, exact);
      const rounding = exact > 0 ? 0 : sumError(terms, highest, size);
      const moved = exact > 0 ? slope * axisCarried + push * gateCarried : slope * axisError + push * gateError;
      this.margins.push({ margin: room / (moved + rounding), where });
      // The errors of the arguments are the same in both units of a step, and cancel; their roundings do not.
      for (const [c, delta] of change.entries()) {
        if (delta === 0) continue;
        const output = outputs[c]!;
        output.error += Math.abs(delta) * 2 * rounding;
        output.terms += 2;
        output.size += Math.abs(delta) * 2 * highest;
      }
    }
    const products = hidden * gridOf([first, ...steps.map(({ change }) => change)].flat());
    const summed = outputs.map(({ error, terms: n, size }) =>
      error === 0 && size <= MANTISSA * products ? 0 : error + gamma(n - 1) * size,
    );
    return summed.reduce((most, error) => Math.max(most, error), 0);
  }

  #heldBy(subspace: Subspace, layer: number): Held {
    const anchor = subspace.layer === layer ? (this.#anchors.get(subspace)?.value ?? 0) : 0;
    return { grid: this.#boundOf(subspace).grid, anchor };
  }

  /** How much of the reads' sum is anchors, which the bias takes away again. */
  #anchoredSize(reads: readonly Read[], layer: number): number {
    let size = 0;
    for (const { terms } of reads) {
      for (const [subspace, coefficients] of terms) {
        for (const c of coefficients) size += Math.abs(c * this.#heldBy(subspace, layer).anchor);
      }
    }
    return size;
  }

  decoding({ classes, points, reads, twins }: Output): void {
    if (twins) {
      const [one, other] = twins.map(describeAtom);
      this.margins.push({ margin: 0, where: `decoding: ${one} and ${other} are one number in float32` });
    }
    const error = this.#worst(reads);
    const margin = points ? leastDistance(points, classes) / 2 : 1 / 2;
    if (classes.length > 1) this.margins.push({ margin: margin / error, where: "decoding" });
  }

  readonly #worst = (reads: readonly Read[]): number => Math.max(0, ...reads.map((read) => this.#error(read)));

  /** How far a read can be off, its own rounding included. Anchors are out of the way, or counted by whoever asks. */
  #error(read: Read): number {
    const carried = this.#carried(read);
    if (exactGrid(read, (subspace) => ({ grid: this.#boundOf(subspace).grid, anchor: 0 })) > 0) return carried;
    let size = Math.abs(read.constant) + carried;
    for (const [subspace, coefficients] of read.terms) {
      const sizes = coefficients.map(Math.abs);
      const most = subspace.oneHot ? sizes.reduce((a, b) => Math.max(a, b), 0) : sizes.reduce((a, b) => a + b, 0);
      size += most * subspace.largest;
    }
    return carried + gamma(this.#termsOf(read) + 1) * size;
  }

  /** How far a read can be off because of what it reads. */
  #carried({ terms }: Read): number {
    let carried = 0;
    for (const [subspace, coefficients] of terms) {
      carried += this.#boundOf(subspace).error * coefficients.reduce((total, c) => total + Math.abs(c), 0);
    }
    return carried;
  }

  /** How many terms of the read's sum can be other than 0 at once: one of a subspace that is exactly one-hot. */
  #termsOf({ terms }: Read): number {
    let count = 1;
    for (const [subspace, coefficients] of terms) {
      count += subspace.oneHot && this.#boundOf(subspace).error === 0 ? 1 : coefficients.filter((c) => c !== 0).length;
    }
    return count;
  }

  readonly #worstAtBos = (reads: readonly Read[]): number =>
    Math.max(0, ...reads.map((read) => this.#errorAtBos(read)));

  /** How far a read that is corrected to a constant at BOS can be off there. */
  #errorAtBos(read: Read): number {
    let carried = 0;
    for (const [subspace, coefficients] of read.terms) {
      carried += this.#boundOf(subspace).atBos * coefficients.reduce((total, c) => total + Math.abs(c), 0);
    }
    // Where all subspaces are 0 there, two weights of equal size are left: the bias, and BOS's own that takes it away.
    const cancels = carried === 0 && [...read.terms.keys()].every(({ atBos }) => atBos.every((value) => value === 0));
    return cancels ? 0 : carried + 2 * U * Math.abs(readAtBos(read));
  }

  /** Embeddings are what the tables say. */
  #boundOf(subspace: Subspace): Bound {
    if (subspace.writer === "embedding") return { error: 0, atBos: 0, grid: subspace.grid };
    return this.bounds.get(subspace)!;
  }
}

/**
 * The error of a sum whose products are exact, because the weights are powers of two or the arguments 0 and 1: one rounding for
 * each addition, and with two terms the only sum is the result. The bias may have been rounded once.
 */
const sumError = (terms: number, result: number, size: number): number =>
  (terms <= 2 ? U * result : gamma(terms - 1) * size) + U * size;

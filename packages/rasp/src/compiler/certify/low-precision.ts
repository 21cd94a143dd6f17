/**
 * The proof for hardware that rounds the operands of matrix products to bfloat16 or TF32. It is another proof than that of float32:
 * every number is either exactly what it should be, or it should be 0 and is smaller than a *leak*, which is what softmax leaves to
 * keys that are not selected. Rounding an operand keeps this, because all that should not be 0 is a number of the format, and so does a
 * sum, as long as leaks are far below the last place. `docs/numerics.md` has the argument. What is no number of the format is not proved.
 */
import { exactExp, exactLog, roundTo, significantBits } from "@selectron/core";
import { getOrInsert } from "../../language/maps.js";
import { bosDimensions, type Arithmetic } from "../plan/ir/arithmetic.js";
import { exactGrid, gridOf, MANTISSA } from "../plan/ir/exact-sum.js";
import type { Feature, Head, StepFunction } from "../plan/ir/plan.js";
import { readAtBos, type Read, type Subspace } from "../plan/ir/read.js";
import { openInput, stepInputs } from "../plan/units/feed-forward.js";
import type { Margins } from "./margins.js";
import { expm1, softmaxError, U } from "./rounding.js";

/** How far coordinates that should be 0 can be from it, at input positions and at BOS. */
export interface Leak {
  readonly inputs: number;
  readonly atBos: number;
}

const NO_LEAK: Leak = { inputs: 0, atBos: 0 };

/** A read as an operand: how far from 0 it is where it should be 0, and what it can be. */
interface Operand {
  readonly leak: Leak;
  readonly largest: number;
  readonly grid: number;
}

export class LowPrecision {
  readonly leaks = new Map<Subspace, Leak>();
  readonly #arithmetic: Arithmetic;
  readonly #margins: Margins;
  readonly #maxLength: number;
  /** How many times the grid the largest number is of which the format has all multiples. */
  readonly #reach: number;
  /** How far from a number, relative to its size or its grid, is nearer than halfway to the next below. */
  readonly #halfPlace: number;

  constructor(arithmetic: Arithmetic, margins: Margins, maxLength: number) {
    const bits = significantBits(arithmetic.precision);
    this.#arithmetic = arithmetic;
    this.#margins = margins;
    this.#maxLength = maxLength;
    this.#reach = 2 ** bits;
    this.#halfPlace = 2 ** -(bits + 1);
  }

  /** The leaks of what the heads of a layer write. */
  heads(heads: readonly Head[]): void {
    const found = new Map<Subspace, Leak[]>();
    const products = new Map<Subspace, number>();
    for (const head of heads) {
      for (const { target } of head.values) products.set(target, (products.get(target) ?? 0) + 1);
    }
    for (const head of heads) {
      const score = this.#scoreLeak(head);
      for (const [v, { target, coordinate }] of head.values.entries()) {
        const alone = products.get(target) === target.names.length;
        const written = this.#written(head, v, score, alone);
        const coordinates = getOrInsert(found, target, () => target.names.map(() => NO_LEAK));
        coordinates[coordinate] = sumOf([coordinates[coordinate]!, written]);
      }
    }
    for (const [subspace, coordinates] of found) this.#set(subspace, coordinates);
  }

  /** The leaks of what the hidden units of a layer write. */
  units(features: readonly Feature[]): void {
    const found = features.map(({ subspace, branches }) => {
      const coordinates = subspace.names.map(() => NO_LEAK);
      for (const fn of branches.flat()) this.#stepFunction(fn, subspace, coordinates);
      return [subspace, coordinates] as const;
    });
    for (const [subspace, coordinates] of found) this.#set(subspace, coordinates);
  }

  /** How far a logit can be off. */
  logit(read: Read): number {
    return this.#exactSum(read, "decoding").leak.inputs;
  }

  #set(subspace: Subspace, coordinates: readonly Leak[]): void {
    const leak = {
      inputs: Math.max(...coordinates.map((c) => c.inputs)),
      atBos: Math.max(...coordinates.map((c) => c.atBos)),
    };
    const where = `${subspace.label}, layer ${subspace.layer}`;
    this.#margins.add((U / 2) * subspace.grid, Math.max(leak.inputs, leak.atBos), where);
    this.leaks.set(subspace, leak);
  }

  /** A sum that is exact in float32 in any order, up to a leak where it should be 0. */
  #exactSum(read: Read, where: string): Operand {
    let leak = NO_LEAK;
    let [above, below] = [Math.max(0, read.constant), Math.min(0, read.constant)];
    for (const [subspace, coefficients] of read.terms) {
      const sizes = coefficients.reduce((sum, c) => sum + Math.abs(c), 0);
      // Rounding an operand that should be 0 changes it by a part of itself; twice is more than enough.
      const { inputs, atBos } = this.leaks.get(subspace) ?? NO_LEAK;
      leak = sumOf([leak, { inputs: 2 * sizes * inputs, atBos: 2 * sizes * atBos }]);
      above += subspace.oneHot ? coefficients.reduce((most, c) => Math.max(most, c), 0) : sizes * subspace.largest;
      below += subspace.oneHot ? coefficients.reduce((least, c) => Math.min(least, c), 0) : -sizes * subspace.largest;
      const held = subspace.largest <= this.#reach * subspace.grid;
      if (!held && sizes > 0) this.#fail(`${where}: ${subspace.label} has values that are`);
    }
    const grid = exactGrid(read, (subspace) => ({ grid: subspace.grid, anchor: 0 }));
    const corrected = readAtBos(read);
    const isExactAtBos = Number.isInteger(corrected / grid) && Math.abs(corrected) <= MANTISSA * grid;
    if (grid === 0 || !(corrected === 0 || isExactAtBos)) this.#fail(`${where}: sums are`);
    this.#margins.add((U / 2) * grid, Math.max(leak.inputs, leak.atBos), where);
    return { leak, largest: Math.max(above, -below), grid };
  }

  /** A read that is an operand of the next product. */
  #operand(read: Read, where: string, largest = Infinity): Operand {
    const operand = this.#exactSum(read, where);
    if (Math.min(operand.largest, largest) > this.#reach * operand.grid) this.#fail(`${where}: operands are`);
    return operand;
  }

  #fail(what: string): void {
    this.#margins.add(0, 1, `${what} no ${this.#arithmetic.precision} numbers`);
  }

  /** How far the scores of selected keys, and of BOS, can be off. */
  #scoreLeak({ keys, queries, label, layer, selectedScore, ranking }: Head): number {
    const where = `${label}, layer ${layer}, scores`;
    let leak = 0;
    let grid = Infinity;
    for (const [d, key] of keys.entries()) {
      const [k, q] = [this.#operand(key, where), this.#operand(queries[d]!, where)];
      const ofKey = Math.max(k.leak.inputs, k.leak.atBos);
      leak += q.largest * ofKey + q.leak.inputs * (k.largest + ofKey);
      grid = Math.min(grid, k.grid * q.grid);
    }
    const size = selectedScore + (ranking?.highest ?? 0);
    if (2 * size > MANTISSA * grid) this.#fail(`${where}: sums are`);
    return leak;
  }

  /** The leak of a head's value where it is written. The shares of selected keys must be rounded to what they should be. */
  #written(head: Head, v: number, score: number, isOnlyProduct: boolean): Leak {
    const { read, atBos, scale, target } = head.values[v]!;
    const where = `${head.label}, layer ${head.layer}`;
    if (head.purpose === "mean") this.#fail(`${where}: shares are`);
    const isCount = head.purpose === "count";
    const value = this.#operand(read, `${where}, values`);
    const shares = isCount ? this.#countShares(head, scale, score) : this.#copyShares(head, score);
    this.#margins.add(this.#halfPlace, shares.off, `${where}, shares`);
    const largest = Math.max(value.largest, Math.abs(atBos));
    if (roundTo(this.#arithmetic.precision, atBos) !== atBos) this.#fail(`${where}: defaults are`);
    const ofKeys = this.#maxLength * (shares.unselected * largest + value.leak.inputs);
    const inputs = 2 * (ofKeys + scale * value.leak.atBos);
    this.#margins.add(this.#halfPlace * Math.min(value.grid, gridOf([atBos])), inputs, `${where}, rounding`);
    // Of several heads that count, each can reach more than their sum.
    const result = isCount && !(isOnlyProduct || read.terms.size === 0) ? head.counted : target.largest;
    if (result > this.#reach * target.grid || (isCount && head.counted > MANTISSA * value.grid)) {
      this.#fail(`${where}: results are`);
    }
    const others = this.#maxLength * exactExp(-this.#arithmetic.selfScore + 2 * score) * largest;
    return { inputs, atBos: 2 * scale * (others + value.leak.atBos) };
  }

  /**
   * How far a selected key's share can be from 1 / scale, a power of two, and its excess, relatively, and a bound on another key's in
   * this unit. The excess is 0, or half the distance from halfway above the power to the power.
   */
  #countShares(head: Head, scale: number, score: number): { off: number; unselected: number } {
    const offset = exactLog(scale / (1 + this.#arithmetic.shareExcess));
    const scored = bosDimensions(head, this.#arithmetic).reduce(
      (sum, { query, keyAtBos }) => sum + query * keyAtBos,
      0,
    );
    const moved = Math.abs(scored - offset) + 4 * U * offset + 2 * score;
    const off = expm1(moved) + softmaxError(this.#maxLength) + this.#maxLength / scale;
    const unit = head.blocks.reduce((least, block) => Math.min(least, block.unit), Infinity);
    return { off, unselected: exactExp(-unit + 2 * moved) };
  }

  /** How far the share of the one selected key, or of BOS, can be from 1, and a bound on that of another key. */
  #copyShares({ selectedScore, bosScore, ranking }: Head, score: number): { off: number; unselected: number } {
    const gap = Math.min(selectedScore - bosScore, ranking ? this.#arithmetic.rankScore : Infinity);
    const unselected = 2 * exactExp(-gap + 2 * score);
    return { off: this.#maxLength * unselected + softmaxError(this.#maxLength), unselected };
  }

  /** Adds the leaks of the units of a step function to those of the coordinates that they write. */
  #stepFunction(fn: StepFunction, { label, layer }: Subspace, coordinates: Leak[]): void {
    const where = `${label}, layer ${layer}`;
    const sizes = coordinates.map(() => 0);
    let grid = Infinity;
    const add = (input: Read, highest: number, output: readonly number[]): void => {
      const activation = this.#operand(input, where, highest);
      // At BOS hidden units are held at -1 or below.
      this.#margins.add(1 / 2, activation.leak.atBos, `${where}, BOS`);
      grid = Math.min(grid, activation.grid * gridOf(output));
      for (const [c, weight] of output.entries()) {
        const inputs = 2 * Math.abs(weight) * activation.leak.inputs;
        coordinates[c] = sumOf([coordinates[c]!, { inputs, atBos: 0 }]);
        sizes[c]! += Math.abs(weight) * highest;
      }
    };
    if (fn.initial.some((value) => value !== 0)) add(openInput(fn), 1, fn.initial);
    for (const step of fn.steps) {
      const highest = step.slope * (fn.highestInput - step.threshold) + 1 / 2;
      for (const input of stepInputs(fn, step)) add(input, Math.max(1, highest), step.change);
    }
    if (Math.max(...sizes) > MANTISSA * grid) this.#fail(`${where}: sums are`);
  }
}

const sumOf = (leaks: readonly Leak[]): Leak => ({
  inputs: leaks.reduce((sum, { inputs }) => sum + inputs, 0),
  atBos: leaks.reduce((sum, { atBos }) => sum + atBos, 0),
});

/**
 * Rotary encoding (RoPE; Su et al. 2021, arXiv 2104.09864): columns 2i and 2i + 1 of a query or key at position m turn
 * by the angle m · base^(−2i / dHead), so that a product of query and key depends on the distance only. Longer
 * sequences:
 * - interpolation by a factor s reads position m as m / s (Chen et al. 2023, arXiv 2306.15595);
 * - NTK-aware scaling by s raises the base to base · s^(dHead / (dHead − 2)), which slows the lowest frequency by s and
 *   leaves the highest alone (bloc97 2023; Peng et al. 2023, arXiv 2309.00071, section 3.1).
 */
import { checks, ShapeError, stack, tensor, type Tensor } from "@selectron/core";
import { oneOrMore } from "../checks.js";
import type { PositionSizes, Positions, RelativePositions } from "./positions.js";
import { divTerms } from "./sinusoidal.js";

/** The base that NTK-aware scaling by `factor` replaces `base` with. */
export function ntkBase(base: number, factor: number, dHead: number): number {
  checks.check("ntkBase: base", base, oneOrMore);
  checks.check("ntkBase: factor", factor, oneOrMore);
  checks.check("ntkBase: dHead", dHead, checks.anInteger(1));
  // A head of two columns has the highest frequency alone, which stays.
  return dHead <= 2 ? base : base * factor ** (dHead / (dHead - 2));
}

/** x [..., n, width] with its pairs of columns rotated for the positions start, start + 1, … Throws a ShapeError on another width. */
export function rotatePairs(x: Tensor, start: number, frequencies: readonly number[]): Tensor {
  checks.check("rotatePairs: x", x, checks.aTensor);
  checks.check("rotatePairs: start", start, checks.anInteger(0));
  checks.check("rotatePairs: frequencies", frequencies, checks.aList("an array of numbers", checks.aFinite));
  if (x.rank < 2 || x.shape.at(-1) !== 2 * frequencies.length) {
    throw new ShapeError(
      `rotatePairs: x is [${x.shape.join(", ")}]; its last axis must be 2 columns for each of ${frequencies.length} frequencies.`,
    );
  }
  const length = x.shape.at(-2)!;
  const angles = Array.from({ length }, (_, i) => frequencies.map((frequency) => (start + i) * frequency)).flat();
  const table = (f: (angle: number) => number): Tensor =>
    tensor(Float32Array.from(angles, f), [length, frequencies.length]);
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const pairs = x.reshape([...x.shape.slice(0, -1), frequencies.length, 2]);
  const part = (column: number): Tensor => pairs.slice(column, column + 1, -1).reshape(pairs.shape.slice(0, -1));
  const [a, b] = [part(0), part(1)];
  return stack([a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))], -1).reshape(x.shape);
}

/** Throws a RangeError if a head has an odd number of columns. */
export function checkPairs(dHead: number): void {
  if (dHead % 2 === 0) return;
  throw new RangeError(`Rotary positions turn pairs of columns; dHead is ${dHead}, and must be even.`);
}

export class RotaryPositions implements Positions {
  /** In radians for each position. */
  readonly frequencies: readonly number[];

  /** @param interpolation - positions are divided by it. Throws a RangeError if dHead is odd. */
  constructor({ dHead }: PositionSizes, base: number, interpolation = 1) {
    checkPairs(dHead);
    this.frequencies = divTerms(dHead, base).map((frequency) => frequency / interpolation);
  }

  relative(): RelativePositions {
    return { rotate: (x, start) => rotatePairs(x, start, this.frequencies) };
  }
}

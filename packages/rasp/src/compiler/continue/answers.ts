/** What the logits of a compiled model mean as something to learn: classes with scores, of which softmax makes probabilities. */
import { tensor, type Tensor } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";
import { leastDistance, type Decoding } from "../plan/ir/decoding.js";

/** Logits of classes are about 1 apart, and distances are counted in those of the nearest points: with this factor a right answer has e^-8 of loss or less. */
const SHARPNESS = 8;

/**
 * Scores of classes or, where the answer is the nearest point, of points: minus the squared distance.
 *
 * @param logits - [B, n, columns]
 * @returns [B, n, classes or points]
 */
export function scoresOf({ points, classes }: Decoding, logits: Tensor): Tensor {
  if (!points) return logits.mul(SHARPNESS);
  const gap = leastDistance(points, classes);
  const unit = Number.isFinite(gap) && gap > 0 ? gap : 1;
  const squares = points[0]!.map((_, column) => {
    const away = logits.slice(column, column + 1, 2).sub(tensor(points.map((point) => point[column]!)));
    return away.mul(away);
  });
  return squares.reduce((a, b) => a.add(b)).mul(-SHARPNESS / unit ** 2);
}

/** Ints and floats of one value are one class; true and 1 are two. */
const keyOf = (value: Atom): string =>
  typeof value === "bigint" ? `number ${value}` : `${typeof value} ${String(value)}`;

/** For each class of a task the columns of `scoresOf` that mean it; none where the model has no such answer. */
export function columnsOf({ classes }: Decoding, taskClasses: readonly Atom[]): number[][] {
  const columns = new Map<string, number[]>();
  classes.forEach((value, column) => {
    const key = keyOf(value);
    columns.set(key, [...(columns.get(key) ?? []), column]);
  });
  return taskClasses.map((value) => columns.get(keyOf(value)) ?? []);
}

/**
 * The column that each answer should have: of several the one with the highest score.
 *
 * @param targets - a class at each position, or -1
 * @param scores - [positions × columns]
 */
export function targetColumns(
  targets: readonly number[],
  columns: readonly (readonly number[])[],
  scores: ArrayLike<number>,
  width: number,
): number[] {
  return targets.map((target, i) => {
    const fitting = target < 0 ? [] : columns[target]!;
    return fitting.reduce((a, b) => (a < 0 || scores[i * width + b]! > scores[i * width + a]! ? b : a), -1);
  });
}

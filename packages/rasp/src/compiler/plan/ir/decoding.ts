/**
 * How what the model puts out becomes a value: the class with the largest logit, or the class whose point is nearest. Points have one
 * coordinate, the number that the class is, and more where the program's 64-bit arithmetic gives values that float32 cannot tell apart,
 * such as 0.3 - 0.2 and 0.1: then the s-ops that the number is made of stand beside it.
 */
import type { Atom } from "../../../language/graph/node.js";

/** How logits become values. */
export interface Decoding {
  readonly kind: "categorical" | "numerical";
  /** Categorical: a class for each logit. Numerical: the class of each point; a class can have several points. */
  readonly classes: readonly Atom[];
  /** Numerical: where the outputs are the class, ascending by the first coordinate. */
  readonly points?: readonly (readonly number[])[];
}

/** How many columns of the logits are read. */
export const widthOf = ({ classes, points }: Decoding): number => (points ? points[0]!.length : classes.length);

/** The value that a position's outputs stand for. */
export const decode = (decoding: Decoding, outputs: ArrayLike<number>): Atom =>
  decoding.classes[classOf(decoding, outputs)]!;

/** The index of the class with the largest logit or, where there are points, of the nearest one. */
export const classOf = ({ points }: Decoding, outputs: ArrayLike<number>): number =>
  points ? nearestPoint(points, outputs) : largest(outputs);

function largest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < logits.length; c++) if (logits[c]! > logits[best]!) best = c;
  return best;
}

/** The point with the least largest distance in any coordinate. Walks away from the number on both sides until it is too far. */
export function nearestPoint(points: readonly (readonly number[])[], outputs: ArrayLike<number>): number {
  const number = outputs[0]!;
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]![0]! < number) low = middle + 1;
    else high = middle;
  }
  let [best, least] = [Math.min(low, points.length - 1), Infinity];
  const consider = (p: number): boolean => {
    const point = points[p];
    if (!point || Math.abs(point[0]! - number) > least) return false;
    const far = distance(point, outputs);
    if (far < least) [best, least] = [p, far];
    return true;
  };
  let [below, above] = [low - 1, low];
  for (let more = true; more;) {
    const [down, up] = [consider(below), consider(above)];
    if (down) below--;
    if (up) above++;
    more = down || up;
  }
  return best;
}

function distance(point: readonly number[], outputs: ArrayLike<number>): number {
  let most = 0;
  for (let c = 0; c < point.length; c++) most = Math.max(most, Math.abs(point[c]! - outputs[c]!));
  return most;
}

/** The least distance between points of different classes; Infinity where there are none. Points ascend. */
export function leastDistance(points: readonly (readonly number[])[], classes: readonly Atom[]): number {
  let least = Infinity;
  for (let p = 0; p < points.length; p++) {
    for (let q = p + 1; q < points.length && points[q]![0]! - points[p]![0]! < least; q++) {
      if (classes[p] !== classes[q]) least = Math.min(least, distance(points[p]!, points[q]!));
    }
  }
  return least;
}

/**
 * How the model's logits become a value: that of the class with the largest logit, or of the class whose point is nearest. The first
 * coordinate of a point is the number that the class is. Where the program's 64-bit arithmetic gives values that float32 cannot tell
 * apart, such as 0.3 - 0.2 and 0.1, there are more: numbers of the s-ops that the value is computed from.
 */
import { atomsEqual } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";

/** How logits become values. */
export interface Decoding {
  readonly kind: "categorical" | "numerical";
  /** Categorical: a class for each logit. Numerical: the class of each point; a class can have several points. */
  readonly classes: readonly Atom[];
  /** Numerical: the logits that mean a class, ascending by the first coordinate. */
  readonly points?: readonly (readonly number[])[];
}

/**
 * The distance up to which two numbers are equal in float32: half a unit in the last of its 24 bits or, where large numbers cancelled,
 * what float64 itself leaves of them.
 *
 * @param largest - the largest absolute value beside them
 */
export const float32Step = (number: number, largest: number): number =>
  Math.max(Math.abs(number) * 2 ** -24, largest * 2 ** -44);

/** Whether a model's value is the program's. */
export type Agreement = "equal" | "equal up to float32" | "different";

/** The absolute value of the largest finite number among values. */
export const largestNumber = (values: readonly Atom[]): number =>
  values.reduce<number>((most, value) => {
    const size = typeof value === "string" ? 0 : Math.abs(Number(value));
    return Number.isFinite(size) ? Math.max(most, size) : most;
  }, 0);

/**
 * Compares values of a program with a model's. Only for a finite float of the program, such as a mean, is equality up to float32 enough.
 *
 * @param values - all values that there can be
 */
export function agreementAmong(values: readonly Atom[]): (program: Atom, model: Atom) => Agreement {
  const largest = largestNumber(values);
  return (program, model) => {
    // NaN is what it is, though not equal to itself.
    if (atomsEqual(program, model) || Object.is(program, model)) return "equal";
    if (typeof program !== "number" || typeof model === "string" || model === null) return "different";
    const isNear = Math.abs(program - Number(model)) <= float32Step(program, largest);
    return isNear && Number.isFinite(program) ? "equal up to float32" : "different";
  };
}

/** How many columns of the logits are read. */
export const widthOf = ({ classes, points }: Decoding): number => (points ? points[0]!.length : classes.length);

/** The value at a position with these logits. */
export const decode = (decoding: Decoding, logits: ArrayLike<number>): Atom =>
  decoding.classes[classOf(decoding, logits)]!;

/** The index of the class with the largest logit or, where there are points, of the nearest one. */
export const classOf = ({ points }: Decoding, logits: ArrayLike<number>): number =>
  points ? nearestPoint(points, logits) : largest(logits);

function largest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < logits.length; c++) if (logits[c]! > logits[best]!) best = c;
  return best;
}

/**
 * The index of the nearest point; the distance is the largest one of any coordinate. The search starts
 * at the first logit and goes both ways until the first coordinate alone is too far away.
 */
export function nearestPoint(points: readonly (readonly number[])[], logits: ArrayLike<number>): number {
  const number = logits[0]!;
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]![0]! < number) low = middle + 1;
    else high = middle;
  }
  let [best, shortest] = [Math.min(low, points.length - 1), Infinity];
  const consider = (p: number): boolean => {
    const point = points[p];
    if (!point || Math.abs(point[0]! - number) > shortest) return false;
    const away = distance(point, logits);
    if (away < shortest) [best, shortest] = [p, away];
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

function distance(point: readonly number[], logits: ArrayLike<number>): number {
  let largestDifference = 0;
  for (let c = 0; c < point.length; c++) {
    largestDifference = Math.max(largestDifference, Math.abs(point[c]! - logits[c]!));
  }
  return largestDifference;
}

/** The least distance between points of different classes; Infinity where there are none. The points ascend. */
export function leastDistance(points: readonly (readonly number[])[], classes: readonly Atom[]): number {
  let least = Infinity;
  for (let p = 0; p < points.length; p++) {
    for (let q = p + 1; q < points.length && points[q]![0]! - points[p]![0]! < least; q++) {
      if (classes[p] !== classes[q]) least = Math.min(least, distance(points[p]!, points[q]!));
    }
  }
  return least;
}

/** Which class the ranges of logits mean, and by what margin. */
import { atomKey } from "../language/atom/compare.js";
import type { Atom } from "../language/graph/node.js";
import type { OutputColumns } from "./card.js";
import { U } from "./float32.js";
import type { Ranges } from "./ranges.js";

/** A choice of a class: how much error it can bear, how much there can be, and what was chosen. */
export interface Decision {
  readonly room: number;
  readonly error: number;
  /** Whether the answer is surely the expected one, or equal to it up to float32, or surely another. */
  readonly answer: "expected" | "near" | "other" | "unsure";
}

/** A class equals a value if atoms do; 1 and 1.0 are equal. */
const isClass = (atom: Atom, value: Atom): boolean => atomKey(atom) === atomKey(value);

/**
 * Compares the answer that logits in these ranges give with the one that is expected.
 *
 * @param first - the first column of the output
 * @param expected - undefined where any class is as good, if it is sure
 */
export function decide(output: OutputColumns, logits: Ranges, first: number, expected: Atom | undefined): Decision {
  const { points, classes } = output;
  return points ? nearest(points, classes, logits, first, expected) : largest(classes, logits, first, expected);
}

function largest(classes: readonly Atom[], { lo, hi }: Ranges, first: number, expected: Atom | undefined): Decision {
  let best = 0;
  for (let c = 1; c < classes.length; c++) if (lo[first + c]! > lo[first + best]!) best = c;
  let [rival, error] = [-Infinity, hi[first + best]! - lo[first + best]!];
  for (let c = 0; c < classes.length; c++) {
    if (c === best) continue;
    rival = Math.max(rival, (hi[first + c]! + lo[first + c]!) / 2);
    error = Math.max(error, hi[first + c]! - lo[first + c]!);
  }
  const room = ((hi[first + best]! + lo[first + best]!) / 2 - rival) / 2;
  const sure = classes.every((_, c) => c === best || hi[first + c]! < lo[first + best]!);
  return { room, error: error / 2, answer: answerOf(sure, classes[best]!, expected, classes) };
}

function nearest(
  points: readonly (readonly number[])[],
  classes: readonly Atom[],
  { lo, hi }: Ranges,
  first: number,
  expected: Atom | undefined,
): Decision {
  /** The largest and the smallest distance of a point from what the logits can be. */
  const farthest = (point: readonly number[]): number =>
    point.reduce((most, x, d) => Math.max(most, x - lo[first + d]!, hi[first + d]! - x), 0);
  const closest = (point: readonly number[]): number =>
    point.reduce((most, x, d) => Math.max(most, lo[first + d]! - x, x - hi[first + d]!), 0);
  let best = 0;
  points.forEach((point, p) => {
    if (farthest(point) < farthest(points[best]!)) best = p;
  });
  const error = farthest(points[best]!);
  const others = points.filter((_, p) => !isClass(classes[p]!, classes[best]!));
  const room = others.reduce(
    (least, point) => Math.min(least, Math.max(...point.map((x, d) => Math.abs(x - points[best]![d]!)))),
    Infinity,
  );
  const sure = others.every((point) => closest(point) > error);
  return { room: room / 2, error, answer: answerOf(sure, classes[best]!, expected, classes) };
}

function answerOf(
  sure: boolean,
  answer: Atom,
  expected: Atom | undefined,
  classes: readonly Atom[],
): Decision["answer"] {
  if (!sure) return "unsure";
  if (expected === undefined || isClass(answer, expected)) return "expected";
  return isNear(answer, expected, classes) ? "near" : "other";
}

/** "Equal up to float32" of docs/numerics.md, which only a float of the program can be. */
function isNear(answer: Atom, expected: Atom, classes: readonly Atom[]): boolean {
  if (typeof expected !== "number" || (typeof answer !== "number" && typeof answer !== "bigint")) return false;
  const largest = classes.reduce<number>((most, atom) => Math.max(most, Math.abs(Number(numeric(atom) ?? 0))), 0);
  return Math.abs(expected - Number(answer)) <= Math.max(Math.abs(expected) * U, largest * 2 ** -44);
}

const numeric = (atom: Atom): bigint | number | undefined =>
  typeof atom === "bigint" || typeof atom === "number" ? atom : undefined;

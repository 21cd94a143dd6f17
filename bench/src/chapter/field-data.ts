/** Data of other fields, drawn: images of digits, sentences with a hole, sequences with or without a motif. */
import type { Rng } from "@selectron/core";
import { drawPair, END, START, words } from "./language-pair.js";

/** Digits of 5 by 7 points, a row of five bits each. */
const GLYPHS: readonly (readonly number[])[] = [
  [14, 17, 19, 21, 25, 17, 14],
  [4, 12, 4, 4, 4, 4, 14],
  [14, 17, 1, 2, 4, 8, 31],
  [31, 2, 4, 2, 1, 17, 14],
  [2, 6, 10, 18, 31, 2, 2],
  [31, 16, 30, 1, 1, 17, 14],
  [6, 8, 16, 30, 17, 17, 14],
  [31, 1, 2, 4, 8, 8, 8],
  [14, 17, 17, 14, 17, 17, 14],
  [14, 17, 17, 15, 1, 2, 12],
];

export const [IMAGE, PATCH] = [12, 3];
const NOISE = 0.25;
/** The place of a digit in the middle, which is moved by up to one point. */
const [LEFT, TOP] = [2, 2];

/** An image of 12 by 12 grey values with a digit about its middle, as 16 patches of 3 by 3, and which digit it is. */
export function drawDigit(rng: Rng): { readonly patches: readonly (readonly number[])[]; readonly label: number } {
  const label = rng.int(10);
  const [left, top] = [LEFT + rng.int(3), TOP - 1 + rng.int(3)];
  const pixel = (x: number, y: number): number => {
    const [column, row] = [x - left, y - top];
    const isOn = column >= 0 && column < 5 && row >= 0 && row < 7 && ((GLYPHS[label]![row]! >> (4 - column)) & 1) === 1;
    return (isOn ? 1 : 0) + NOISE * rng.normal();
  };
  return { patches: patchesOf(pixel), label };
}

/** An image as 16 patches of 3 by 3, row by row. */
function patchesOf(pixel: (x: number, y: number) => number): number[][] {
  const image = Array.from({ length: IMAGE }, (_, y) => Array.from({ length: IMAGE }, (__, x) => pixel(x, y)));
  const side = IMAGE / PATCH;
  return Array.from({ length: side * side }, (_, p) => {
    const [px, py] = [(p % side) * PATCH, Math.floor(p / side) * PATCH];
    return Array.from({ length: PATCH * PATCH }, (__, i) => image[py + Math.floor(i / PATCH)]![px + (i % PATCH)]!);
  });
}

/** A box in an image, as shares of its sides: the middle, width and height. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** What is drawn of a box of points: all of it, its edge, its diagonals, or the lines through its middle. */
const SHAPES: readonly ((x: number, y: number, last: number) => boolean)[] = [
  () => true,
  (x, y, last) => x === 0 || y === 0 || x === last || y === last,
  (x, y, last) => x === y || x === last - y,
  (x, y, last) => x === last / 2 || y === last / 2,
];
export const SHAPE_KINDS = SHAPES.length;

/** An image as `drawDigit`'s with a shape of 5, 7 or 9 points a side anywhere in it, which shape that is, and its box. */
export function drawShape(rng: Rng): {
  readonly patches: readonly (readonly number[])[];
  readonly label: number;
  readonly box: Box;
} {
  const [label, side] = [rng.int(SHAPES.length), 5 + 2 * rng.int(3)];
  const [left, top] = [rng.int(IMAGE - side + 1), rng.int(IMAGE - side + 1)];
  const patches = patchesOf((x, y) => {
    const [column, row] = [x - left, y - top];
    const isInside = column >= 0 && column < side && row >= 0 && row < side;
    return (isInside && SHAPES[label]!(column, row, side - 1) ? 1 : 0) + NOISE * rng.normal();
  });
  return { patches, label, box: [(left + side / 2) / IMAGE, (top + side / 2) / IMAGE, side / IMAGE, side / IMAGE] };
}

/** The share of two boxes' union that both have. */
export function overlap(a: Box, b: Box): number {
  const along = (axis: 0 | 1): number => {
    const [low, high] = [
      Math.max(a[axis] - a[axis + 2]! / 2, b[axis] - b[axis + 2]! / 2),
      Math.min(a[axis] + a[axis + 2]! / 2, b[axis] + b[axis + 2]! / 2),
    ];
    return Math.max(0, high - low);
  };
  const both = along(0) * along(1);
  return both / (a[2] * a[3] + b[2] * b[3] - both);
}

/** The id that stands for a hidden word. */
export const MASK = words.length;
export const TEXT_VOCABULARY = words.length + 1;
const WORDS = 10;
const isPlural = (id: number): boolean =>
  words[id]!.endsWith("s") && words.slice(0, id).includes(words[id]!.slice(0, -1));

/** A sentence of ten words between START and END, and whether its first noun, the subject, is plural. */
export function drawSentence(rng: Rng): { readonly ids: readonly number[]; readonly label: number } {
  const { source } = drawPair(rng, WORDS);
  const noun = source.find((id) => isPlural(id) || words.includes(`${words[id]!}s`))!;
  return { ids: [START, ...source, END], label: isPlural(noun) ? 1 : 0 };
}

const BASES = 4;
export const MOTIF_LENGTH = 24;
/** TATAAT, as promoters of bacteria have it; bases are A, C, G, T. */
const MOTIF = [3, 0, 3, 0, 0, 3];

/** A sequence of bases with the motif, one base of it perhaps another, or without any like it; which, and where it begins. */
export function drawMotif(rng: Rng): { readonly ids: readonly number[]; readonly label: number; readonly at: number } {
  const label = rng.int(2);
  const at = rng.int(MOTIF_LENGTH - MOTIF.length + 1);
  for (;;) {
    const ids = Array.from({ length: MOTIF_LENGTH }, () => rng.int(BASES));
    if (label === 1) {
      MOTIF.forEach((base, i) => (ids[at + i] = base));
      if (rng.int(2) === 0) ids[at + rng.int(MOTIF.length)] = rng.int(BASES);
      return { ids, label, at };
    }
    const isLike = ids.some(
      (_, start) => MOTIF.filter((base, i) => ids[start + i] === base).length >= MOTIF.length - 1,
    );
    if (!isLike) return { ids, label, at };
  }
}

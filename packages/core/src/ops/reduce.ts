/** Reductions over some axes, or all of them. Sums accumulate in float64; an argmax is a tensor of positions. */
import { ShapeError } from "../errors.js";
import { formatShape, normalizeAxis, sizeOf } from "../shape.js";
import { recorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { permute } from "./movement.js";

type Axes = number | readonly number[] | undefined;

/** Applies a reduction to every line of elements along the given axes, the others kept in order. */
function reduce(
  operation: string,
  x: Tensor,
  axes: Axes,
  keepDims: boolean,
  line: (values: Float32Array) => number,
): Tensor {
  const requested = typeof axes === "number" ? [axes] : (axes ?? x.shape.map((_, axis) => axis));
  const reduced = new Set(requested.map((axis) => normalizeAxis(operation, axis, x.rank)));
  const all = x.shape.map((_, axis) => axis);
  const kept = all.filter((axis) => !reduced.has(axis));
  const data = permute(x, [...kept, ...all.filter((axis) => reduced.has(axis))]).data;
  const keptShape = kept.map((axis) => x.shape[axis]!);
  const out = new Float32Array(sizeOf(keptShape));
  const length = sizeOf([...reduced].map((axis) => x.shape[axis]!));
  for (let i = 0; i < out.length; i++) out[i] = line(data.subarray(i * length, (i + 1) * length));
  const shape = keepDims ? x.shape.map((own, axis) => (reduced.has(axis) ? 1 : own)) : keptShape;
  return recorded(operation, [x], out, shape);
}

function total(values: Float32Array): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result += values[i]!;
  return result;
}

/** Position of the first element that no other beats; a NaN beats everything. */
function firstBest(
  operation: string,
  x: Tensor,
  values: Float32Array,
  beats: (a: number, b: number) => boolean,
): number {
  if (values.length === 0) {
    throw new ShapeError(
      `${operation}: there is nothing to choose from along an empty axis of ${formatShape(x.shape)}.`,
    );
  }
  let best = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return i;
    if (beats(values[i]!, values[best]!)) best = i;
  }
  return best;
}

const greater = (a: number, b: number): boolean => a > b;
const less = (a: number, b: number): boolean => a < b;

export const sum = (x: Tensor, axes: Axes, keepDims: boolean): Tensor => reduce("sum", x, axes, keepDims, total);

export const mean = (x: Tensor, axes: Axes, keepDims: boolean): Tensor =>
  reduce("mean", x, axes, keepDims, (values) => total(values) / values.length);

export const max = (x: Tensor, axes: Axes, keepDims: boolean): Tensor =>
  reduce("max", x, axes, keepDims, (values) => values[firstBest("max", x, values, greater)]!);

export const min = (x: Tensor, axes: Axes, keepDims: boolean): Tensor =>
  reduce("min", x, axes, keepDims, (values) => values[firstBest("min", x, values, less)]!);

export const argmax = (x: Tensor, axis: number): Tensor =>
  reduce("argmax", x, axis, false, (values) => firstBest("argmax", x, values, greater));

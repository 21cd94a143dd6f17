/**
 * Arithmetic on shapes and strides: sizes, NumPy broadcasting, axis numbers, and the one strided copy that every view
 * is materialised with. Strides and offsets count elements, not bytes. Nothing here knows about tensors.
 */
import { describeValue } from "./checks.js";
import { ShapeError } from "./errors.js";

/** Axis lengths, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape: the product of its axes, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]!;
  return size;
}

/** A shape as people read it: `[2, 3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map(String).join(", ")}]`;
}

/** Whether two shapes are the same, axis by axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Throws a ShapeError unless every axis is a non-negative integer, or a TypeError for what is no array of axes. */
export function checkShape(operation: string, shape: Shape): void {
  if (!Array.isArray(shape)) {
    const remedy = typeof shape === "number" ? `[${String(shape)}]` : "[2, 3]";
    throw new TypeError(
      `${operation}: the shape is ${describeValue(shape)}; it must be an array of axis lengths, such as ${remedy}.`,
    );
  }
  for (let axis = 0; axis < shape.length; axis++) {
    if (Number.isSafeInteger(shape[axis]) && shape[axis]! >= 0) continue;
    throw new ShapeError(`${operation}: shape ${formatShape(shape)} must hold non-negative integers.`);
  }
}

/** Row-major strides of a shape. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Whether elements read in row-major order are adjacent. Axes of length 1 may have any stride. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let expected = 1;
  let contiguous = true;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    if (length === 0) return true;
    if (length !== 1 && strides[axis] !== expected) contiguous = false;
    expected *= length;
  }
  return contiguous;
}

/** Resolves an axis in [-rank, rank) to one in [0, rank). */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? "a scalar has no axes" : `use ${-rank} to ${rank - 1}`;
    throw new ShapeError(`${operation}: axis ${describeValue(axis)} does not exist in ${rank} dimensions; ${range}.`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** The shape that both operands broadcast to by NumPy's rules: aligned at the last axis, lengths equal or 1. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a; // mostly
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `${operation}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ` +
          `axis ${axis - rank} has lengths ${left} and ${right}. Lengths must be equal, or one of them 1.`,
      );
    }
    result[axis] = left === 1 ? right : left;
  }
  return result;
}

/** Strides that read a tensor of the given shape as if it had the target shape: 0 along every repeated axis. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const missing = target.length - shape.length;
  return target.map((length, axis) => {
    const own = axis - missing;
    return own < 0 || (shape[own] === 1 && length !== 1) ? 0 : strides[own]!;
  });
}

/** Offsets of all positions of a strided block in row-major order: one per element of `shape`. */
export function stridedOffsets(shape: Shape, strides: readonly number[], offset: number): number[] {
  return shape.reduce<number[]>(
    (offsets, length, axis) =>
      offsets.flatMap((start) => Array.from({ length }, (_, index) => start + index * strides[axis]!)),
    [offset],
  );
}

/** Copies a strided block into `target` in row-major order. */
export function copyStrided(
  source: Float32Array,
  offset: number,
  shape: Shape,
  strides: readonly number[],
  target: Float32Array,
): void {
  const rank = shape.length;
  if (sizeOf(shape) === 0) return;
  if (rank === 0) {
    target[0] = source[offset]!;
    return;
  }
  const columns = shape[rank - 1]!;
  const step = strides[rank - 1]!;
  const index = new Array<number>(rank - 1).fill(0);
  let start = offset;
  for (let written = 0; ;) {
    if (step === 1) target.set(source.subarray(start, start + columns), written);
    else if (step === 0) target.fill(source[start]!, written, written + columns);
    else for (let column = 0; column < columns; column++) target[written + column] = source[start + column * step]!;
    written += columns;
    // Advance the odometer over all axes but the last.
    let axis = rank - 2;
    for (; axis >= 0; axis--) {
      start += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      start -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

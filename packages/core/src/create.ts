/** Constructor functions for tensors. */
import { ShapeError } from "./errors.js";
import type { NestedArray } from "./format.js";
import type { Rng } from "./random.js";
import { checkShape, sizeOf, type Shape } from "./shape.js";
import { Tensor } from "./tensor.js";

function nestedShape(data: NestedArray): number[] {
  return typeof data === "number" ? [] : [data.length, ...(data.length === 0 ? [] : nestedShape(data[0]!))];
}

function flatten(data: NestedArray, shape: Shape, axis: number, out: number[]): void {
  if (typeof data === "number") {
    if (axis !== shape.length) throw ragged(shape, axis, "a number");
    out.push(data);
    return;
  }
  if (axis === shape.length || data.length !== shape[axis]) throw ragged(shape, axis, `${data.length} entries`);
  for (const part of data) flatten(part, shape, axis + 1, out);
}

function ragged(shape: Shape, axis: number, found: string): ShapeError {
  const expected = axis === shape.length ? "a number" : `${shape[axis]} entries`;
  return new ShapeError(`tensor: ragged data: found ${found} at depth ${axis}, where ${expected} should be.`);
}

/**
 * A tensor of the given values.
 *
 * @param data - a number, nested arrays, or a Float32Array, which is used without copying
 * @param shape - by default the shape of the nesting, or one axis for a Float32Array
 * @param options - `requiresGrad`: whether to record computations on this tensor for gradients
 * @throws ShapeError if the data is ragged or does not fill the shape
 */
export function tensor(
  data: NestedArray | Float32Array,
  shape?: Shape,
  options: { readonly requiresGrad?: boolean } = {},
): Tensor {
  if (data instanceof Float32Array) return new Tensor(data, shape ?? [data.length], options);
  const nested = nestedShape(data);
  const values: number[] = [];
  flatten(data, nested, 0, values);
  return new Tensor(Float32Array.from(values), shape ?? nested, options);
}

/** A tensor filled with `value`. Throws a ShapeError if the shape is malformed. */
export function full(shape: Shape, value: number): Tensor {
  checkShape("full", shape);
  const storage = new Float32Array(sizeOf(shape));
  return new Tensor(value === 0 ? storage : storage.fill(value), shape);
}

/** A tensor of zeros. */
export function zeros(shape: Shape): Tensor {
  return full(shape, 0);
}

/** A tensor of ones. */
export function ones(shape: Shape): Tensor {
  return full(shape, 1);
}

/** The [rows, columns] matrix with ones on its diagonal; square by default. */
export function eye(rows: number, columns = rows): Tensor {
  const result = zeros([rows, columns]);
  for (let i = 0; i < Math.min(rows, columns); i++) result.storage[i * columns + i] = 1;
  return result;
}

/**
 * The numbers start, start + step, … as long as they are before end: [⌈(end − start) / step⌉]. A single argument is the
 * end, and the start is 0.
 *
 * @throws ShapeError if the length is not finite
 */
export function arange(start: number, end?: number, step = 1): Tensor {
  const [first, last] = end === undefined ? [0, start] : [start, end];
  const length = Math.max(0, Math.ceil((last - first) / step));
  if (!Number.isSafeInteger(length)) {
    throw new ShapeError(`arange: from ${first} to ${last} by ${step} has no finite length; the step must not be 0.`);
  }
  return new Tensor(
    Float32Array.from({ length }, (_, index) => first + index * step),
    [length],
  );
}

function drawn(operation: string, shape: Shape, draw: () => number): Tensor {
  checkShape(operation, shape);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = draw();
  return new Tensor(data, shape);
}

/** Independent standard normal numbers: mean 0, standard deviation 1. */
export function randn(shape: Shape, rng: Rng): Tensor {
  return drawn("randn", shape, () => rng.normal());
}

/** Independent numbers, uniform in [low, high). */
export function uniform(shape: Shape, rng: Rng, low = 0, high = 1): Tensor {
  return drawn("uniform", shape, () => low + (high - low) * rng.float());
}

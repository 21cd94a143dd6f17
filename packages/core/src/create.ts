/** Constructor functions for tensors. */
import { aFlag, aFinite, aNumber, anInteger, anRng, check, checkOptions, describeValue } from "./checks.js";
import { movable } from "./elements.js";
import { ShapeError } from "./errors.js";
import type { NestedArray } from "./format.js";
import type { Rng } from "./random.js";
import { MOST_ELEMENTS } from "./registry.js";
import { checkShape, formatShape, sizeOf, type Shape } from "./shape.js";
import { unshared } from "./tape.js";
import { Tensor } from "./tensor.js";

/** Deeper nesting is taken for an array that holds itself. */
const DEEPEST = 64;

const isList = (data: NestedArray): data is readonly NestedArray[] =>
  Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView));

function nestedShape(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let part = data; isList(part) && shape.length <= DEEPEST; part = part[0]!) {
    shape.push(part.length);
    if (part.length === 0) break;
  }
  if (shape.length > DEEPEST) throw new ShapeError(`tensor: the data is nested more than ${DEEPEST} deep.`);
  return shape;
}

function flatten(data: NestedArray, shape: Shape, axis: number, out: number[]): void {
  if (typeof data === "number") {
    if (axis !== shape.length) throw ragged(shape, axis, "a number");
    out.push(data);
    return;
  }
  if (!isList(data)) {
    throw new TypeError(
      `tensor: ${axis === 0 ? "the data is" : "the data holds"} ${describeValue(data)}; it must be numbers, in arrays of any depth or a Float32Array.`,
    );
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
 * @param data - a number, nested arrays, which may be typed ones, or a Float32Array, which is used without copying
 * @param shape - by default the shape of the nesting, or one axis for a Float32Array
 * @param options - `requiresGrad`: whether to record computations on this tensor for gradients
 * @throws ShapeError if the data is ragged or does not fill the shape, TypeError if it holds what is no number
 */
export function tensor(
  data: NestedArray | Float32Array,
  shape?: Shape,
  options: { readonly requiresGrad?: boolean } = {},
): Tensor {
  checkOptions("tensor", options, { requiresGrad: aFlag });
  if (data instanceof Float32Array) return new Tensor(data, shape === undefined ? [data.length] : shape, options);
  const nested = nestedShape(data);
  const values: number[] = [];
  flatten(data, nested, 0, values);
  const made = Float32Array.from(values);
  const { requiresGrad } = options;
  return new Tensor(made, shape === undefined ? nested : shape, { requiresGrad, lease: movable(made) });
}

/** Zeros for a shape that an operation was given. */
function storageFor(operation: string, shape: Shape): Float32Array {
  checkShape(operation, shape);
  const size = sizeOf(shape);
  if (size > MOST_ELEMENTS) {
    throw new ShapeError(
      `${operation}: shape ${formatShape(shape)} has ${size} elements; a tensor holds at most 2^30, which are 4 GiB.`,
    );
  }
  return new Float32Array(size);
}

/** A tensor filled with `value`. Throws a ShapeError if the shape is malformed or too large. */
export function full(shape: Shape, value: number): Tensor {
  return filled("full", shape, value);
}

function filled(operation: string, shape: Shape, value: number): Tensor {
  const storage = storageFor(operation, shape);
  check(`${operation}: value`, value, aNumber);
  return new Tensor(value === 0 ? storage : storage.fill(value), shape, unshared(storage));
}

/** Zeros, of the shape. @throws ShapeError where it is none */
export function zeros(shape: Shape): Tensor {
  return filled("zeros", shape, 0);
}

/** Ones, of the shape. @throws ShapeError where it is none */
export function ones(shape: Shape): Tensor {
  return filled("ones", shape, 1);
}

/** The [rows, columns] matrix with ones on its diagonal; square by default. */
export function eye(rows: number, columns = rows): Tensor {
  check("eye: rows", rows, anInteger(0));
  check("eye: columns", columns, anInteger(0));
  const result = filled("eye", [rows, columns], 0);
  for (let i = 0; i < Math.min(rows, columns); i++) result.held[i * columns + i] = 1;
  return result;
}

/**
 * The numbers start, start + step, … as long as they are before end: [⌈(end − start) / step⌉]. A single argument is the
 * end, and the start is 0.
 *
 * @throws ShapeError if there are too many, as by a step of 0
 */
export function arange(start: number, end?: number, step = 1): Tensor {
  check("arange: start", start, aFinite);
  if (end !== undefined) check("arange: end", end, aFinite);
  check("arange: step", step, aFinite);
  const [first, last] = end === undefined ? [0, start] : [start, end];
  const length = Math.max(0, Math.ceil((last - first) / step));
  if (!(length <= MOST_ELEMENTS)) {
    throw new ShapeError(
      `arange: from ${first} to ${last} by ${step} has ${length} elements; a tensor holds at most 2^30, and the step must not be 0.`,
    );
  }
  const data = Float32Array.from({ length }, (_, index) => first + index * step);
  return new Tensor(data, [length], unshared(data));
}

function drawn(operation: string, shape: Shape, rng: Rng, draw: () => number): Tensor {
  check(`${operation}: rng`, rng, anRng);
  const data = storageFor(operation, shape);
  for (let i = 0; i < data.length; i++) data[i] = draw();
  return new Tensor(data, shape, unshared(data));
}

/** Independent standard normal numbers, mean 0 and standard deviation 1, of the shape. @throws ShapeError where it is none */
export function randn(shape: Shape, rng: Rng): Tensor {
  return drawn("randn", shape, rng, () => rng.normal());
}

/** Independent numbers, uniform in [low, high). */
export function uniform(shape: Shape, rng: Rng, low = 0, high = 1): Tensor {
  check("uniform: low", low, aFinite);
  check("uniform: high", high, aFinite);
  return drawn("uniform", shape, rng, () => low + (high - low) * rng.float());
}

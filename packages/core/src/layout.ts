/** The check of what callers say about the layout of a tensor. */
import { aFlag, aList, anInteger, anything, aStorage, check, checkOptions } from "./checks.js";
import { ShapeError } from "./errors.js";
import { checkShape, contiguousStrides, formatShape, sizeOf, type Shape } from "./shape.js";

const optionKinds = {
  strides: aList("an array of integers", anInteger(Number.MIN_SAFE_INTEGER)),
  offset: anInteger(0),
  requiresGrad: aFlag,
  tape: anything,
  lease: anything,
} as const;

/** Throws for options of a wrong type or name, and for a layout that reaches beyond the storage. */
function checkTensorOptions(
  options: { readonly strides?: readonly number[] | undefined; readonly offset?: number | undefined },
  shape: Shape,
  length: number,
): void {
  checkOptions("Tensor", options, optionKinds);
  const { strides = contiguousStrides(shape), offset = 0 } = options;
  if (options.strides ?? offset) checkLayout(shape, strides, offset, length);
}

/** Throws a ShapeError if a view would read beyond its storage. */
function checkLayout(shape: Shape, strides: readonly number[], offset: number, length: number): void {
  let least = offset;
  let most = offset;
  let isEmpty = false;
  for (let axis = 0; axis < shape.length; axis++) {
    const reach = (shape[axis]! - 1) * strides[axis]!;
    if (shape[axis] === 0) isEmpty = true;
    else if (reach < 0) least += reach;
    else most += reach;
  }
  const fits = isEmpty || (Number.isInteger(least) && Number.isInteger(most) && least >= 0 && most < length);
  if (fits && strides.length === shape.length) return;
  throw new ShapeError(
    `Tensor: strides ${formatShape(strides)} and offset ${offset} do not fit shape ${formatShape(shape)} and a storage of ${length} elements; ` +
      "there must be a stride for each axis, and every element inside the storage.",
  );
}

/** Throws unless an array can be a tensor of a shape. */
export function checkStorage(
  storage: Float32Array,
  shape: Shape,
  options: { readonly strides?: readonly number[] | undefined; readonly offset?: number | undefined } = {},
): void {
  if (!(storage instanceof Float32Array)) check("Tensor: storage", storage, aStorage);
  checkShape("Tensor", shape);
  checkTensorOptions(options, shape, (storage as Float32Array).length);
  if (options.strides || sizeOf(shape) === (storage as Float32Array).length) return;
  throw new ShapeError(
    `Tensor: ${(storage as Float32Array).length} elements do not fill shape ${formatShape(shape)}, which holds ${sizeOf(shape)}.`,
  );
}

/** For a shape that was changed from outside. Freezing every shape would take longer than a small sum. */
export const changedShape = (size: number, shape: Shape): ShapeError =>
  new ShapeError(
    `Tensor: the shape of ${size} elements was changed to ${formatShape(shape)}; shapes are fixed, use reshape.`,
  );

/**
 * The errors that core throws on purpose. Every message says which operation failed, on what values, and what to try.
 */

/** Shapes, axes or element counts that do not fit an operation. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** Bytes that are not a well-formed safetensors file, or tensors that cannot be written as one. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

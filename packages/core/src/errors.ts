/**
 * The errors that core throws on purpose. Every message says which operation failed, on what values, and what to try.
 */

import { readable } from "./printable.js";

/** Shapes, axes or element counts that do not fit an operation. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";

  constructor(message: string) {
    super(readable(message));
  }
}

/** Bytes that are not a well-formed safetensors file, or tensors that cannot be written as one. */
export class SafetensorsError extends Error {
  override readonly name: string = "SafetensorsError";

  constructor(message: string) {
    super(readable(message));
  }
}

/** A file whose contents do not fit the checksum that was written with them. */
export class ChecksumError extends SafetensorsError {
  override readonly name = "ChecksumError";
  /** What to try. */
  readonly suggestion =
    'get the file again; if it was changed on purpose, delete "selectron.checksum" from its metadata';
}

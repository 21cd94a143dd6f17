/** The forms in which readers accept the bytes of a file. */

import { describeValue } from "../checks.js";

/** The bytes of a file as hosts give them: Node's Buffer, which is a Uint8Array, or the ArrayBuffer of `fetch`. */
export type FileBytes = Uint8Array | ArrayBufferLike;

/**
 * A plain Uint8Array on the same memory. Code that slices a file must start from it: `slice` copies a Uint8Array but
 * not a Buffer, and the Buffer of a small file begins in the middle of its `buffer`.
 *
 * @param operation - for whom, in the error
 * @throws TypeError if `file` is neither
 */
export function asBytes(file: FileBytes, operation = "asBytes"): Uint8Array {
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  // By name, since a buffer from another realm, such as a frame, is not an instance of this realm's class.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(file))) return new Uint8Array(file);
  throw new TypeError(
    `${operation}: the bytes of a file were expected, as a Uint8Array or an ArrayBuffer, and not ${describeValue(file)}.`,
  );
}

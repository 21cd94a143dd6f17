/** The forms in which readers accept the bytes of a file. */

/** The bytes of a file as hosts give them: Node's Buffer, which is a Uint8Array, or the ArrayBuffer of `fetch`. */
export type FileBytes = Uint8Array | ArrayBufferLike;

/**
 * A plain Uint8Array on the same memory. Code that slices a file must start from it: `slice` copies a Uint8Array but
 * not a Buffer, and the Buffer of a small file begins in the middle of its `buffer`.
 *
 * @throws TypeError if `file` is neither
 */
export function asBytes(file: FileBytes): Uint8Array {
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  // By name, since a buffer from another realm, such as a frame, is not an instance of this realm's class.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(file))) return new Uint8Array(file);
  throw new TypeError(
    `a file's bytes were expected, as a Uint8Array or an ArrayBuffer, not ${file === null ? "null" : typeof file}.`,
  );
}

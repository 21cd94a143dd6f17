/** What the readers of files take. */

/** The bytes of a file as hosts give them: Node's Buffer, which is a Uint8Array, or the ArrayBuffer of `fetch`. */
export type FileBytes = Uint8Array | ArrayBufferLike;

/**
 * A plain Uint8Array on the same memory. Readers that cut pieces must start from it: `slice` of a Buffer does not copy as that
 * of a Uint8Array does, and a Buffer of a small file begins in the middle of its `buffer`.
 *
 * @throws TypeError for what holds no bytes
 */
export function asBytes(file: FileBytes): Uint8Array {
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  // By name, since a buffer of another frame or worker is no instance of this realm's class.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(file))) return new Uint8Array(file);
  throw new TypeError(
    `a file's bytes were expected, as a Uint8Array or an ArrayBuffer, not ${file === null ? "null" : typeof file}.`,
  );
}

/** Files that are read in parts, so that a model need not lie in memory twice: as its file, and as its tensors. */
import { aFunction, anInteger, anObjectWith, check } from "../checks.js";
import { asBytes, type FileBytes } from "./bytes.js";

/**
 * A file that is read in parts, such as one that is open: in Node, `size` is `fstatSync(descriptor).size`, and `readInto` calls
 * `readSync(descriptor, target, …, at)` until the target is full.
 */
export interface FileSource {
  /** In bytes. */
  readonly size: number;
  /** Fills all of `target` with the bytes of the file from byte `at` on. What it throws is passed on. */
  readInto(target: Uint8Array, at: number): void;
}

const aSource = anObjectWith("the bytes of a file, or a source of them with size and readInto", "size", "readInto");

/**
 * Bytes as a source; a source as it is.
 *
 * @param operation - for whom, in the error
 * @throws TypeError if `file` is neither
 */
export function asSource(file: FileBytes | FileSource, operation: string): FileSource {
  if (aSource.fits(file)) {
    const source = file as FileSource;
    check(`${operation}: size of the source`, source.size, anInteger(0));
    check(`${operation}: readInto of the source`, source.readInto, aFunction());
    return source;
  }
  const bytes = asBytes(file as FileBytes, operation);
  return { size: bytes.length, readInto: (target, at) => target.set(bytes.subarray(at, at + target.length)) };
}

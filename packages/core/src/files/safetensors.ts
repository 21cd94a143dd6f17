/**
 * The safetensors format (https://github.com/huggingface/safetensors#format): 8 bytes of header length, a JSON header,
 * then the tensors' bytes, little-endian and row-major, without holes or overlaps. Writing gives F32 with the tensors
 * in order of their names (by UTF-16 code unit) and the header padded to 8 bytes, so equal tensors always give equal
 * bytes. Reading trusts nothing: anything malformed gives a SafetensorsError.
 */
import { aFunction, anObject, aRecord, check, checkOptions, describeValue } from "../checks.js";
import { SafetensorsError } from "../errors.js";
import { sizeOf } from "../shape.js";
import { elementsOf } from "../elements.js";
import { unshared } from "../tape.js";
import { Tensor } from "../tensor.js";
import type { FileBytes } from "./bytes.js";
import { elementTypes, fillFrom, IS_LITTLE_ENDIAN } from "./element-types.js";
import { isWellFormed } from "./header-json.js";
import { isRecord, MAX_HEADER_BYTES, METADATA, PREFIX_BYTES, readHeader } from "./safetensors-header.js";
import { asSource, type FileSource } from "./source.js";
import { encodeUtf8 } from "./utf8.js";

const tensorsByName = aRecord("a Map or an object of Tensors by name");

const SPACE = " ".charCodeAt(0);

/** The contents of a safetensors file. */
export interface SafetensorsFile {
  /** In the header's order. */
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/**
 * Writes tensors as F32.
 *
 * @throws SafetensorsError if a reader would refuse the file, or what is given is lost in it: a tensor is named `__metadata__` or is none,
 * metadata is no record of strings, a text has half of a surrogate pair, the header is longer than the format allows
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  check("encodeSafetensors: tensors", tensors, tensorsByName);
  const entries = [...(tensors instanceof Map ? tensors : Object.entries(tensors))] as [string, Tensor][];
  entries.sort(byName);
  const members: string[] = [];
  const member = (name: string, value: unknown): number =>
    members.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  checkContents(entries, metadata);
  if (metadata) member(METADATA, Object.fromEntries(Object.entries(metadata).sort(byName)));
  let end = 0;
  for (const [name, { shape, size }] of entries) {
    member(name, { dtype: "F32", shape, data_offsets: [end, (end += size * 4)] });
  }
  const json = encodeUtf8(`{${members.join(",")}}`);
  const start = PREFIX_BYTES + Math.ceil(json.length / 8) * 8;
  checkHeaderLength(start - PREFIX_BYTES);
  const bytes = new Uint8Array(start + end).fill(SPACE, 0, start);
  bytes.set(json, PREFIX_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - PREFIX_BYTES), true);
  let at = start;
  for (const [, value] of entries) {
    const data = elementsOf(value);
    // The data starts at a multiple of 8, so on a little-endian machine floats can be copied as they are.
    if (IS_LITTLE_ENDIAN) new Float32Array(bytes.buffer, at, data.length).set(data);
    else data.forEach((element, i) => view.setFloat32(at + 4 * i, element, true));
    at += 4 * data.length;
  }
  return bytes;
}

const refuse = (problem: string): never => {
  throw new SafetensorsError(`encodeSafetensors: ${problem}`);
};

function checkHeaderLength(bytes: number): void {
  if (bytes > MAX_HEADER_BYTES) {
    refuse(`names and metadata make a header of ${bytes} bytes or more; the format allows ${MAX_HEADER_BYTES}.`);
  }
}

/** Throws unless every reader could read the file, with all that is given. JavaScript callers may give anything. */
function checkContents(entries: readonly [unknown, unknown][], metadata: unknown = {}): void {
  if (!isRecord(metadata) || !anObject("").fits(metadata)) {
    throw refuse("metadata must be an object that maps names to strings; make one of a Map with Object.fromEntries.");
  }
  const texts = [...entries.map(([name]) => name), ...Object.entries(metadata).flat()];
  checkHeaderLength(texts.reduce<number>((sum, text) => sum + String(text).length, 0));
  for (const [name, value] of entries) {
    const label = `the name ${JSON.stringify(name)}`;
    if (typeof name !== "string") refuse(`${label} is no string.`);
    if (name === METADATA) refuse(`"${METADATA}" cannot name a tensor; rename it.`);
    if (!isWellFormed(name as string)) refuse(`${label} has half of a surrogate pair; rename the tensor.`);
    if (!(value instanceof Tensor)) refuse(`${JSON.stringify(name)} is no tensor; make one with tensor(values).`);
  }
  for (const [name, value] of Object.entries(metadata)) {
    const label = `the metadata ${JSON.stringify(name)}`;
    if (typeof value !== "string") {
      refuse(`${label} is ${describeValue(value)}, but metadata maps names to strings; give String(value) or JSON.`);
    } else if (!isWellFormed(name + value)) {
      refuse(`${label} has half of a surrogate pair, which UTF-8 cannot hold.`);
    }
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** What the header says of a tensor, before it is read. */
export interface TensorHeader {
  /** The type in the file, such as "F16". */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Options of reading. */
export interface SafetensorsOptions {
  /** Which tensors are read, by their names and headers; all by default. What it throws is passed on. */
  readonly only?: ((name: string, header: TensorHeader) => boolean) | undefined;
}

/** Bytes that are read at a time: whole elements of every type. What is converted stays in a processor's cache meanwhile. */
const CHUNK_BYTES = 2 ** 18;
/** Bytes that are read into a tensor as they are. */
const DIRECT_BYTES = 2 ** 24;

/**
 * Reads a safetensors file. Every type becomes float32, rounded to nearest where float32 is too narrow (F64, I32, I64,
 * U32, U64).
 *
 * @param file - its bytes, or a source that is read in parts: then only its tensors lie in memory
 * @throws SafetensorsError if the file is truncated or damaged, or has a type that cannot be converted
 */
export function decodeSafetensors(file: FileBytes | FileSource, options: SafetensorsOptions = {}): SafetensorsFile {
  const source = asSource(file, "decodeSafetensors");
  checkOptions("decodeSafetensors", options, { only: aFunction("a function of a tensor's name and header") });
  const { entries, metadata, start } = readHeader(source);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin } of entries) {
    if (options.only?.(name, { dtype, shape }) === false) continue;
    const elements = elementsFrom(source, start + begin, dtype, sizeOf(shape));
    tensors.set(name, new Tensor(elements, shape, unshared(elements, true)));
  }
  return { tensors, metadata };
}

/** The elements of a tensor whose bytes begin at `start`. */
function elementsFrom(source: FileSource, start: number, dtype: string, size: number): Float32Array {
  const storage = new Float32Array(size);
  if (dtype === "F32" && IS_LITTLE_ENDIAN) {
    const bytes = new Uint8Array(storage.buffer);
    for (let at = 0; at < bytes.length; at += DIRECT_BYTES) {
      source.readInto(bytes.subarray(at, at + DIRECT_BYTES), start + at);
    }
    return storage;
  }
  const width = elementTypes[dtype]!.bytes;
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size * width));
  for (let at = 0; at < size; at += CHUNK_BYTES / width) {
    const part = storage.subarray(at, at + CHUNK_BYTES / width);
    const bytes = chunk.subarray(0, part.length * width);
    source.readInto(bytes, start + at * width);
    fillFrom(dtype, bytes, part);
  }
  return storage;
}

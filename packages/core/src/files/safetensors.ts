/**
 * The safetensors format (https://github.com/huggingface/safetensors#format): 8 bytes of header length, a JSON header,
 * then the tensors' bytes, little-endian and row-major, without holes or overlaps. Writing gives F32 with the tensors
 * in order of their names (by UTF-16 code unit) and the header padded to 8 bytes, so equal tensors always give equal
 * bytes. Reading trusts nothing: anything malformed gives a SafetensorsError.
 */
import { asBytes, type FileBytes } from "./bytes.js";
import { elementTypes } from "./element-types.js";
import { isWellFormed, parseHeaderJson } from "./header-json.js";
import { anObject, aRecord, check, describeValue } from "../checks.js";
import { SafetensorsError } from "../errors.js";
import { otherFormat } from "./other-formats.js";
import { formatShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";
import { decodeUtf8, encodeUtf8 } from "./utf8.js";

const tensorsByName = aRecord("a Map or an object of Tensors by name");

/** Bytes of the header's length, at the start of a file. */
const PREFIX_BYTES = 8;

/** The format's own limit on the JSON header. */
const MAX_HEADER_BYTES = 100_000_000;

/** A product of sizes that has reached this is too large, even if a 0 follows. */
const MOST_ELEMENTS = 2n ** 64n;

const SPACE = " ".charCodeAt(0);
const OPENING_BRACE = "{".charCodeAt(0);

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const METADATA = "__metadata__";

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
  for (const [, { data }] of entries) {
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

/** The checked entry of one tensor in the header. */
interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file. Every type becomes float32, rounded to nearest where float32 is too narrow (F64, I32, I64,
 * U32, U64).
 *
 * @throws SafetensorsError if the file is truncated or damaged, or has a type that cannot be converted
 */
export function decodeSafetensors(file: FileBytes): SafetensorsFile {
  const bytes = asBytes(file, "decodeSafetensors");
  const other = otherFormat(bytes);
  if (other !== undefined) throw fail(`the file is ${other}`);
  const { entries, metadata, start } = readHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkCoverage(entries, bytes.length - start);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin } of entries) {
    const { bytes: step, read } = elementTypes[dtype]!;
    const storage = new Float32Array(sizeOf(shape));
    for (let i = 0; i < storage.length; i++) storage[i] = read(view, start + begin + i * step);
    tensors.set(name, new Tensor(storage, shape));
  }
  return { tensors, metadata };
}

const fail = (problem: string): SafetensorsError => new SafetensorsError(`decodeSafetensors: ${problem}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readHeader(bytes: Uint8Array): { entries: HeaderEntry[]; metadata: Record<string, string>; start: number } {
  if (bytes.length < PREFIX_BYTES) {
    throw fail(
      `the file has ${bytes.length} bytes, fewer than the ${PREFIX_BYTES} of its header length. Was it downloaded completely?`,
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw fail(`the header claims ${length} bytes, over the limit of ${MAX_HEADER_BYTES}. Is this a safetensors file?`);
  }
  const start = PREFIX_BYTES + Number(length);
  if (start > bytes.length) {
    throw fail(
      `the header claims ${length} bytes, but only ${bytes.length - PREFIX_BYTES} follow. The file is truncated or not safetensors.`,
    );
  }
  const header = parseHeader(bytes.subarray(PREFIX_BYTES, start));
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = checkMetadata(value);
    else entries.push(checkEntry(name, value));
  }
  return { entries, metadata, start };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = parseHeaderJson(decodeUtf8(bytes));
  } catch (error) {
    if (error instanceof SafetensorsError) throw error;
    throw fail(`the header is not valid JSON (${(error as Error).message}). Is this a safetensors file?`);
  }
  if (!isRecord(header) || bytes[0] !== OPENING_BRACE) {
    throw fail(`the header must be a JSON object that starts with "{". Is this a safetensors file?`);
  }
  return header;
}

function checkMetadata(value: unknown): Record<string, string> {
  if (value === null) return {};
  if (isRecord(value) && Object.values(value).every((item) => typeof item === "string")) {
    return value as Record<string, string>;
  }
  throw fail(`${METADATA} must map names to strings, not ${JSON.stringify(value)}.`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkEntry(name: string, value: unknown): HeaderEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(value)) throw fail(`${label} has no description: ${JSON.stringify(value)}.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(elementTypes, dtype)) {
    throw fail(
      `${label} has dtype ${JSON.stringify(dtype)}; readable are ${Object.keys(elementTypes).join(", ")}. ` +
        `Convert it to F32 before saving.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw fail(`${label} has shape ${JSON.stringify(shape)}, not a list of non-negative integers.`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail(`${label} has data_offsets ${JSON.stringify(offsets)}, not [begin, end] in bytes.`);
  }
  if (shape.reduce((size: bigint, side) => (size < MOST_ELEMENTS ? size * BigInt(side) : size), 1n) >= MOST_ELEMENTS) {
    throw fail(`${label} has shape ${formatShape(shape)}, of more elements than 64 bits count.`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = sizeOf(shape) * elementTypes[dtype]!.bytes;
  if (end - begin !== expected) {
    throw fail(
      `${label} of shape ${formatShape(shape)} and dtype ${dtype} takes ${expected} bytes, ` +
        `but its data_offsets [${begin}, ${end}] hold ${end - begin}. The header is damaged.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Throws unless the tensors, in order of their offsets, fill `available` bytes exactly: no overlap, no gap, nothing
 * left over.
 */
function checkCoverage(entries: readonly HeaderEntry[], available: number): void {
  let filled = 0;
  let previous = "the start";
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const label = `tensor ${JSON.stringify(name)}`;
    if (begin !== filled) {
      const problem = begin < filled ? "overlaps" : "leaves a hole after";
      throw fail(
        `${label} at byte ${begin} ${problem} ${previous}, which ends at byte ${filled}. The header is damaged.`,
      );
    }
    filled = end;
    previous = label;
  }
  if (filled !== available) {
    throw fail(
      `the header describes ${filled} bytes of data, but the file holds ${available}. ` +
        (available < filled ? "It is truncated; fetch it again." : "It has trailing bytes or a damaged header."),
    );
  }
}

/**
 * The header of a safetensors file, which is trusted in nothing: sizes, shapes, types and offsets are checked before any of them is
 * used. Anything malformed gives a SafetensorsError.
 */
import { elementTypes } from "./element-types.js";
import { parseHeaderJson } from "./header-json.js";
import { otherFormat } from "./other-formats.js";
import type { FileSource } from "./source.js";
import { decodeUtf8 } from "./utf8.js";
import { SafetensorsError } from "../errors.js";
import { formatShape, sizeOf } from "../shape.js";

/** Bytes of the header's length, at the start of a file. */
export const PREFIX_BYTES = 8;

/** The format's own limit on the JSON header. */
export const MAX_HEADER_BYTES = 100_000_000;

export const METADATA = "__metadata__";

/** A product of sizes that has reached this is too large, even if a 0 follows. */
const MOST_ELEMENTS = 2n ** 64n;

const OPENING_BRACE = "{".charCodeAt(0);

/** As many bytes of the beginning as tell what else a file may be. */
const BEGINNING = 256;

/** The checked entry of one tensor in the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const fail = (problem: string): SafetensorsError => new SafetensorsError(`decodeSafetensors: ${problem}`);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The header of a file. */
export interface Header {
  /** In the order of the header. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Record<string, string>;
  /** The byte of the file at which the data begins. */
  readonly start: number;
}

const bytesOf = (source: FileSource, begin: number, end: number): Uint8Array => {
  const bytes = new Uint8Array(end - begin);
  source.readInto(bytes, begin);
  return bytes;
};

/** Reads and checks the header of a file. @throws SafetensorsError */
export function readHeader(source: FileSource): Header {
  const { size } = source;
  const beginning = bytesOf(source, 0, Math.min(size, BEGINNING));
  const other = otherFormat(beginning);
  if (other !== undefined) throw fail(`the file is ${other}`);
  if (size < PREFIX_BYTES) {
    throw fail(
      `the file has ${size} bytes, fewer than the ${PREFIX_BYTES} of its header length. Was it downloaded completely?`,
    );
  }
  const length = new DataView(beginning.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw fail(`the header claims ${length} bytes, over the limit of ${MAX_HEADER_BYTES}. Is this a safetensors file?`);
  }
  const start = PREFIX_BYTES + Number(length);
  if (start > size) {
    throw fail(
      `the header claims ${length} bytes, but only ${size - PREFIX_BYTES} follow. The file is truncated or not safetensors.`,
    );
  }
  const header = parseHeader(bytesOf(source, PREFIX_BYTES, start));
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = checkMetadata(value);
    else entries.push(checkEntry(name, value));
  }
  checkCoverage(entries, size - start);
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

/** Edits of safetensors files: of their header as JSON, with the length that belongs to it, and of their numbers. */
import { editBytes, flipBit, joined, type Edit } from "./bytes.js";
import { editJson } from "./json.js";

/** Where the numbers begin; 0 in what is no such file. */
export function startOfData(bytes: Uint8Array): number {
  if (bytes.length < 8) return 0;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length <= BigInt(bytes.length - 8) ? Number(length) + 8 : 0;
}

/** The file with another header, padded with spaces to a multiple of 8 as writers do. */
export function withHeader(bytes: Uint8Array, header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = Math.ceil(text.length / 8) * 8;
  const front = new Uint8Array(8 + length).fill(0x20);
  new DataView(front.buffer).setBigUint64(0, BigInt(length), true);
  front.set(text, 8);
  return joined(front, bytes.subarray(startOfData(bytes)));
}

/** The header as text. */
export const headerOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(8, Math.max(8, startOfData(bytes))));

const editHeader: Edit = (bytes, rng) => withHeader(bytes, editJson(headerOf(bytes), rng));

const ODD_NUMBERS = [NaN, Infinity, -Infinity, -0, 0, 1e-45, 3.4028234663852886e38, -1e30, 1, 16777217];

const editNumber: Edit = (bytes, rng) => {
  const start = startOfData(bytes);
  const count = Math.floor((bytes.length - start) / 4);
  const changed = Uint8Array.from(bytes);
  if (count > 0) new DataView(changed.buffer).setFloat32(start + 4 * rng.int(count), rng.pick(ODD_NUMBERS), true);
  return changed;
};

/** Flips one bit of the numbers. */
export const flipWeight: Edit = (bytes, rng) => flipBit(bytes, rng, startOfData(bytes));

/** Mostly of the header, where there is most to believe. */
export const editSafetensors: Edit = (bytes, rng) =>
  rng.pick([editHeader, editHeader, editHeader, editHeader, editHeader, editNumber, flipWeight, editBytes])(bytes, rng);

/** The file without the checksum in its metadata. */
export function withoutChecksum(bytes: Uint8Array): Uint8Array {
  const { __metadata__: metadata = {}, ...rest } = JSON.parse(headerOf(bytes)) as Record<
    string,
    Record<string, unknown>
  >;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !/checksum/i.test(key)));
  return withHeader(bytes, JSON.stringify({ __metadata__: kept, ...rest }));
}

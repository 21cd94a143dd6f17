/**
 * The checksum in the metadata of a file: a CRC-32 of the weights and another of the metadata, so that an error can tell which of them
 * changed. It is of what a file says, not of how: the bytes that `encodeSafetensors` gives for it, whatever format it is in.
 */
import { aMap, check, checkOptions, someTexts } from "../checks.js";
import { ChecksumError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { encodeSafetensors, type SafetensorsFile } from "./safetensors.js";
import { encodeUtf8 } from "./utf8.js";

const fileKinds = { tensors: aMap("a Map of Tensors by name"), metadata: someTexts };

const CHECKSUM = "selectron.checksum";

/** CRC-32 as in zlib and PNG (ISO 3309), as 8 hexadecimal digits. It notices any one or two flipped bits in up to 512 MB. */
export function crc32(bytes: Uint8Array): string {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]!) & 255]!;
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The checksum of named weights. */
export const weightsChecksum = (tensors: ReadonlyMap<string, Tensor>): string => crc32(encodeSafetensors(tensors));

/** In the order of the keys, which formats do not keep. */
const ofMetadata = (metadata: Readonly<Record<string, string>>): string =>
  crc32(encodeUtf8(JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))));

/** The metadata of a file that is about to be written, with the checksum. */
export const withChecksum = (
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Record<string, string> => {
  check("withChecksum: tensors", tensors, fileKinds.tensors);
  check("withChecksum: metadata", metadata, fileKinds.metadata);
  return { ...metadata, [CHECKSUM]: `${weightsChecksum(tensors)} ${ofMetadata(metadata)}` };
};

/**
 * Whether a file that was read has a checksum; files that others wrote, and those of version 0.1, have none.
 *
 * @throws ChecksumError if it has one that does not fit
 */
export function verifyChecksum(file: SafetensorsFile): boolean {
  checkOptions("verifyChecksum", file, fileKinds, ["tensors", "metadata"]);
  const { tensors, metadata } = file;
  const { [CHECKSUM]: checksum, ...rest } = metadata;
  if (checksum === undefined) return false;
  // Checkpoints of version 0.1 have one number for both.
  if (/^\w{8}$/.test(checksum)) {
    mustBe("weights or the metadata", crc32(encodeSafetensors(tensors, rest)), checksum);
    return true;
  }
  const [weights, description] = /^(\w{8}) (\w{8})$/.exec(checksum)?.slice(1) ?? [];
  mustBe("weights", weightsChecksum(tensors), weights);
  mustBe("metadata", ofMetadata(rest), description);
  return true;
}

/**
 * What is to be said of a file that was read, for those who use it: that it has no checksum.
 *
 * @throws ChecksumError if it has one that does not fit
 */
export const checksumNotes = (file: SafetensorsFile): string[] =>
  verifyChecksum(file)
    ? []
    : ["it has no checksum, as files of version 0.1 do not, so that a changed weight would not be noticed"];

function mustBe(what: string, found: string, wanted: string | undefined): void {
  if (found === wanted) return;
  throw new ChecksumError(
    wanted === undefined
      ? `the metadata entry "${CHECKSUM}" is damaged`
      : `the ${what} were changed after the file was written, or are damaged: their checksum is ${found}, and should be ${wanted}`,
  );
}

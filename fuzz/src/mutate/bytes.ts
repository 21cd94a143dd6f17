/** Edits of any bytes: what disks, transfers and editors do to files, and what nothing does. */
import type { Rng } from "@selectron/core";

/** One edit: the changed contents, from the contents and a random stream. */
export type Edit = (bytes: Uint8Array, rng: Rng) => Uint8Array;

/** Bytes put together. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A passage [from, to) of up to `most` bytes. */
function passage(length: number, rng: Rng, most = 64): readonly [number, number] {
  const from = rng.int(length + 1);
  return [from, Math.min(length, from + 1 + rng.int(most))];
}

/** Flips one bit at or after an offset. */
export function flipBit(bytes: Uint8Array, rng: Rng, from = 0): Uint8Array {
  const changed = Uint8Array.from(bytes);
  if (from < bytes.length) changed[from + rng.int(bytes.length - from)]! ^= 1 << rng.int(8);
  return changed;
}

const ODD_BYTES = [0, 1, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xff];

const EDITS: readonly Edit[] = [
  flipBit,
  flipBit,
  (bytes, rng) => {
    const changed = Uint8Array.from(bytes);
    if (bytes.length > 0) changed[rng.int(bytes.length)] = rng.pick(ODD_BYTES);
    return changed;
  },
  function truncate(bytes, rng) {
    return bytes.slice(0, rng.int(bytes.length + 1));
  },
  function extend(bytes, rng) {
    return joined(
      bytes,
      Uint8Array.from({ length: 1 + rng.int(64) }, () => rng.int(256)),
    );
  },
  function remove(bytes, rng) {
    const [from, to] = passage(bytes.length, rng);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  function duplicate(bytes, rng) {
    const [from, to] = passage(bytes.length, rng);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  function overwrite(bytes, rng) {
    const [from, to] = passage(bytes.length, rng);
    const changed = Uint8Array.from(bytes);
    changed.copyWithin(rng.int(bytes.length + 1), from, to);
    return changed;
  },
  function fill(bytes, rng) {
    const [from, to] = passage(bytes.length, rng, 4096);
    return Uint8Array.from(bytes).fill(rng.pick(ODD_BYTES), from, to);
  },
];

/** One of the edits above. */
export const editBytes: Edit = (bytes, rng) => rng.pick(EDITS)(bytes, rng);

/**
 * Rows of selectors as bits: position k is bit k % 32 of word k / 32, and the bits behind the last position are 0. A row of n cells
 * takes n / 32 operations to combine and n / 8 bytes to keep.
 */

export type Bits = Uint32Array<ArrayBuffer>;

/** How many words hold n bits. */
export const wordsFor = (length: number): number => (length + 31) >>> 5;

export const hasBit = (bits: Bits, position: number): boolean =>
  ((bits[position >>> 5]! >>> (position & 31)) & 1) === 1;

export const setBit = (bits: Bits, position: number): void => {
  bits[position >>> 5]! |= 1 << (position & 31);
};

/** Sets each bit to whether `holds`. */
export function fillBits(bits: Bits, length: number, holds: (position: number) => boolean): void {
  for (let word = 0; word < bits.length; word++) {
    const end = Math.min(length, 32 * word + 32);
    let all = 0;
    for (let k = 32 * word; k < end; k++) if (holds(k)) all |= 1 << (k & 31);
    bits[word] = all;
  }
}

/** Inverts the bits of a row into another. */
export function invertBits(from: Bits, to: Bits, length: number): void {
  for (let word = 0; word < from.length; word++) to[word] = ~from[word]!;
  if (length % 32 > 0) to[to.length - 1]! &= 2 ** (length % 32) - 1;
}

/** How many bits are set. */
export function countBits(bits: Bits): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) {
    // The usual sum of bits in pairs, in fours, in bytes (Warren, Hacker's Delight, section 5-1).
    let x = bits[word]!;
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** The positions whose bits are set, in order, in the first places of `positions`; their number. */
export function setPositions(bits: Bits, positions: Int32Array): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word]! | 0; left !== 0; left &= left - 1) {
      positions[count++] = 32 * word + 31 - Math.clz32(left & -left);
    }
  }
  return count;
}

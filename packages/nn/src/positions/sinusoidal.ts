/**
 * Sinusoidal encoding (Vaswani et al. 2017, section 3.5): P[pos, 2i] = sin(pos · divTerm(i)), P[pos, 2i + 1] = cos of
 * the same, divTerm(i) = 10000^(−2i / D). P[pos + k] is a rotation of P[pos] that depends on k only.
 */
import { allocate, checks, tensor, type Tensor } from "@selectron/core";
import type { PositionContext, Positions } from "./positions.js";

/** Angular frequency of each pair of columns: [⌈width / 2⌉] numbers from 1 down to about 1 / base. */
export function divTerms(width: number, base = 10000): number[] {
  checks.check("divTerms: width", width, checks.anInteger(0, 2 ** 24));
  checks.check("divTerms: base", base, checks.aPositive);
  return Array.from({ length: Math.ceil(width / 2) }, (_, i) => base ** ((-2 * i) / width));
}

/** Rows start to start + length − 1 of the encoding: [length, width]. */
export function sinusoidalTable(start: number, length: number, width: number): Tensor {
  checks.check("sinusoidalTable: start", start, checks.anInteger(0));
  checks.check("sinusoidalTable: length", length, checks.anInteger(0, 2 ** 24));
  checks.check("sinusoidalTable: width", width, checks.anInteger(0, 2 ** 24));
  const frequencies = divTerms(width);
  const table = allocate(length * width);
  for (let row = 0; row < length; row++) {
    for (let column = 0; column < width; column++) {
      const angle = (start + row) * frequencies[column >> 1]!;
      table[row * width + column] = column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return tensor(table, [length, width]);
}

export class SinusoidalPositions implements Positions {
  absolute(x: Tensor, { start }: PositionContext): Tensor {
    return sinusoidalTable(start, x.shape[1]!, x.shape[2]!);
  }
}

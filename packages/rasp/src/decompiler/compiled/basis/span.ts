/** Vectors that span the residual stream, found one after the other, and coordinates with respect to them. */

import type { Matrix } from "../run/weights.js";

/** A vector counts as a combination of others if less than this of its length is left. */
const LEFT = 1e-4;

/** What is less than this part of the largest is 0 up to rounding. */
export const NOTHING = 1e-4;

export const lengthOf = (vector: Float64Array): number => Math.sqrt(dot(vector, vector));

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const minus = (a: Float64Array, factor: number, b: Float64Array): Float64Array => a.map((x, i) => x - factor * b[i]!);

/** Whether the first vector is at right angles to all others. */
export function areAtRightAngles(vectors: readonly Float64Array[]): boolean {
  const [first, ...others] = vectors;
  return others.every((other) => Math.abs(dot(first!, other)) <= NOTHING * lengthOf(first!) * lengthOf(other));
}

/** The vector as a row, times the matrix. */
export function times(vector: Float64Array, { rows, columns, data }: Matrix): Float64Array {
  const result = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    const factor = vector[r]!;
    for (let c = 0; c < columns; c++) result[c]! += factor * data[r * columns + c]!;
  }
  return result;
}

/** Independent vectors, and the coordinates of others. */
export class Span {
  readonly vectors: Float64Array[] = [];
  /** Of length 1 and at right angles, and as combinations of the vectors. */
  readonly #orthonormal: { readonly vector: Float64Array; readonly combination: Float64Array }[] = [];

  get size(): number {
    return this.vectors.length;
  }

  /** Adds a vector, unless it is a combination of those that are there. Returns whether it was added. */
  add(vector: Float64Array): boolean {
    const length = lengthOf(vector);
    if (length === 0) return false;
    const combination = new Float64Array(this.size + 1);
    combination[this.size] = 1;
    let left = vector;
    // Twice is enough for right angles (Giraud, Langou & Rozložník 2005).
    for (let pass = 0; pass < 2; pass++) {
      for (const known of this.#orthonormal) {
        const part = dot(left, known.vector);
        left = minus(left, part, known.vector);
        known.combination.forEach((x, i) => (combination[i]! -= part * x));
      }
    }
    const rest = lengthOf(left);
    if (rest <= LEFT * length) return false;
    this.vectors.push(vector);
    this.#orthonormal.push({
      vector: left.map((x) => x / rest),
      combination: combination.map((x) => x / rest),
    });
    return true;
  }

  /** The coordinates of the part of a vector that is in the span. */
  coordinates(vector: Float64Array): Float64Array {
    const result = new Float64Array(this.size);
    for (const known of this.#orthonormal) {
      const part = dot(vector, known.vector);
      known.combination.forEach((x, i) => (result[i]! += part * x));
    }
    return result;
  }
}

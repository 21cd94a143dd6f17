/**
 * Other bases of the residual stream. A state x becomes x·M and a map W that reads it becomes N·W, where M·N = I; so every product that
 * the model takes is what it was. With an orthogonal M the subspaces stay at right angles and nothing is readable by coordinate. With
 * another M they are at other angles: superposed.
 */
import type { Rng } from "@selectron/core";
import { identity, lowerInverse, orthogonal, scaledRows, stretchOf, times, transposed, type Matrix } from "./matrix.js";

/** A basis of the residual stream. */
export interface Basis {
  /** [dModel, dModel]: row c is the direction of coordinate c of the plain model. */
  readonly directions: Matrix;
  /** [dModel, dModel]: column c reads coordinate c of the plain model. */
  readonly readers: Matrix;
  /** By how much a state can become longer, and by how much the vector that reads a coordinate. 1 for a rotation. */
  readonly stretch: number;
  readonly readerStretch: number;
}

/** A random rotation. */
export function rotation(dModel: number, rng: Rng): Basis {
  const directions = orthogonal(dModel, rng);
  return { directions, readers: transposed(directions), stretch: 1, readerStretch: 1 };
}

/**
 * A random rotation of directions of length 1 that are not at right angles to each other.
 *
 * @param skew - 0 for right angles; with 1 a direction has as much of the other directions as of its own
 */
export function superposition(dModel: number, skew: number, rng: Rng): Basis {
  const lower = identity(dModel);
  const lengths = new Float64Array(dModel);
  for (let row = 0; row < dModel; row++) {
    let square = 1;
    for (let column = 0; column < row; column++) {
      // Uniform from -√3 to √3 has variance 1.
      const part = (skew * (2 * rng.float() - 1) * Math.sqrt(3)) / Math.sqrt(dModel);
      lower.data[row * dModel + column] = part;
      square += part * part;
    }
    lengths[row] = 1 / Math.sqrt(square);
  }
  const triangle = scaledRows(lower, lengths);
  const inverse = lowerInverse(triangle);
  const turned = orthogonal(dModel, rng);
  return {
    directions: times(triangle, turned),
    readers: times(transposed(turned), inverse),
    stretch: stretchOf(triangle),
    readerStretch: stretchOf(inverse),
  };
}

/** The bases of a head: an invertible pair with a · bᵀ = I, so that (q·a)·(k·b) = q·k. */
export interface HeadBases {
  readonly a: Matrix;
  readonly b: Matrix;
}

/** At most this is the length of a vector in a head's basis over its own, and over it in the other one. */
export const HEAD_STRETCH = Math.sqrt(2);

/** a = u·diag(s)·v and b = u·diag(1/s)·v, with orthogonal u and v and s from 1/√2 to √2. */
export function headBases(width: number, rng: Rng): HeadBases {
  const [u, v] = [orthogonal(width, rng), orthogonal(width, rng)];
  const scales = Float64Array.from({ length: width }, () => {
    const stretched = 1 + rng.float() * (HEAD_STRETCH - 1);
    return rng.float() < 0.5 ? stretched : 1 / stretched;
  });
  return {
    a: times(u, scaledRows(v, scales)),
    b: times(
      u,
      scaledRows(
        v,
        scales.map((s) => 1 / s),
      ),
    ),
  };
}

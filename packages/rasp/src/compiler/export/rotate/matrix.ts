/**
 * Small matrices of 64-bit numbers, row by row. All of it is +, -, ×, ÷ and √ in a fixed order, so that equal seeds give equal bytes on
 * every runtime.
 */
import type { Rng } from "@selectron/core";

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: new Float64Array(rows * columns),
});

export function identity(n: number): Matrix {
  const result = zeros(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

export function times(a: Matrix, b: Matrix): Matrix {
  const result = zeros(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < b.columns; j++) result.data[i * b.columns + j]! += factor * b.data[k * b.columns + j]!;
    }
  }
  return result;
}

export function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = zeros(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result.data[j * rows + i] = data[i * columns + j]!;
  return result;
}

/** Row i times factors[i]. */
export function scaledRows({ rows, columns, data }: Matrix, factors: ArrayLike<number>): Matrix {
  return { rows, columns, data: data.map((value, at) => value * factors[Math.floor(at / columns)]!) };
}

/**
 * A random orthogonal matrix [n, n]: a product of n Householder reflections I - 2 v vᵀ / (v · v), each along a random direction.
 */
export function orthogonal(n: number, rng: Rng): Matrix {
  const { data } = identity(n);
  const direction = new Float64Array(n);
  for (let reflection = 0; reflection < n; reflection++) {
    let square = 0;
    for (let i = 0; i < n; i++) {
      // The sum of a few uniform numbers is nearly normal, so that no direction is preferred.
      direction[i] = rng.float() + rng.float() + rng.float() - 1.5;
      square += direction[i]! * direction[i]!;
    }
    if (square === 0) continue;
    for (let row = 0; row < n; row++) {
      let dot = 0;
      for (let i = 0; i < n; i++) dot += data[row * n + i]! * direction[i]!;
      const factor = (2 * dot) / square;
      for (let i = 0; i < n; i++) data[row * n + i]! -= factor * direction[i]!;
    }
  }
  return { rows: n, columns: n, data };
}

/** The inverse of a lower triangular matrix without zeros on its diagonal. */
export function lowerInverse({ rows: n, data }: Matrix): Matrix {
  const result = zeros(n, n);
  for (let column = 0; column < n; column++) {
    for (let row = column; row < n; row++) {
      let sum = row === column ? 1 : 0;
      for (let k = column; k < row; k++) sum -= data[row * n + k]! * result.data[k * n + column]!;
      result.data[row * n + column] = sum / data[row * n + row]!;
    }
  }
  return result;
}

/** How often the Gram matrix is squared in `stretchOf`. */
const SQUARINGS = 4;

/**
 * An upper bound on the spectral norm, at most n^(1/32) times it: the trace of a power of the Gram matrix is the sum of the powers of its
 * eigenvalues, none of which is negative.
 */
export function stretchOf(matrix: Matrix): number {
  let power = times(matrix, transposed(matrix));
  const n = power.rows;
  let scale = 1;
  for (let s = 0; s < SQUARINGS; s++) {
    const largest = power.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    if (largest === 0) return 0;
    power = { ...power, data: power.data.map((x) => x / largest) };
    scale = scale * largest;
    power = times(power, power);
    scale = scale * scale;
  }
  let trace = 0;
  for (let i = 0; i < n; i++) trace += power.data[i * n + i]!;
  // scale · trace is the sum of λ^16; its 32nd root bounds √λ.
  let root = scale * trace;
  for (let s = 0; s < SQUARINGS + 1; s++) root = Math.sqrt(root);
  return root * (1 + 2 ** -30);
}

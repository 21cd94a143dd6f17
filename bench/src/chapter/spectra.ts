/** Spectra of small matrices: eigenvalues, singular values and the share of low frequencies. */

/** Sums of squares outside the diagonal below this are 0. */
const TINY = 1e-18;
const MOST_SWEEPS = 60;

/** The eigenvalues of a symmetric matrix by Jacobi's rotations, largest first. */
export function eigenvalues(symmetric: readonly (readonly number[])[]): number[] {
  const a = symmetric.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let outside = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) outside += a[p]![q]! ** 2;
    if (outside < TINY) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, p, q);
  }
  return a.map((row, i) => row[i]!).sort((x, y) => y - x);
}

/** One rotation, which makes a[p][q] 0. */
function rotate(a: number[][], p: number, q: number): void {
  if (a[p]![q] === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[k]![p]!, a[k]![q]!];
    a[k]![p] = c * x - s * y;
    a[k]![q] = s * x + c * y;
  }
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[p]![k]!, a[q]![k]!];
    a[p]![k] = c * x - s * y;
    a[q]![k] = s * x + c * y;
  }
}

/** The singular values of a matrix, largest first. */
export function singularValues(matrix: readonly (readonly number[])[]): number[] {
  const columns = matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));
  const gram = columns.map((a) => columns.map((b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)));
  return eigenvalues(gram).map((value) => Math.sqrt(Math.max(0, value)));
}

/** The exponential of the entropy of the singular values' shares (Roy & Vetterli 2007): from 1 to the rank. */
export function effectiveRank(values: readonly number[]): number {
  const total = values.reduce((a, b) => a + b, 0);
  return Math.exp(entropy(values.map((value) => value / total)));
}

/** In nats. */
export const entropy = (shares: readonly number[]): number =>
  -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);

/** The share of the squares of a matrix's two-dimensional Fourier transform whose frequencies are at most a quarter of the highest, on both axes. */
export function lowFrequencyShare(matrix: readonly (readonly number[])[]): number {
  const [m, n] = [matrix.length, matrix[0]!.length];
  const isLow = (k: number, size: number): boolean => Math.min(k, size - k) <= size / 8;
  let [low, total] = [0, 0];
  for (let k = 0; k < m; k++) {
    for (let l = 0; l < n; l++) {
      let [re, im] = [0, 0];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const angle = -2 * Math.PI * ((i * k) / m + (j * l) / n);
          re += matrix[i]![j]! * Math.cos(angle);
          im += matrix[i]![j]! * Math.sin(angle);
        }
      }
      const power = re * re + im * im;
      total += power;
      if (isLow(k, m) && isLow(l, n)) low += power;
    }
  }
  return low / total;
}

/**
 * Conformance of layer norm, against moments that are summed exactly: a finite float32 number is a whole multiple of 2^−149, and
 * whole numbers of any size are bigints.
 */
import type { Kernels } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { assertNear, blank, finiteFloat, normals, ROUNDOFF, spacing, type ConformanceCase } from "./support.js";

/** x · 2^149. */
function units(x: number): bigint {
  let shift = 149;
  let whole = x;
  for (; !Number.isInteger(whole); shift--) whole *= 2;
  return BigInt(whole) << BigInt(shift);
}

/** A row normalised, and 1 / √(variance + epsilon), each right to a few units of float64. */
function exactRow(row: Float32Array, epsilon: number): { normalised: number[]; scale: number } {
  const elements = [...row].map(units);
  const count = BigInt(row.length);
  const sum = elements.reduce((a, b) => a + b, 0n);
  const squares = elements.reduce((a, b) => a + b * b, 0n);
  // n² · (variance + epsilon) · 2^298
  const spread = count * squares - sum * sum + ((count * count * units(epsilon * 2 ** 100)) << 49n);
  const deviation = Math.sqrt(Number(spread));
  return {
    normalised: elements.map((element) => Number(count * element - sum) / deviation),
    scale: (row.length * 2 ** 149) / deviation,
  };
}

/** Rows that are hard to normalise, by kind. Each draws the next element. */
const hardRows: readonly ((rng: Rng) => () => number)[] = [
  // A large mean and the smallest spread.
  (rng) => {
    const base = finiteFloat(rng);
    const step = spacing(base);
    const most = 1 + rng.int(4);
    return () => base + step * rng.int(most);
  },
  // One element that differs.
  (rng) => {
    const [base, other] = [finiteFloat(rng), finiteFloat(rng)];
    const at = rng.int(8);
    let drawn = 0;
    return () => (drawn++ === at ? other : base);
  },
  (rng) => () => (rng.int(2) ? 1 : -1) * (rng.int(4) ? 3e38 : 3.4028234663852886e38),
  (rng) => () => (rng.int(2 ** 12) - 2 ** 11) * 2 ** -149,
  (rng) => () => finiteFloat(rng),
  // What cancels, and what is left.
  (rng) => {
    const large = finiteFloat(rng);
    let drawn = 0;
    return () => (++drawn % 3 === 0 ? rng.normal() : drawn % 3 === 1 ? large : -large);
  },
  (rng) => {
    const [mean, spread] = [rng.normal() * 10 ** rng.int(9), 10 ** (rng.int(9) - 4)];
    return () => mean + spread * rng.normal();
  },
];

const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 16, 19, 33, 64, 100] as const;
const epsilons = [1e-5, 1e-12, 0, 1] as const;

/**
 * Checks layer norm on rows that are hard to normalise: within 4 · 2^−24 · max(1, |y|).
 *
 * @param rows - how many
 */
export function checkLayerNorm(kernels: Kernels, seed: number, rows: number): void {
  const rng = new Rng(seed);
  for (let done = 0; done < rows;) {
    const columns = lengths[rng.int(lengths.length)]!;
    const epsilon = epsilons[rng.int(epsilons.length)]!;
    const count = Math.min(16, rows - done);
    const x = new Float32Array(count * columns);
    for (let i = 0; i < count; i++) {
      const next = hardRows[rng.int(hardRows.length)]!(rng);
      for (let j = 0; j < columns; j++) x[i * columns + j] = next();
    }
    const out = blank(x.length);
    kernels.layerNormRows(x, undefined, undefined, out, count, columns, epsilon);
    for (let i = 0; i < count; i++) {
      const row = x.subarray(i * columns, (i + 1) * columns);
      exactRow(row, epsilon).normalised.forEach((expected, j) => {
        const label = (): string => `layerNorm, epsilon ${epsilon}, of [${row.join(", ")}], column ${j}`;
        assertNear(label, out[i * columns + j], expected, 4 * ROUNDOFF * Math.max(1, Math.abs(expected)));
      });
    }
    done += count;
  }
}

function affineCase(kernels: Kernels): ConformanceCase {
  return {
    name: "layerNormRows with gain and bias",
    run: () => {
      const rng = new Rng(4);
      for (const columns of [1, 2, 3, 4, 7, 8, 33, 200]) {
        const x = normals(rng, 3 * columns).map((value, index) => value + (index < columns ? 1000 : 0));
        const [gain, bias] = [normals(rng, columns), normals(rng, columns)];
        if (columns > 2) [gain[1], bias[1], gain[2]] = [3e38, -3e38, 1e-40];
        const out = blank(x.length);
        kernels.layerNormRows(x, gain, bias, out, 3, columns, 1e-5);
        for (let i = 0; i < 3; i++) {
          const { normalised } = exactRow(x.subarray(i * columns, (i + 1) * columns), 1e-5);
          normalised.forEach((value, j) => {
            const scaled = Math.fround(value * gain[j]!);
            const size = Math.max(1, Math.abs(value)) * Math.abs(gain[j]!) + Math.abs(bias[j]!);
            const label = `layerNorm row ${i} of ${columns}, column ${j}`;
            assertNear(label, out[i * columns + j], Math.fround(scaled + bias[j]!), 8 * ROUNDOFF * size);
          });
        }
      }
    },
  };
}

function backwardCase(kernels: Kernels): ConformanceCase {
  return {
    name: "layerNormRowsBackward, of rows that are hard to normalise",
    run: () => {
      const rng = new Rng(15);
      for (let round = 0; round < 300; round++) {
        const columns = lengths[rng.int(lengths.length)]!;
        const next = hardRows[round % hardRows.length]!(rng);
        const x = Float32Array.from({ length: columns }, next);
        const [outGradient, gain] = [normals(rng, columns), normals(rng, columns)];
        const [xGradient, gainGradient, biasGradient] = [blank(columns), blank(columns), blank(columns)];
        const gradients = { outGradient, xGradient, gainGradient, biasGradient };
        kernels.layerNormRowsBackward({ x, gain, ...gradients, rows: 1, columns, epsilon: 1e-12 });
        const { normalised, scale } = exactRow(x, 1e-12);
        const slopes = outGradient.map((slope, j) => slope * gain[j]!);
        const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / columns;
        const total = mean([...slopes]);
        const along = mean(normalised.map((value, j) => value * slopes[j]!));
        normalised.forEach((value, j) => {
          const label = (): string => `layerNormRowsBackward of [${x.join(", ")}], column ${j}`;
          const expected = scale * (slopes[j]! - total - value * along);
          const size = scale * (Math.abs(slopes[j]!) + 4 + Math.abs(value) * (4 + Math.abs(along)));
          assertNear(label, xGradient[j], expected, 8 * ROUNDOFF * size);
          const slack = 8 * ROUNDOFF * Math.abs(outGradient[j]!) * Math.max(1, Math.abs(value));
          assertNear(label, gainGradient[j], outGradient[j]! * value, slack);
          assertNear(label, biasGradient[j], outGradient[j]!, 0);
        });
      }
    },
  };
}

export function layerNormCases(kernels: Kernels): ConformanceCase[] {
  const hard = {
    name: "layerNormRows, of rows that are hard to normalise",
    run: () => checkLayerNorm(kernels, 1, 3000),
  };
  return [hard, affineCase(kernels), backwardCase(kernels)];
}

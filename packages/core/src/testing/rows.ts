/** Conformance of softmax and reductions over rows. */
import { LARGEST_FLOAT } from "../float.js";
import type { Kernels, RowReduction } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { assertAllNear, assertNear, blank, finiteFloat, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

/** Rows of several lengths, near zero, far from it, partly or wholly −∞, of all magnitudes, and as large or small as can be. */
function rowInputs(): { rows: number; columns: number; x: Float32Array }[] {
  const rng = new Rng(3);
  return [1, 2, 3, 4, 5, 8, 17, 64, 130].map((columns) => {
    const x = normals(rng, 9 * columns);
    for (let j = 0; j < columns; j++) {
      x[columns + j]! *= 100;
      x[5 * columns + j] = finiteFloat(rng);
      x[6 * columns + j] = (rng.int(2) ? 1 : -1) * LARGEST_FLOAT;
      x[7 * columns + j] = (rng.int(9) - 4) * 2 ** -149;
      x[8 * columns + j]! *= 1e30;
      x[2 * columns + j]! += 1e6;
      x[3 * columns + j] = -Infinity;
      if (j % 2 === 1) x[4 * columns + j] = -Infinity;
    }
    return { rows: 9, columns, x };
  });
}

/** A check of each row against a formula for its elements. */
function softmaxCase(
  kernels: Kernels,
  operation: "softmaxRows" | "logSoftmaxRows",
  value: (x: number, maximum: number, sum: number) => number,
  tolerance: (expected: number, columns: number, distance: number) => number,
): ConformanceCase {
  const empty = operation === "softmaxRows" ? 0 : -Infinity;
  return {
    name: `${operation}, with masked rows and rows far from 0`,
    run: () => {
      for (const { rows, columns, x } of rowInputs()) {
        const out = blank(x.length);
        kernels[operation](x, out, rows, columns);
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * columns, (i + 1) * columns);
          const maximum = Math.max(...row);
          const sum = row.reduce((total, element) => total + Math.exp(element - maximum), 0);
          row.forEach((element, j) => {
            const label = `${operation} row ${i} of ${columns}, column ${j}`;
            const expected = maximum === -Infinity ? empty : Math.fround(value(element, maximum, sum));
            const slack = tolerance(expected, columns, maximum - element);
            assertNear(label, out[i * columns + j], expected, slack);
          });
        }
      }
    },
  };
}

function softmaxNanCase(kernels: Kernels): ConformanceCase {
  return {
    name: "softmaxRows and logSoftmaxRows keep NaN in its row",
    run: () => {
      const columns = 21;
      for (const operation of ["softmaxRows", "logSoftmaxRows"] as const) {
        for (const rest of [0, -Infinity]) {
          const x = new Float32Array(3 * columns).fill(1).fill(rest, columns, 2 * columns);
          x[columns + 18] = NaN;
          const out = blank(x.length).fill(7);
          kernels[operation](x, out, 3, columns);
          out.forEach((value, index) => {
            const isBad = Math.floor(index / columns) === 1;
            if (Number.isNaN(value) !== isBad) throw new Error(`${operation}, element ${index}: ${value}.`);
          });
        }
      }
    },
  };
}

export function softmaxCases(kernels: Kernels): ConformanceCase[] {
  return [
    softmaxCase(
      kernels,
      "softmaxRows",
      (x, maximum, sum) => Math.exp(x - maximum) / sum,
      // x − maximum rounds before it is exponentiated.
      (expected, columns, distance) => (columns + 8 + Math.min(distance, 200)) * ROUNDOFF * expected + 2 ** -126,
    ),
    softmaxNanCase(kernels),
    softmaxCase(
      kernels,
      "logSoftmaxRows",
      (x, maximum, sum) => x - maximum - Math.log(sum),
      (expected, columns) => (columns + 8) * ROUNDOFF * (1 + Math.abs(expected)),
    ),
  ];
}

/** Allowed error of a sum of this many terms, which accumulates in float64, in any order, and rounds once. */
const sumTolerance =
  (terms: number) =>
  (value: number): number =>
    ROUNDOFF * 2 * Math.abs(value) + terms * 2 ** -48;

export function reductionCases(kernels: Kernels): ConformanceCase[] {
  const folds: Record<RowReduction, (row: number[]) => number> = {
    sum: (row) => row.reduce((a, b) => a + b, 0),
    max: (row) => row.reduce((a, b) => Math.max(a, b), -Infinity),
    min: (row) => row.reduce((a, b) => Math.min(a, b), Infinity),
  };
  const rowCases = Object.entries(folds).map(([operation, fold]) => ({
    name: `reduceRows ${operation}`,
    run: () => {
      const rng = new Rng(7);
      for (const columns of [1, 2, 3, 7, 8, 9, 31, 64, 1000]) {
        for (const special of [undefined, NaN, Infinity, -Infinity]) {
          const x = normals(rng, 5 * columns);
          if (special !== undefined) x[rng.int(x.length)] = special;
          const out = blank(5);
          kernels.reduceRows(operation as RowReduction, x, out, 5, columns);
          const expected = [0, 1, 2, 3, 4].map((i) => fold([...x.subarray(i * columns, (i + 1) * columns)]));
          assertAllNear(`${operation} of ${columns}`, out, Float32Array.from(expected), sumTolerance(columns));
        }
      }
    },
  }));
  return [...rowCases, sumColumnsCase(kernels), sumRangeCase(kernels)];
}

function sumColumnsCase(kernels: Kernels): ConformanceCase {
  return {
    name: "sumColumns",
    run: () => {
      const rng = new Rng(8);
      for (const rows of [0, 1, 2, 5, 300]) {
        for (const columns of [1, 3, 4, 17, 64]) {
          const x = normals(rng, rows * columns);
          const out = blank(columns);
          kernels.sumColumns(x, out, rows, columns);
          const sums = new Float64Array(columns);
          x.forEach((value, i) => (sums[i % columns]! += value));
          assertAllNear(`sumColumns of ${rows} × ${columns}`, out, Float32Array.from(sums), sumTolerance(rows));
        }
      }
    },
  };
}

/** Sums of all magnitudes: off by the rounding of float64 in any order, and of the result. */
function sumRangeCase(kernels: Kernels): ConformanceCase {
  return {
    name: "reduceRows and sumColumns of all magnitudes",
    run: () => {
      for (const { rows, columns, x } of rowInputs()) {
        const row = (i: number): number[] => [...x.subarray(i * columns, (i + 1) * columns)];
        const column = (j: number): number[] => Array.from({ length: rows }, (_, i) => x[i * columns + j]!);
        const check = (label: string, actual: number | undefined, terms: number[]): void => {
          const expected = Math.fround(terms.reduce((a, b) => a + b, 0));
          const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
          assertNear(label, actual, expected, 2 * ROUNDOFF * Math.abs(expected) + terms.length * 2 ** -52 * size);
        };
        const [sums, most, least, down] = [blank(rows), blank(rows), blank(rows), blank(columns)];
        kernels.reduceRows("sum", x, sums, rows, columns);
        kernels.reduceRows("max", x, most, rows, columns);
        kernels.reduceRows("min", x, least, rows, columns);
        kernels.sumColumns(x, down, rows, columns);
        for (let i = 0; i < rows; i++) {
          check(`sum of row ${i} of ${columns}`, sums[i], row(i));
          assertNear(`largest of row ${i} of ${columns}`, most[i], Math.max(...row(i)), 0);
          assertNear(`smallest of row ${i} of ${columns}`, least[i], Math.min(...row(i)), 0);
        }
        for (let j = 0; j < columns; j++) check(`sum of column ${j} of ${columns}`, down[j], column(j));
      }
    },
  };
}

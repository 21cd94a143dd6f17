/** Conformance of `Kernels.matmul`: strides, tails, blocks, bias, activation, and zeros times infinity. */
import type { Activation, Kernels, MatmulCall, MatrixView } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { unaryFunctions } from "../reference/scalar-functions.js";
import { assertNear, blank, finiteFloat, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

/**
 * The elements of A B in float64, with the sums of the absolute values of what they add up, and with the sums of the absolute
 * values of B's columns.
 */
interface Products {
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
  readonly columns: Float64Array;
}

function productsOf({ a, b, m, k, n }: Omit<MatmulCall, "out">): Products {
  const [sums, magnitudes, columns] = [new Float64Array(m * n), new Float64Array(m * n), new Float64Array(n)];
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) columns[j]! += Math.abs(b.data[b.offset + p * b.rowStride + j * b.columnStride]!);
  }
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let magnitude = 0;
      for (let p = 0; p < k; p++) {
        const left = a.data[a.offset + i * a.rowStride + p * a.columnStride]!;
        const product = left * b.data[b.offset + p * b.rowStride + j * b.columnStride]!;
        sum += product;
        magnitude += Math.abs(product);
      }
      sums[i * n + j] = sum;
      magnitudes[i * n + j] = magnitude;
    }
  }
  return { sums, magnitudes, columns };
}

/**
 * Checks every element of a product, within the rounding error of any order of float32 summation. Where a product, or alpha times
 * an element of A, is subnormal, its error is half of the least float32 number. A sum that leaves the range of float32 on the way
 * counts as what it is in float64.
 *
 * @param products - for several calls with the same matrices, computed once
 */
export function checkMatmul(kernels: Kernels, call: Omit<MatmulCall, "out">, products = productsOf(call)): void {
  const { m, k, n, alpha = 1, bias, activation } = call;
  const activate = activation ? unaryFunctions[activation] : (x: number): number => x;
  const out = blank(m * n);
  kernels.matmul({ ...call, out });
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const magnitude = products.magnitudes[i * n + j]!;
      const shift = bias ? bias[j]! : 0;
      const subnormal = 2 ** -149 * (k * (1 + Math.abs(alpha)) + 2 + (alpha === 1 ? 0 : products.columns[j]!));
      const tolerance = 2 * (k + 3) * ROUNDOFF * (Math.abs(alpha) * magnitude + Math.abs(shift)) + subnormal;
      const value = Math.fround(alpha * products.sums[i * n + j]! + shift);
      // No activation is steeper than 1.13; its own rounding, relative to its input, is added.
      const rounding = activation ? 0.2 * tolerance + 8 * ROUNDOFF * Math.abs(value) : 0;
      const label = (): string =>
        `matmul ${m}×${k}·${k}×${n}, alpha ${alpha}, ${bias ? "" : "no "}bias, element (${i}, ${j})`;
      assertNear(label, out[i * n + j], activate(value), tolerance + rounding);
    }
  }
}

/** A matrix of one row after another. */
const rowMajor = (data: Float32Array, columns: number): MatrixView => ({
  data,
  offset: 0,
  rowStride: columns,
  columnStride: 1,
});

/** Random matrices, by their layout in the buffer. */
const layouts: Record<string, (rows: number, columns: number, rng: Rng) => MatrixView> = {
  "row-major": (rows, columns, rng) => rowMajor(normals(rng, rows * columns), columns),
  transposed: (rows, columns, rng) => ({
    data: normals(rng, rows * columns),
    offset: 0,
    rowStride: 1,
    columnStride: rows,
  }),
  embedded: (rows, columns, rng) => ({
    data: normals(rng, 3 + rows * (columns + 5)),
    offset: 3,
    rowStride: columns + 5,
    columnStride: 1,
  }),
  repeated: (_, columns, rng) => ({ data: normals(rng, columns), offset: 0, rowStride: 0, columnStride: 1 }),
  mostlyZero: (rows, columns, rng) =>
    rowMajor(
      normals(rng, rows * columns).map((value) => (rng.float() < 0.9 ? 0 : value)),
      columns,
    ),
};

/** m, k, n: tails on every side of 4 and 8, degenerate axes, one size past any cache block in each axis. */
const sizes = [
  [1, 1, 1],
  [4, 4, 8],
  [8, 16, 16],
  [5, 7, 9],
  [3, 2, 15],
  [1, 33, 17],
  [17, 1, 3],
  [22, 0, 5],
  [9, 0, 600],
  [0, 3, 4],
  [3, 4, 0],
  [33, 65, 31],
  [130, 9, 12],
  [5, 300, 11],
  [1, 13, 21],
  [1, 300, 530],
  [1, 5, 4107],
  [9, 12, 530],
  [63, 17, 4200],
  [62, 5, 4250],
  [6, 520, 100],
  [70, 301, 1],
  [67, 520, 13],
] as const;

function layoutCases(kernels: Kernels): ConformanceCase[] {
  return Object.entries(layouts).flatMap(([leftLayout, left]) =>
    Object.entries(layouts).map(([rightLayout, right]) => ({
      name: `matmul of ${leftLayout} by ${rightLayout} matrices`,
      run: () => {
        const rng = new Rng(1);
        for (const [m, k, n] of sizes) {
          const call = { a: left(m, k, rng), b: right(k, n, rng), m, k, n };
          const products = productsOf(call);
          checkMatmul(kernels, call, products);
          checkMatmul(kernels, { ...call, alpha: 2.5 }, products);
          checkMatmul(kernels, { ...call, alpha: -0.5, bias: normals(rng, n) }, products);
        }
      },
    })),
  );
}

function activationCases(kernels: Kernels): ConformanceCase[] {
  const activations = ["relu", "gelu", "geluExact"] as const satisfies Activation[];
  return activations.map((activation) => ({
    name: `matmul with ${activation}`,
    run: () => {
      const rng = new Rng(5);
      for (const [m, k, n] of sizes) {
        const [a, b] = [rowMajor(normals(rng, m * k), k), rowMajor(normals(rng, k * n), n)];
        checkMatmul(kernels, { a, b, m, k, n, activation, bias: normals(rng, n) });
      }
    },
  }));
}

function specialNumbersCase(kernels: Kernels): ConformanceCase {
  const special = [NaN, Infinity, -Infinity, 0, -0, 1e-42];
  const shapes = [
    [1, 7, 9],
    [5, 6, 8],
    [9, 40, 17],
  ] as const;
  return {
    name: "matmul of special numbers",
    run: () => {
      const rng = new Rng(6);
      const sprinkled = (rows: number, columns: number): MatrixView => {
        const data = normals(rng, rows * columns);
        return rowMajor(
          data.map((x) => (rng.float() < 0.02 ? special[rng.int(special.length)]! : x)),
          columns,
        );
      };
      for (const [m, k, n] of shapes) {
        for (let round = 0; round < 8; round++) {
          checkMatmul(kernels, { a: sprinkled(m, k), b: sprinkled(k, n), m, k, n });
        }
      }
    },
  };
}

/** Any magnitudes in one product; and sums that leave the range of float32 and come back. */
function rangeCases(kernels: Kernels): ConformanceCase[] {
  const shapes = [
    [1, 3, 1],
    [1, 3, 20],
    [2, 5, 9],
    [5, 3, 7],
    [20, 3, 1],
    [20, 9, 17],
    [130, 3, 12],
    [1, 3, 5000],
  ] as const;
  return [
    {
      name: "matmul of all magnitudes",
      run: () => {
        const rng = new Rng(16);
        const matrix = (rows: number, columns: number): MatrixView =>
          rowMajor(
            Float32Array.from({ length: rows * columns }, () => finiteFloat(rng)),
            columns,
          );
        for (const [m, k, n] of shapes) {
          const call = { a: matrix(m, k), b: matrix(k, n), m, k, n };
          checkMatmul(kernels, call);
          checkMatmul(kernels, { ...call, alpha: -0.3, bias: matrix(1, n).data });
        }
      },
    },
    {
      name: "matmul of sums that leave the range of float32 and come back",
      run: () => {
        for (const [m, k, n] of shapes) {
          const a = rowMajor(
            new Float32Array(m * k).map((_, at) => [3e38, 3e38, 1][at % k] ?? 0),
            k,
          );
          const b = rowMajor(
            new Float32Array(k * n).map((_, at) => [2, -2, 1][Math.floor(at / n)] ?? 0),
            n,
          );
          for (const [activation, sign] of [
            [undefined, 1],
            ["relu", 1],
            ["gelu", -1],
            ["geluExact", 1],
          ] as const) {
            const out = blank(m * n);
            kernels.matmul({ a, b, out, m, k, n, activation, alpha: sign });
            const expected = activation ? unaryFunctions[activation](sign) : sign;
            out.forEach((value, at) => {
              assertNear(`matmul ${m}×${k}×${n} of what cancels, element ${at}`, value, expected, 4 * ROUNDOFF);
            });
          }
        }
      },
    },
  ];
}

function zeroTimesInfinityCases(kernels: Kernels): ConformanceCase[] {
  const size = 6;
  const square = (data = new Float32Array(size * size)): MatrixView => rowMajor(data, size);
  return [NaN, Infinity].flatMap((value) =>
    (["a", "b"] as const).map((side) => ({
      name: `matmul multiplies ${value} in ${side} by zero to NaN`,
      run: () => {
        const odd = new Float32Array(size * size);
        odd[7] = value;
        const call = { a: square(), b: square(), m: size, k: size, n: size };
        checkMatmul(kernels, { ...call, [side]: square(odd) });
      },
    })),
  );
}

export function matmulCases(kernels: Kernels): ConformanceCase[] {
  return [
    ...layoutCases(kernels),
    ...activationCases(kernels),
    specialNumbersCase(kernels),
    ...rangeCases(kernels),
    ...zeroTimesInfinityCases(kernels),
  ];
}

/** Conformance of `Kernels.matmul`: strides, tails, blocks, bias, activation, and zeros times infinity. */
import type { Activation, Kernels, MatmulCall, MatrixView } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { unaryFunctions } from "../reference/scalar-functions.js";
import { assertNear, blank, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

/** Every element of a product with the rounding error that any order of float32 summation stays under. */
export function checkMatmul(kernels: Kernels, call: Omit<MatmulCall, "out">): void {
  const { a, b, m, k, n, alpha = 1, bias, activation } = call;
  const activate = activation ? unaryFunctions[activation] : (x: number): number => x;
  const out = blank(m * n);
  kernels.matmul({ ...call, out });
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
      const shift = bias ? bias[j]! : 0;
      const tolerance = 2 * (k + 3) * ROUNDOFF * (Math.abs(alpha) * magnitude + Math.abs(shift)) + 2 ** -148;
      const label = `matmul ${m}×${k}·${k}×${n}, alpha ${alpha}, ${bias ? "" : "no "}bias, element (${i}, ${j})`;
      const value = alpha * sum + shift;
      // No activation is steeper than 1.13; on top comes its own rounding, relative to its input.
      const rounding = activation ? 0.2 * tolerance + 8 * ROUNDOFF * Math.abs(value) : 0;
      assertNear(label, out[i * n + j], activate(value), tolerance + rounding);
    }
  }
}

/** How a matrix lies in its buffer. */
const layouts: Record<string, (rows: number, columns: number, rng: Rng) => MatrixView> = {
  "row-major": (rows, columns, rng) => ({
    data: normals(rng, rows * columns),
    offset: 0,
    rowStride: columns,
    columnStride: 1,
  }),
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
  mostlyZero: (rows, columns, rng) => ({
    data: normals(rng, rows * columns).map((value) => (rng.float() < 0.9 ? 0 : value)),
    offset: 0,
    rowStride: columns,
    columnStride: 1,
  }),
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

export function matmulCases(kernels: Kernels): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  for (const [leftLayout, left] of Object.entries(layouts)) {
    for (const [rightLayout, right] of Object.entries(layouts)) {
      cases.push({
        name: `matmul of ${leftLayout} by ${rightLayout} matrices`,
        run: () => {
          const rng = new Rng(1);
          for (const [m, k, n] of sizes) {
            const call = { a: left(m, k, rng), b: right(k, n, rng), m, k, n };
            checkMatmul(kernels, call);
            checkMatmul(kernels, { ...call, alpha: 2.5 });
            checkMatmul(kernels, { ...call, alpha: -0.5, bias: normals(rng, n) });
          }
        },
      });
    }
  }
  for (const activation of ["relu", "gelu", "geluExact"] as const satisfies Activation[]) {
    cases.push({
      name: `matmul with ${activation}`,
      run: () => {
        const rng = new Rng(5);
        for (const [m, k, n] of sizes) {
          const call = {
            a: layouts["row-major"]!(m, k, rng),
            b: layouts["row-major"]!(k, n, rng),
            m,
            k,
            n,
            activation,
          };
          checkMatmul(kernels, { ...call, bias: normals(rng, n) });
        }
      },
    });
  }
  cases.push({
    name: "matmul of special numbers",
    run: () => {
      const rng = new Rng(6);
      const special = [NaN, Infinity, -Infinity, 0, -0, 1e-42];
      for (const [m, k, n] of [
        [1, 7, 9],
        [5, 6, 8],
        [9, 40, 17],
      ] as const) {
        const sprinkled = (length: number) =>
          normals(rng, length).map((x) => (rng.float() < 0.02 ? special[rng.int(special.length)]! : x));
        const view = (rows: number, columns: number): MatrixView => ({ data: sprinkled(rows * columns), offset: 0, rowStride: columns, columnStride: 1 }); // prettier-ignore
        for (let round = 0; round < 8; round++) checkMatmul(kernels, { a: view(m, k), b: view(k, n), m, k, n });
      }
    },
  });
  for (const value of [NaN, Infinity]) {
    for (const side of ["a", "b"] as const) {
      cases.push({
        name: `matmul multiplies ${value} in ${side} by zero to NaN`,
        run: () => {
          const dense = (data: Float32Array): MatrixView => ({ data, offset: 0, rowStride: 6, columnStride: 1 });
          const odd = new Float32Array(36);
          odd[7] = value;
          const call = { a: dense(new Float32Array(36)), b: dense(new Float32Array(36)), m: 6, k: 6, n: 6 };
          checkMatmul(kernels, { ...call, [side]: dense(odd) });
        },
      });
    }
  }
  return cases;
}

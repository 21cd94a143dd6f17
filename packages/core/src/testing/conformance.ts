/**
 * The suite that every `Kernels` backend must pass, as named cases without a test framework: `run` throws an Error with
 * the offending values if the backend is wrong. Expected values come from the plain float64 loops in this file, and each
 * tolerance is the worst that float32 accumulation can do, so that a backend is judged, not compared with another one.
 */
import type { BinaryOperation, Kernels, MatmulCall, MatrixView, UnaryOperation } from "../kernels.js";
import { Rng } from "../random.js";

/** One named check of a backend. */
export interface ConformanceCase {
  readonly name: string;
  /** Throws an Error that shows what was computed and what was expected. */
  readonly run: () => void;
}

/** Unit roundoff of float32. */
const ROUNDOFF = 2 ** -24;

/** Throws unless `actual` is within `tolerance` of `expected`; NaN and infinities must match exactly. */
function assertNear(label: string, actual: number | undefined, expected: number, tolerance: number): void {
  const same = Object.is(actual, expected) || actual === expected;
  if (same || (actual !== undefined && Math.abs(actual - expected) <= tolerance)) return;
  throw new Error(`${label}: got ${actual}, expected ${expected} within ${tolerance}.`);
}

const normals = (rng: Rng, length: number): Float32Array => Float32Array.from({ length }, () => rng.normal());

/** Poison: a kernel that leaves an element unwritten is caught by the NaN that it leaves. */
const blank = (length: number): Float32Array => new Float32Array(length).fill(NaN);

/** Every element of a product with the rounding error that any order of float32 summation stays under. */
export function checkMatmul(kernels: Kernels, call: Omit<MatmulCall, "out">): void {
  const { a, b, m, k, n, alpha = 1, bias } = call;
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
      assertNear(label, out[i * n + j], alpha * sum + shift, tolerance);
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
  [6, 0, 5],
  [0, 3, 4],
  [3, 4, 0],
  [33, 65, 31],
  [130, 9, 12],
  [5, 300, 11],
  [9, 12, 530],
] as const;

function matmulCases(kernels: Kernels): ConformanceCase[] {
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
            checkMatmul(kernels, { ...call, alpha: -0.5, bias: normals(rng, n) });
          }
        },
      });
    }
  }
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

const unaryFunctions: Record<UnaryOperation, (x: number) => number> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => (x < 0 ? 0 : x),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3))),
};

const binaryFunctions: Record<BinaryOperation, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
};

/** Allowed error of an elementwise result: 4 units in the last place, or as much of 1 where results cancel. */
const elementTolerance = (expected: number): number => 8 * ROUNDOFF * Math.max(Math.abs(expected), 2 ** -126);

function elementwiseCases(kernels: Kernels): ConformanceCase[] {
  const special = [0, -0, 1, -1, 0.5, 80, -80, 1e-30, Infinity, -Infinity, NaN];
  const values = Float32Array.from([...special, ...normals(new Rng(2), 60).map((x) => x * 4)]);
  const unary = Object.entries(unaryFunctions).map(([operation, apply]) => ({
    name: `unary ${operation}`,
    run: () => {
      const out = blank(values.length);
      kernels.unary(operation as UnaryOperation, values, out);
      values.forEach((x, index) => {
        const expected = Math.fround(apply(x));
        const slack = operation === "gelu" ? 8 * ROUNDOFF : 0; // 1 + tanh cancels for negative x
        assertNear(`${operation}(${x})`, out[index], expected, elementTolerance(expected) + slack);
      });
    },
  }));
  const binary = Object.entries(binaryFunctions).map(([operation, apply]) => ({
    name: `binary ${operation}`,
    run: () => {
      for (let shift = 0; shift < values.length; shift += 3) {
        const other = values.map((_, index) => values[(index + shift) % values.length]!);
        const out = blank(values.length);
        kernels.binary(operation as BinaryOperation, values, other, out);
        values.forEach((a, index) => {
          const expected = Math.fround(apply(a, other[index]!));
          assertNear(`${operation}(${a}, ${other[index]})`, out[index], expected, elementTolerance(expected));
        });
      }
    },
  }));
  return [...unary, ...binary];
}

/** Rows of several lengths, near zero, far from it, and partly or wholly −∞. */
function rowInputs(): { rows: number; columns: number; x: Float32Array }[] {
  const rng = new Rng(3);
  return [1, 2, 3, 4, 5, 8, 17, 64, 130].map((columns) => {
    const x = normals(rng, 5 * columns);
    for (let j = 0; j < columns; j++) {
      x[columns + j]! *= 100;
      x[2 * columns + j]! += 1e6;
      x[3 * columns + j] = -Infinity;
      if (j % 2 === 1) x[4 * columns + j] = -Infinity;
    }
    return { rows: 5, columns, x };
  });
}

function softmaxCases(kernels: Kernels): ConformanceCase[] {
  const check = (
    operation: "softmaxRows" | "logSoftmaxRows",
    value: (x: number, maximum: number, sum: number) => number,
    tolerance: (expected: number, columns: number) => number,
  ): ConformanceCase => ({
    name: `${operation}, with masked and far-off rows`,
    run: () => {
      for (const { rows, columns, x } of rowInputs()) {
        const out = blank(x.length);
        kernels[operation](x, out, rows, columns);
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * columns, (i + 1) * columns);
          const maximum = Math.max(...row);
          const sum = row.reduce((total, element) => total + Math.exp(element - maximum), 0);
          row.forEach((element, j) => {
            const empty = operation === "softmaxRows" ? 0 : -Infinity;
            const expected = maximum === -Infinity ? empty : Math.fround(value(element, maximum, sum));
            assertNear(
              `${operation} row ${i} of ${columns}, column ${j}`,
              out[i * columns + j],
              expected,
              tolerance(expected, columns),
            );
          });
        }
      }
    },
  });
  return [
    check(
      "softmaxRows",
      (x, maximum, sum) => Math.exp(x - maximum) / sum,
      (expected, columns) => (columns + 8) * ROUNDOFF * expected + 2 ** -126,
    ),
    check(
      "logSoftmaxRows",
      (x, maximum, sum) => x - maximum - Math.log(sum),
      (expected, columns) => (columns + 8) * ROUNDOFF * (1 + Math.abs(expected)),
    ),
  ];
}

function layerNormCases(kernels: Kernels): ConformanceCase[] {
  const epsilon = 1e-5;
  const check = (affine: boolean): ConformanceCase => ({
    name: `layerNormRows ${affine ? "with" : "without"} gain and bias`,
    run: () => {
      const rng = new Rng(4);
      for (const columns of [1, 2, 3, 4, 7, 8, 33, 200]) {
        const rows = 3;
        const x = normals(rng, rows * columns).map((value, index) => value + (index < columns ? 10 : 0));
        const gain = affine ? normals(rng, columns) : undefined;
        const bias = affine ? normals(rng, columns) : undefined;
        const out = blank(x.length);
        kernels.layerNormRows(x, gain, bias, out, rows, columns, epsilon);
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * columns, (i + 1) * columns);
          const mean = row.reduce((sum, value) => sum + value, 0) / columns;
          const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns;
          row.forEach((value, j) => {
            const normalised = (value - mean) / Math.sqrt(variance + epsilon);
            const expected = normalised * (gain?.[j] ?? 1) + (bias?.[j] ?? 0);
            assertNear(`layerNorm row ${i} of ${columns}, column ${j}`, out[i * columns + j], expected, 2e-5);
          });
        }
      }
    },
  });
  return [check(false), check(true)];
}

/** All checks of a backend. */
export function kernelConformance(kernels: Kernels): ConformanceCase[] {
  return [...matmulCases(kernels), ...elementwiseCases(kernels), ...softmaxCases(kernels), ...layerNormCases(kernels)];
}

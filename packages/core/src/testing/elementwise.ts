/** Conformance of the elementwise kernels. */
import { erf } from "../erf.js";
import type { BinaryOperation, Kernels, UnaryOperation } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { assertNear, blank, finiteFloat, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

const unaryFunctions: Record<UnaryOperation, (x: number) => number> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => (x < 0 ? 0 : x),
  erf,
  gelu: (x) => x / (1 + Math.exp(-2 * 0.7978845608028654 * (x + 0.044715 * x ** 3))),
  geluExact: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
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

/** Throws if a zero has the wrong sign, which no comparison of numbers shows. */
function assertSign(label: string, actual: number | undefined, expected: number): void {
  if (expected === 0 && actual === 0 && !Object.is(actual, expected)) {
    throw new Error(`${label}: got ${1 / actual > 0 ? "+0" : "-0"}, expected the other zero.`);
  }
}

export function elementwiseCases(kernels: Kernels): ConformanceCase[] {
  const rng = new Rng(2);
  const special = [
    0,
    -0,
    1,
    -1,
    0.5,
    80,
    -80,
    1e-30,
    1e19,
    -1e19,
    3e38,
    -3e38,
    1e-45,
    -1e-45,
    Infinity,
    -Infinity,
    NaN,
  ];
  const ordinary = normals(rng, 60).map((x) => x * 4);
  const values = Float32Array.from([...special, ...ordinary, ...Array.from({ length: 60 }, () => finiteFloat(rng))]);
  const unary = Object.entries(unaryFunctions).map(([operation, apply]) => ({
    name: `unary ${operation}`,
    run: () => {
      const out = blank(values.length);
      kernels.unary(operation as UnaryOperation, values, out);
      values.forEach((x, index) => {
        const expected = Math.fround(apply(x));
        const slack = operation.startsWith("gelu") ? 3 * ROUNDOFF * Math.abs(x) : 0;
        assertNear(`${operation}(${x})`, out[index], expected, elementTolerance(expected) + slack);
        assertSign(`${operation}(${x})`, out[index], expected);
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
          assertSign(`${operation}(${a}, ${other[index]})`, out[index], expected);
        });
      }
    },
  }));
  return [...unary, ...unaryBackwardCases(kernels), farSlopeCase(kernels), ...binary];
}

/** The slopes of functions that are straight far from 0, on both sides. */
const farSlopes: Partial<Record<UnaryOperation, readonly [below: number, above: number]>> = {
  abs: [-1, 1],
  tanh: [0, 0],
  sigmoid: [0, 0],
  erf: [0, 0],
  relu: [0, 1],
  gelu: [0, 1],
  geluExact: [0, 1],
};

function farSlopeCase(kernels: Kernels): ConformanceCase {
  return {
    name: "unaryBackward far from 0",
    run: () => {
      const sizes = [200, 1e6, 1e13, 1e19, 1e30, 3.4028234663852886e38, Infinity];
      const x = Float32Array.from({ length: 60 }, (_, i) => (i % 2 ? -1 : 1) * sizes[i % sizes.length]!);
      for (const [operation, [below, above]] of Object.entries(farSlopes)) {
        const out = blank(x.length);
        kernels.unaryBackward(operation as UnaryOperation, x, new Float32Array(x.length).fill(3), out);
        x.forEach((at, i) => assertNear(`slope of ${operation} at ${at}`, out[i], 3 * (at < 0 ? below : above), 2e-38));
      }
    },
  };
}

/** Slopes by central differences, away from kinks and poles. */
function unaryBackwardCases(kernels: Kernels): ConformanceCase[] {
  return Object.entries(unaryFunctions).map(([operation, apply]) => ({
    name: `unaryBackward ${operation}`,
    run: () => {
      for (const length of [1, 3, 4, 130]) {
        const rng = new Rng(length);
        const positive = operation === "log" || operation === "sqrt";
        const x = normals(rng, length).map((value) => {
          const away = value * 3 + Math.sign(value) * 0.1;
          return positive ? Math.abs(away) : away;
        });
        const [gradient, out] = [normals(rng, length), blank(length)];
        kernels.unaryBackward(operation as UnaryOperation, x, gradient, out);
        x.forEach((at, i) => {
          const expected = (gradient[i]! * (apply(at + 1e-5) - apply(at - 1e-5))) / 2e-5;
          assertNear(`slope of ${operation} at ${at}`, out[i], expected, 2e-6 * (1 + Math.abs(expected)));
        });
      }
    },
  }));
}

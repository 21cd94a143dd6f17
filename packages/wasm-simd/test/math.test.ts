/**
 * The vectorised functions over the whole range of floats: every 16411th bit pattern (a prime, so that mantissas and
 * exponents of all kinds come up), and the neighbourhoods of the special numbers. The bounds are those that
 * assembly/math.ts and activations.ts state, in units in the last place of the float64 result, or of x where the result cancels.
 */
import { getKernels, referenceKernels, setKernels, type UnaryOperation } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { afterAll, describe, expect, it } from "vitest";
import { erf } from "../../core/src/erf.js";
import { relaxedKernels } from "./relaxed.js";

const relaxed = await relaxedKernels();
await enableWasm();
const simd = getKernels();
afterAll(() => setKernels(referenceKernels));

function bitPatterns(): Float32Array {
  const bits: number[] = [];
  for (let pattern = 0; pattern < 2 ** 32; pattern += 16_411) bits.push(pattern);
  // prettier-ignore
  const edges = [
    0, 1, 0x7fffff, 0x800000, 0x3f800000, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x42b17218, 0x42aeac50, 0x42cff1b5,
    0x3f200000, 0x3f6d8000,
  ];
  for (const edge of edges) {
    for (let near = -3; near <= 3; near++) bits.push((edge + near) >>> 0, (edge + near + 2 ** 31) >>> 0);
  }
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** The distance between neighbouring floats at a number. */
const ulp = (x: number): number =>
  Math.abs(x) < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(Math.min(Math.abs(x), 2 ** 127))) - 23);

const x = bitPatterns();

describe.each([
  ["simd", simd],
  ["relaxed", relaxed],
])("%s", (_name, kernels) => {
  it.each<[UnaryOperation, (x: number) => number, number, (x: number, result: number) => number]>([
    ["exp", Math.exp, 0.96, (_, result) => ulp(result)],
    ["log", Math.log, 0.76, (_, result) => ulp(result)],
    ["tanh", Math.tanh, 1.3, (_, result) => ulp(result)],
    ["erf", erf, 1.4, (_, result) => ulp(result)],
    [
      "sigmoid",
      (v) => (v < 0 ? Math.exp(v) / (1 + Math.exp(v)) : 1 / (1 + Math.exp(-v))),
      2.5,
      (_, result) => ulp(result),
    ],
    ["sqrt", Math.sqrt, 0.5, (_, result) => ulp(result)],
    ["gelu", (v) => v / (1 + Math.exp(-Math.sqrt(8 / Math.PI) * (v + 0.044715 * v ** 3))), 1.5, (v) => ulp(v)],
    ["geluExact", (v) => 0.5 * v * (1 + erf(v * Math.SQRT1_2)), 1.3, (v) => ulp(v)],
  ])("%s is right over all floats", (operation, exact, bound, unit) => {
    const out = new Float32Array(x.length).fill(7);
    kernels.unary(operation, x, out);
    let worst = 0;
    x.forEach((value, i) => {
      const expected = exact(value);
      const [rounded, actual] = [Math.fround(expected), out[i]!];
      if (Number.isFinite(rounded) && Number.isFinite(actual)) {
        const error = Math.abs(actual - expected) / unit(value, expected);
        if (error > bound) {
          throw new Error(`${operation}(${value}) is ${actual}, not ${expected}: off by ${error} ulp.`);
        }
        worst = Math.max(worst, error);
      } else if (!Object.is(rounded, actual)) {
        throw new Error(`${operation}(${value}) is ${actual}, not ${rounded}.`);
      }
    });
    expect(worst).toBeGreaterThan(bound / 10); // the bound means something
  });
});

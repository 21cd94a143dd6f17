/**
 * Each term of the certificate alone, against float64, so that a loose bound cannot hide one that is too tight. Then the bounds as a
 * whole on the SIMD kernels, which sum in another order and fuse multiplications with additions.
 */
import { referenceKernels, Rng, setKernels, tensor } from "@selectron/core";
import { enableWasm, isSimdSupported } from "@selectron/wasm-simd";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../../src/index.js";
import { gamma, SOFTMAX, U } from "../../../src/compiler/certify/rounding.js";
import { everyInput, randomInputs } from "../../../src/compiler/verify/inputs.js";
import { decoderLessons, lessons, lessonSOp } from "../lessons.js";
import { expectBounded } from "./observed-errors.js";

const rng = new Rng(8);
const floats = (n: number): Float32Array => Float32Array.from({ length: n }, () => 2 * rng.float() - 1);

/** The largest of many measurements. */
const worst = (measure: () => number): number => Math.max(...Array.from({ length: 400 }, measure));

describe.each([2, 8, 64, 300])("a sum of %i products", (n) => {
  /** The error of a row times a column, over the sum of the products' absolute values. */
  const measured = worst(() => {
    const [a, b] = [floats(n), floats(n)];
    const sum = tensor(a, [1, n])
      .matmul(tensor(b, [n, 1]))
      .item();
    const products = Array.from(a, (x, i) => x * b[i]!);
    const exact = products.reduce((total, p) => total + p, 0);
    return Math.abs(sum - exact) / products.reduce((total, p) => total + Math.abs(p), 0);
  });

  it("is off, and by no more than gamma", () => {
    expect(measured).toBeGreaterThan(U / 16);
    expect(measured).toBeLessThanOrEqual(gamma(n));
  });
});

it("gamma counts every rounding: a sum whose roundings all go one way needs most of it", () => {
  // Each addition of slightly more than half a unit in the last place of 1 rounds up.
  const n = 64;
  const terms = Float32Array.from({ length: n }, (_, i) => (i === 0 ? 1 : U * (1 + 2 ** -10)));
  const sum = terms.reduce((total, term) => Math.fround(total + term), 0);
  const exact = terms.reduce((total, term) => total + term, 0);
  expect((sum - exact) / exact).toBeGreaterThan(gamma(n) * 0.8);
  expect((sum - exact) / exact).toBeLessThanOrEqual(gamma(n));
});

it("a softmax share of two keys is off, and by no more than exp, division and sum allow", () => {
  // The scores are exact in float32, as in heads, so that only exp, one addition and the division have errors.
  const measured = worst(() => {
    const [a, b] = [rng.int(40), rng.int(40) + rng.int(256) / 256];
    const [share] = tensor([a, b], [1, 2]).softmax().data as unknown as [number];
    const exact = 1 / (1 + Math.exp(b - a));
    return Math.abs(share - exact) / exact;
  });
  expect(measured).toBeGreaterThan(U / 4);
  expect(measured).toBeLessThanOrEqual(SOFTMAX * U);
});

describe.runIf(isSimdSupported())("on the SIMD kernels", () => {
  afterAll(() => setKernels(referenceKernels));

  it.each([...lessons, ...decoderLessons.slice(0, 6).map((lesson) => ({ ...lesson, causal: true }))])(
    "$name is never off by more than its certificate allows",
    async (lesson) => {
      await enableWasm();
      const { vocabulary } = lesson;
      const causal = "causal" in lesson;
      const short = compile(lessonSOp(lesson), { vocabulary, maxLength: 4, causal });
      expectBounded(short, everyInput(short.card.vocabulary, 4));
      const longer = compile(lessonSOp(lesson), { vocabulary, maxLength: 10, causal });
      expectBounded(longer, randomInputs(longer.card.vocabulary, 10, 30, 1));
    },
  );
});

/** Generation step by step, each step in a scope of its own. */
import { referenceKernels, Rng, scope as plainScope, setKernels, type Tensor } from "@selectron/core";
import { DecodingCache, generate, stream, TransformerDecoder, type PositionConfig } from "../../../nn/src/index.js";
import { enableWasmSync, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, expect, it } from "vitest";
import { disturb } from "./filled.js";

beforeEach(() => void enableWasmSync());
afterAll(() => setKernels(referenceKernels));

const blocks = [{ heads: 2, dHead: 16, dFf: 64 }];
const sizes = { vocabularySize: 20, outputs: 20, maxLength: 24, dModel: 32, blocks: [...blocks, ...blocks] };
const encodings: PositionConfig[] = [{ kind: "learned" }, { kind: "rope" }, { kind: "t5", buckets: 8, maxDistance: 6 }];
const enclosures = [<T>(body: () => T): T => body(), scope, plainScope];

it.each(encodings)("keeps the cache of a decoder with positions $kind", (positions) => {
  const model = new TransformerDecoder({ ...sizes, positions }, new Rng(1));
  const [expected, ...others] = enclosures.map((enclose) => {
    let cache = new DecodingCache();
    let last: Tensor | undefined;
    for (const token of [1, 2, 3, 4]) {
      last = enclose(() => model.forward([[token]], { cache }));
      cache = enclose(() => cache.reordered([0])); // as beams do
      disturb();
    }
    return [...last!.data];
  });
  expect(new Set(expected).size).toBeGreaterThan(10);
  for (const other of others) expect(other).toEqual(expected);
});

it("keeps that of a stream, and of generation inside and between scopes", () => {
  const model = new TransformerDecoder(sizes, new Rng(1));
  const options = { maxTokens: 8, temperature: 1 };
  const tokens = [...stream(model, [1, 2], { ...options, rng: new Rng(3) })].map(({ token }) => token);
  expect(new Set(tokens).size).toBeGreaterThan(3);
  const steps = stream(model, [1, 2], { ...options, rng: new Rng(3) })[Symbol.iterator]();
  const stepwise = tokens.map(() => {
    disturb();
    return scope(() => (steps.next().value as { readonly token: number }).token);
  });
  expect(stepwise).toEqual(tokens);
  expect(scope(() => generate(model, [1, 2], { ...options, rng: new Rng(3) }))).toEqual(
    generate(model, [1, 2], { ...options, rng: new Rng(3) }),
  );
});

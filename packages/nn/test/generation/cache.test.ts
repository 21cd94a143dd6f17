/** A cache changes the cost of a step but not its values, for every positional encoding and steps of any lengths. */
import { concat, Rng, type Tensor } from "@selectron/core";
import {
  DecodingCache,
  decoderOnly,
  Transformer,
  TransformerDecoder,
  type PositionConfig,
  type TransformerConfig,
} from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distance, randomParameters, randomTokens } from "../support.js";

const sizes: Partial<TransformerConfig> = {
  vocabSize: 5,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 6,
  maxPositionEmbeddings: 12,
  layerNormEps: 1e-5,
};

const encodings: PositionConfig[] = [
  { kind: "none" },
  { kind: "sinusoidal" },
  { kind: "learned" },
  { kind: "interpolated", trainedLength: 5 },
  { kind: "rope" },
  { kind: "rope", interpolation: 3 },
  { kind: "ntk", factor: 2 },
  { kind: "shaw", maxDistance: 2 },
  { kind: "t5", buckets: 8, maxDistance: 6 },
  { kind: "clipped", maxDistance: 2 },
  { kind: "alibi" },
  { kind: "convolutional" },
  { kind: "dynamic", hidden: 4 },
  { kind: "recurrent", hidden: 4 },
  { kind: "ode", hidden: 4 },
  { kind: "complex" },
  { kind: "clex", trainedLength: 5 },
  { kind: "composite", absolute: { kind: "sinusoidal" }, relative: { kind: "ntk", factor: 2 } },
  { kind: "composite", absolute: { kind: "sinusoidal" }, relative: { kind: "alibi" } },
];

/** Rows cut into steps of random lengths. */
function inSteps(rows: number[][], rng: Rng, step: (part: number[][]) => Tensor): Tensor {
  const parts: Tensor[] = [];
  for (let start = 0; start < rows[0]!.length;) {
    const end = start + 1 + rng.int(rows[0]!.length - start);
    parts.push(step(rows.map((row) => row.slice(start, end))));
    start = end;
  }
  return concat(parts, 1);
}

describe.each(encodings)("$kind", (positions) => {
  it("gives the same logits with and without a cache", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, length) => {
        const rng = new Rng(seed);
        const config = decoderOnly({ ...sizes, positions });
        const model = new TransformerDecoder(config, randomParameters(TransformerDecoder.parameterShapes(config), rng));
        const tokens = randomTokens(rng, 2, length, 5);
        const cache = new DecodingCache();
        const stepwise = inSteps(tokens, rng, (part) => model.forward(part, { cache }));
        expect(cache.length).toBe(length);
        const whole = model.forward(tokens);
        const scale = 1 + whole.abs().max().item();
        expect(distance(stepwise.toArray(), whole.toArray()) / scale).toBeLessThan(1e-5);
      }),
      { numRuns: 30 },
    );
  });

  it("gives the same with a memory, even after rows were reordered", () => {
    const rng = new Rng(1);
    const config = { ...sizes, positions };
    const model = new Transformer(config, randomParameters(Transformer.parameterShapes(config), rng));
    const memory = model.encode(randomTokens(rng, 1, 4, 5));
    const twice = { value: memory.value.gather([0, 0, 0]) };
    const beginnings = randomTokens(rng, 2, 3, 5);
    const ends = randomTokens(rng, 3, 2, 5);
    const first = new DecodingCache();
    model.decode(beginnings, { value: memory.value.gather([0, 0]) }, { cache: first });
    const order = [1, 0, 1];
    const stepwise = model.decode(ends, twice, { cache: first.reordered(order) });
    const rows = order.map((from, row) => [...beginnings[from]!, ...ends[row]!]);
    const whole = model.decode(rows, twice).slice(3, undefined, 1);
    expect(distance(stepwise.toArray(), whole.toArray())).toBeLessThan(1e-4);
  });
});

it("computes new positions only", () => {
  const config = decoderOnly(sizes);
  const model = new TransformerDecoder(config, new Rng(1));
  const cache = new DecodingCache();
  model.forward([[1, 2, 3]], { cache });
  const shapes: Record<string, readonly number[]> = {};
  model.forward([[4]], { cache, record: (name, { shape }) => void (shapes[name] = shape) });
  expect(shapes["blocks.1.feedForward.hidden"]).toEqual([1, 1, 6]);
  expect(shapes["blocks.1.attention.pattern"]).toEqual([1, 2, 1, 4]);
});

it("is refused if earlier positions see later ones, and together with padding", () => {
  const config = { ...decoderOnly(sizes), causal: false };
  const model = new Transformer(sizes, new Rng(1));
  expect(() => model.encode([[1]], { cache: new DecodingCache() })).toThrow("forward: a cache needs a causal model");
  const decoder = new TransformerDecoder(config, new Rng(1));
  expect(() => decoder.forward([[1]], { cache: new DecodingCache(), padding: [[true]] })).toThrow(
    new RangeError("forward: padding and a cache exclude each other; decode rows of one length."),
  );
});

it("is limited by learnt positions", () => {
  const model = new TransformerDecoder(decoderOnly({ ...sizes, positions: { kind: "learned" } }), new Rng(1));
  const cache = new DecodingCache();
  model.forward([Array.from({ length: 12 }, () => 1)], { cache });
  expect(() => model.forward([[1]], { cache })).toThrow("tokens: rows of length 13 exceed maxLength 12; shorten them.");
});

/** What BERT adds to an encoder: segments, a norm over the embeddings, and a pooler. */
import { ones, Rng, tensor } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import { encoderOnly, TransformerEncoder, type EncoderConfig } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, PlainLayers, type Matrix } from "./plain/layers.js";
import { distance, plainParameters, randomParameters, randomTokens } from "./support.js";

const sizes = {
  vocabSize: 5,
  hiddenSize: 4,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 3,
  maxPositionEmbeddings: 6,
};
const config: EncoderConfig = {
  ...encoderOnly({ ...sizes, layerNorm: "post", positions: { kind: "learned" }, scaleEmbeddings: false, tied: true }),
  layerNormEpsilon: 1e-5,
  segments: 2,
  embeddingNorm: true,
  pooler: true,
};
const shapes = TransformerEncoder.parameterShapes(config);

describe("a BERT-like encoder", () => {
  it("adds segments, normalises the sum, and pools the first position, as plain loops do", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), fc.boolean(), (seed, length, given) => {
        const rng = new Rng(seed);
        const parameters = randomParameters(shapes, rng);
        const model = new TransformerEncoder(config, parameters);
        const [tokens, drawn] = [randomTokens(rng, 2, length, 5), randomTokens(rng, 2, length, 2)];
        const segments = given ? drawn : undefined;
        const seen = new Map<string, Matrix[]>();
        const record = (name: string, value: { toArray: () => unknown }): unknown =>
          seen.set(name, value.toArray() as Matrix[]);
        const pooled = model.pool(tokens, { segments, record });

        const layers = new PlainLayers(plainParameters(parameters));
        const rows = (name: string, ids: readonly number[]): Matrix => ids.map((id) => layers.matrix(name)[id]!);
        tokens.forEach((row, b) => {
          const placed = add(rows("embedding.token.weight", row), layers.matrix("embedding.position.weight"));
          const ids = segments?.[b] ?? row.map(() => 0);
          const sum = layers.norm(add(placed, rows("embedding.segment.weight", ids)), "embedding.norm");
          expect(distance(seen.get("embedding")![b], sum)).toBeLessThan(1e-4);
          const first = seen.get("blocks.0.feedForward.residual")![b]!.slice(0, 1);
          const expected = layers.linear(first, "pooler").map((values) => values.map(Math.tanh));
          expect(distance((pooled.toArray() as Matrix)[b], expected[0])).toBeLessThan(1e-4);
        });
      }),
    );
  });

  it("has gradients", () => {
    const names = [...shapes.keys()];
    const parameters = randomParameters(shapes, new Rng(1));
    const weights = tensor([0.7, -1.3, 0.4, 2]);
    gradcheck(
      (...values) => {
        const model = new TransformerEncoder(config, new Map(names.map((name, i) => [name, values[i]!])));
        return model.pool([[1, 3, 0]], { segments: [[0, 1, 1]] }).mul(weights);
      },
      names.map((name) => parameters.get(name)!),
      { tolerance: 1e-5 },
    );
  });

  it("explains wrong segments, and a missing pooler", () => {
    const model = new TransformerEncoder(config, new Rng(1));
    const forward = (segments: number[][]) => () => model.forward([[1, 2]], { segments });
    expect(forward([[0, 2]])).toThrow(new RangeError("segments: 2 is none of the model's; use 0 to 1."));
    expect(forward([[0]])).toThrow("segments: row 0 has length 1, but 2 is expected. Pass the segment of every token.");
    expect(forward(Array<number[]>(2).fill([0, 1]))).toThrow(
      "segments: 2 rows for 1 rows of tokens; pass one for each.",
    );
    const plain = new TransformerEncoder(encoderOnly(sizes), new Map([["norm.weight", ones([4])]]));
    expect(() => plain.forward([[1]], { segments: [[0]] })).toThrow("segments: this model has none");
    expect(() => plain.pool([[1]])).toThrow("pool: this model has no pooler; make it with `pooler: true`.");
    expect(() => new TransformerEncoder({ ...config, segments: -1 })).toThrow("EncoderConfig: segments is -1");
  });
});

import { crossEntropy, randn, Rng, zeros, type Tensor } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import {
  MultiHeadAttention,
  ParameterScope,
  Transformer,
  TransformerEncoder,
  type EncoderConfig,
  type PositionConfig,
  type TransformerConfig,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";

/** Random values of every parameter of a model, away from the kinks of ReLU. */
const drawn = (shapes: ReadonlyMap<string, number[]>): Tensor[] => {
  const rng = new Rng(5);
  return [...shapes.values()].map((shape) => randn(shape, rng).mul(0.5));
};

const named = (shapes: ReadonlyMap<string, number[]>, values: readonly Tensor[]): Map<string, Tensor> =>
  new Map([...shapes.keys()].map((name, i) => [name, values[i]!]));

const block = { heads: 2, dHead: 2, dFf: 3 };
const encoder: EncoderConfig = { vocabularySize: 3, maxLength: 3, dModel: 4, blocks: [block], outputs: 2 };

describe("whole models agree with central differences in float64", () => {
  it.each<[string, Partial<EncoderConfig>]>([
    ["an encoder as RASP programs compile to", {}],
    ["a pre-LN encoder of two blocks", { layerNorm: "pre", blocks: [block, block], activation: "geluExact" }],
    ["a causal post-LN model", { layerNorm: "post", causal: true, activation: "gelu", scaleEmbeddings: true }],
    ["a tied encoder without biases", { layerNorm: "pre", bias: false, tied: true, outputs: 3 }],
  ])("%s", (_, changes) => {
    const config = { ...encoder, ...changes };
    const shapes = TransformerEncoder.parameterShapes(config);
    const tokens = [[0, 1, 2], [2, 2, 0]]; // prettier-ignore
    const padding = [[true, true, true], [true, true, false]]; // prettier-ignore
    const loss = (...values: Tensor[]): Tensor => {
      const logits = new TransformerEncoder(config, named(shapes, values)).forward(tokens, { padding });
      return crossEntropy(logits, [0, 1, 1, 0, 1, -1], { ignoreIndex: -1 });
    };
    gradcheck(loss, drawn(shapes), { tolerance: 1e-5 });
  });

  const positions: PositionConfig[] = [
    { kind: "rope" },
    { kind: "shaw", maxDistance: 2 },
    { kind: "t5", buckets: 4, maxDistance: 4 },
    { kind: "alibi" },
    { kind: "convolutional" },
    { kind: "dynamic", hidden: 3 },
    { kind: "interpolated", trainedLength: 2 },
  ];
  it.each(positions)("with positions $kind", (kind) => {
    const config = { ...encoder, positions: kind, layerNorm: "pre" as const };
    const shapes = TransformerEncoder.parameterShapes(config);
    gradcheck(
      (...values) => new TransformerEncoder(config, named(shapes, values)).forward([[0, 1, 2]]),
      drawn(shapes),
      { tolerance: 1e-5 },
    );
  });

  it("encoder, decoder and generator, with dropout of a fixed draw", () => {
    const config: Partial<TransformerConfig> = {
      vocabSize: 3,
      hiddenSize: 4,
      numHiddenLayers: 1,
      numAttentionHeads: 2,
      intermediateSize: 3,
      maxPositionEmbeddings: 3,
      layerNormEps: 1e-5,
    };
    const shapes = Transformer.parameterShapes(config);
    const loss = (...values: Tensor[]): Tensor =>
      new Transformer(config, named(shapes, values)).forward([[0, 1, 2]], [[1, 2]], { rng: new Rng(3) });
    gradcheck(loss, drawn(shapes), { tolerance: 1e-5 });
  });

  it("attention whose pattern is watched", () => {
    const shapes = new Map<string, number[]>();
    const config = { dModel: 4, heads: 2, dHead: 2, causal: true };
    const declaring = new ParameterScope((path, shape) => {
      shapes.set(path, [...shape]);
      return zeros(shape);
    });
    new MultiHeadAttention(declaring, config);
    const x = randn([1, 3, 4], new Rng(2));
    let seen = 0;
    const values = drawn(shapes);
    gradcheck(
      (input, ...given) => {
        const parameters = named(shapes, given);
        const layer = new MultiHeadAttention(new ParameterScope((path) => parameters.get(path)!), config);
        return layer.forward(input, { watch: (_, value) => (seen++, value) });
      },
      [x, ...values],
      { tolerance: 1e-5 },
    );
    expect(seen).toBeGreaterThan(0);
  });
});

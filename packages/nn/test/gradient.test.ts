/** Gradients of whole models against central differences, in float64: every parameter of every kind of model. */
import { Rng, type Tensor } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import {
  decoderOnly,
  encoderOnly,
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type PositionConfig,
  type TransformerConfig,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { randomParameters } from "./support.js";

const sizes: Partial<TransformerConfig> = {
  vocabSize: 4,
  hiddenSize: 4,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 3,
  maxPositionEmbeddings: 5,
  layerNormEps: 1e-3,
};

/** Checks the gradient of every parameter of the model that `build` makes of given ones. */
function check(
  shapes: ReadonlyMap<string, readonly number[]>,
  forward: (parameters: Map<string, Tensor>) => Tensor,
): void {
  const parameters = randomParameters(shapes, new Rng(1));
  const names = [...parameters.keys()];
  gradcheck(
    (...values) => forward(new Map(names.map((name, i) => [name, values[i]!]))),
    names.map((name) => parameters.get(name)!),
    { tolerance: 1e-5 },
  );
}

describe("encoder-decoder", () => {
  it.each<Partial<TransformerConfig>>([
    {},
    { layerNorm: "post", activation: "gelu" },
    { tied: true, bias: false },
    { layerNormEpsOnDeviation: true },
    { positions: { kind: "shaw", maxDistance: 1 } },
  ])("%j", (changes) => {
    const config = { ...sizes, ...changes };
    check(Transformer.parameterShapes(config), (parameters) =>
      new Transformer(config, parameters).forward(
        [
          [1, 2, 3],
          [3, 0, 0],
        ],
        [
          [0, 1],
          [2, 2],
        ],
        { sourcePadding: [[true, true, true], [true, true, false]] }, // prettier-ignore
      ),
    );
  });

  it("with dropout, the same in every pass", () => {
    check(Transformer.parameterShapes(sizes), (parameters) =>
      new Transformer({ ...sizes, hiddenDropoutProb: 0.3, attentionProbsDropoutProb: 0.3 }, parameters).forward(
        [[1, 2, 3]],
        [[0, 1]],
        { rng: new Rng(2) },
      ),
    );
  });
});

describe("positions, encoder-only and decoder-only", () => {
  it.each<PositionConfig>([
    { kind: "none" },
    { kind: "learned" },
    { kind: "interpolated", trainedLength: 3 },
    { kind: "rope" },
    { kind: "shaw", maxDistance: 1 },
    { kind: "t5", buckets: 4, maxDistance: 3 },
    { kind: "clipped", maxDistance: 1 },
    { kind: "alibi" },
    { kind: "convolutional" },
    { kind: "dynamic", hidden: 3 },
    { kind: "clipped", maxDistance: 1, scaled: true },
    { kind: "recurrent", hidden: 2 },
    { kind: "ode", hidden: 3, steps: 2 },
    { kind: "complex" },
    { kind: "clex", trainedLength: 2, hidden: 3 },
    { kind: "composite", absolute: { kind: "complex" }, relative: { kind: "rope" } },
    { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "clipped", maxDistance: 1 } },
  ])("$kind", (positions) => {
    const tokens = [[1, 3, 0, 2]];
    const encoder = encoderOnly({ ...sizes, positions });
    check(TransformerEncoder.parameterShapes(encoder), (parameters) =>
      new TransformerEncoder(encoder, parameters).forward(tokens, { padding: [[true, true, true, false]] }),
    );
    const decoder = decoderOnly({ ...sizes, positions });
    check(TransformerDecoder.parameterShapes(decoder), (parameters) =>
      new TransformerDecoder(decoder, parameters).forward(tokens),
    );
  });
});

it("every parameter of a drawn model receives a gradient", () => {
  const model = new Transformer(sizes, new Rng(3));
  model
    .forward([[1, 2]], [[3, 0]])
    .sum()
    .backward();
  const without = [...model.parameters()].filter(([, { grad }]) => !grad).map(([name]) => name);
  expect(without).toEqual([]);
});

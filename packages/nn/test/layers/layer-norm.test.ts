/** Layer norm with epsilon on the variance, and on the deviation. */
import { randn, Rng, tensor } from "@selectron/core";
import { LayerNorm, ParameterStore, TransformerEncoder, type EncoderConfig } from "@selectron/nn";
import { expect, it } from "vitest";
import type { Matrix } from "../plain/layers.js";
import { distance, randomParameters } from "../support.js";

const [gain, bias] = [[1.5, -2, 0.5], [0.1, 0.2, -0.3]]; // prettier-ignore
const norm = (epsilonOnDeviation: boolean): LayerNorm => {
  const given = new Map([["weight", tensor(gain)], ["bias", tensor(bias)]]); // prettier-ignore
  return new LayerNorm(new ParameterStore(given).scope, 3, { epsilon: 0.5, epsilonOnDeviation });
};

it.each([false, true])("is the formula (epsilon on the deviation: %j)", (onDeviation) => {
  const x = randn([4, 3], new Rng(1));
  const expected = (x.toArray() as Matrix).map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / 3;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3;
    const below = onDeviation ? Math.sqrt(variance) + 0.5 : Math.sqrt(variance + 0.5);
    return row.map((value, i) => gain[i]! * ((value - mean) / below) + bias[i]!);
  });
  expect(distance(norm(onDeviation).forward(x).toArray(), expected)).toBeLessThan(1e-5);
});

it("is an option of whole models, before and after blocks, and of the embeddings", () => {
  const config: EncoderConfig = {
    ...{ vocabularySize: 5, maxLength: 4, dModel: 8, outputs: 3, layerNorm: "pre", embeddingNorm: true },
    ...{ blocks: [{ heads: 2, dHead: 4, dFf: 8 }], layerNormEpsilon: 0.3 },
  };
  const parameters = randomParameters(TransformerEncoder.parameterShapes(config), new Rng(1));
  const out = (onDeviation: boolean) =>
    new TransformerEncoder({ ...config, layerNormEpsilonOnDeviation: onDeviation }, parameters).forward([[1, 2, 3]]);
  expect(distance(out(true).toArray(), out(false).toArray())).toBeGreaterThan(1e-3);
});

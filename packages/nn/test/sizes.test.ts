/** Sizes that no machine holds are refused before anything of that size is made; sizes of models that exist can still be counted. */
import { Rng } from "@selectron/core";
import {
  countScalars,
  decoderOnly,
  gpt2Config,
  gpt2Shapes,
  Transformer,
  TransformerEncoder,
  type EncoderConfig,
  type TransformerConfig,
} from "@selectron/nn";
import { expect, it } from "vitest";

const block = { heads: 1, dHead: 4, dFf: 4 };
const config: EncoderConfig = { vocabularySize: 3, maxLength: 4, dModel: 4, blocks: [block], outputs: 2 };

it.each<[Partial<EncoderConfig>, string]>([
  [{ dModel: 1e11 }, "TransformerEncoder: a model of these sizes has"],
  [{ dModel: 1e11 }, "over the limit of 2147483648; the largest parameter is "],
  [{ vocabularySize: 2 ** 31 }, "the largest parameter is embedding.token.weight [2147483648, 4]. Use smaller sizes."],
  [{ maxLength: 2 ** 31 }, "the largest parameter is embedding.position.weight [2147483648, 4]"],
  [{ outputs: 1e10 }, "the largest parameter is unembedding.weight [4, 10000000000]"],
  [{ blocks: [{ ...block, dFf: 1e10 }] }, "the largest parameter is blocks.0.feedForward.hidden.weight"],
  [{ blocks: [{ ...block, heads: 2 ** 21 }] }, "EncoderConfig.blocks[0]: heads is 2097152; it must be an integer, from 0 to 1048576."],
  [{ blocks: [{ ...block, dHead: 2 ** 30 }], positions: { kind: "rope" } }, "blocks[0]: dHead is 1073741824; it must be an integer, from 1 to"],
  [{ blocks: Array.from({ length: 10_001 }, () => block) }, "EncoderConfig.blocks.length is 10001; it must be an integer, from 0 to 10000."],
  [{ blocks: Array.from({ length: 10_000 }, () => ({ ...block, dFf: 100_000 })) }, "a model of these sizes has 900"],
])("an encoder %#", (change, message) => {
  for (const source of [undefined, new Rng(1), new Map()]) {
    expect(() => new TransformerEncoder({ ...config, ...change }, source)).toThrow(message);
    expect(() => new TransformerEncoder({ ...config, ...change }, source)).toThrow(RangeError);
  }
}); // prettier-ignore

it.each<[Partial<TransformerConfig>, string]>([
  [{ numHiddenLayers: 1e9 }, "TransformerConfig.numHiddenLayers is 1000000000; it must be an integer, from 0 to 10000."],
  [{ hiddenSize: 12e9 }, "blocks[0]: dHead is 1000000000; it must be an integer, from 1 to 1048576."],
  [{ vocabSize: 1e9 }, "Transformer: a model of these sizes has"],
  [{ intermediateSize: 1e9 }, "Transformer: a model of these sizes has"],
])("an encoder-decoder %#", (change, message) => {
  expect(() => new Transformer(change)).toThrow(message);
  expect(() => new Transformer(change, new Rng(1))).toThrow(RangeError);
}); // prettier-ignore

it("models that exist can be counted, and named", () => {
  const gpt3 = decoderOnly({
    vocabSize: 50257,
    hiddenSize: 12288,
    numHiddenLayers: 96,
    numAttentionHeads: 96,
    intermediateSize: 49152,
    maxPositionEmbeddings: 2048,
    positions: { kind: "learned" },
    tied: true,
  });
  expect(Math.round(countScalars(TransformerEncoder.parameterShapes(gpt3)) / 1e9)).toBe(175);
  const sizes = gpt2Config({ n_layer: 1e6, n_head: 1, n_embd: 1, n_positions: 1, vocab_size: 1 });
  expect(() => gpt2Shapes(sizes)).toThrow("Gpt2Config.layers is 1000000; it must be an integer, from 0 to 10000.");
});

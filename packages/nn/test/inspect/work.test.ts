/** The counted work of layers beside the products that a pass makes, and the parameters that a model has. */
import { getKernels, referenceKernels, Rng, setKernels } from "@selectron/core";
import { layerWork, Transformer, TransformerEncoder, type EncoderConfig } from "@selectron/nn";
import { afterEach, expect, it } from "vitest";

const config: EncoderConfig = {
  ...{ vocabularySize: 7, maxLength: 6, dModel: 8, outputs: 5, positions: { kind: "none" } },
  blocks: [
    { heads: 2, dHead: 3, dFf: 16 },
    { heads: 0, dHead: 0, dFf: 4 },
  ],
};
afterEach(() => setKernels(referenceKernels));

it("counts the multiply-adds that the kernels make", () => {
  const model = new TransformerEncoder(config, new Rng(1));
  let counted = 0;
  const before = getKernels();
  setKernels({
    ...before,
    matmul: (call) => {
      counted += call.m * call.k * call.n;
      before.matmul(call);
    },
  });
  // With the pattern watched, attention is made of products.
  model.forward([[1, 2, 3, 4]], { record: () => undefined });
  expect(layerWork(config, 4).reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)).toBe(counted);
});

it("counts the parameters", () => {
  const bytes = layerWork(config, 4).reduce((sum, { parameterBytes }) => sum + parameterBytes, 0);
  expect(bytes).toBe(4 * new TransformerEncoder(config).parameterCount);
});

it("counts an encoder–decoder", () => {
  const sizes = { vocabSize: 9, hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 16 };
  const work = layerWork(sizes, 5);
  expect(work.map(({ layer }) => layer)).toEqual([
    ...["encoder.embedding", "encoder.blocks.0.attention", "encoder.blocks.0.feedForward", "decoder.embedding"],
    ...["decoder.blocks.0.attention", "decoder.blocks.0.crossAttention", "decoder.blocks.0.feedForward", "generator"],
  ]);
  const bytes = work.reduce((sum, { parameterBytes }) => sum + parameterBytes, 0);
  // Without the last norms of both stacks.
  expect(bytes).toBe(4 * (new Transformer(sizes).parameterCount - 2 * 2 * 8));
});

it("is quadratic in the length in attention, and linear elsewhere", () => {
  const of = (length: number) =>
    Object.fromEntries(layerWork(config, length).map((each) => [each.layer, each.multiplyAdds]));
  const [short, long] = [of(10), of(20)];
  expect(long["blocks.0.feedForward"]).toBe(2 * short["blocks.0.feedForward"]!);
  // 4 n D H dHead + 2 n² H dHead
  expect(short["blocks.0.attention"]).toBe(4 * 10 * 8 * 6 + 2 * 100 * 6);
  expect(long["blocks.0.attention"]).toBe(4 * 20 * 8 * 6 + 2 * 400 * 6);
});

it("counts the pairs that are looked at only", () => {
  const attention = (changes: Partial<EncoderConfig>) =>
    layerWork({ ...config, ...changes }, 6)[1]!.multiplyAdds - 4 * 6 * 8 * 6;
  expect(attention({ causal: true })).toBe(2 * 21 * 6);
  // A window of one key on either side: 2 + 3 + 3 + 3 + 3 + 2.
  expect(attention({ restriction: { window: 1 } })).toBe(2 * 16 * 6);
  expect(() => layerWork(config, 0)).toThrow("layerWork: length is 0; it must be an integer, from 1 to 1048576.");
});

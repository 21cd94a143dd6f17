/**
 * Sizes of published models, from our configurations. They are published rounded (65M, 110M, 1.5B, 220M, 175B); where
 * the exact number is known, ours is equal to it. Only shapes are declared, so nothing of that size is allocated.
 */
import {
  countScalars,
  decoderOnly,
  encoderOnly,
  llamaShapes,
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type TransformerConfig,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";

const decoder = (config: Partial<TransformerConfig>): number =>
  countScalars(TransformerDecoder.parameterShapes(decoderOnly(config)));
const both = (config: Partial<TransformerConfig>): number => countScalars(Transformer.parameterShapes(config));

/** Rounded to this many significant digits. */
const rounded = (value: number, digits: number): number => Number(value.toPrecision(digits));

const gpt2 = { vocabSize: 50257, positions: { kind: "learned" }, activation: "gelu", tied: true } as const;

describe("parameters", () => {
  it("BERT-base: 110M", () => {
    const base = { vocabSize: 30522, layerNorm: "post", positions: { kind: "learned" }, tied: true } as const;
    const bert = { ...encoderOnly(base), segments: 2, embeddingNorm: true, pooler: true };
    // The number of Hugging Face's BertModel for bert-base-uncased.
    expect(countScalars(TransformerEncoder.parameterShapes(bert))).toBe(109_482_240);
    expect(rounded(109_482_240, 2)).toBe(110e6);
  });

  it("T5-base: 220M", () => {
    const t5 = { vocabSize: 32128, activation: "relu", bias: false, positions: { kind: "t5" }, tied: true } as const;
    // Its norms have a gain only, like ours without bias, so this is the published checkpoint's number.
    expect(both(t5)).toBe(222_903_552);
    expect(rounded(both(t5), 2)).toBe(220e6);
  });

  it("GPT-2: 1.5B", () => {
    const xl = {
      hiddenSize: 1600,
      numHiddenLayers: 48,
      numAttentionHeads: 25,
      intermediateSize: 6400,
      maxPositionEmbeddings: 1024,
    };
    expect(decoder({ ...gpt2, ...xl })).toBe(1_557_611_200);
    expect(Math.floor(decoder({ ...gpt2, ...xl }) / 1e8) / 10).toBe(1.5);
    expect(decoder({ ...gpt2, maxPositionEmbeddings: 1024 })).toBe(124_439_808);
  });

  it("GPT-3: 175B", () => {
    const size = {
      hiddenSize: 12288,
      numHiddenLayers: 96,
      numAttentionHeads: 96,
      intermediateSize: 49152,
      maxPositionEmbeddings: 2048,
    };
    expect(rounded(decoder({ ...gpt2, ...size }), 3)).toBe(175e9);
  });

  // Gated feed-forward layers, grouped or shared keys and values, RMS norms: the sizes of their reports.
  const gated = { layers: 0, heads: 0, keyValueHeads: 0, dHead: 0, dModel: 0, dFf: 0, vocabularySize: 256_000 };
  it.each([
    ["PaLM: 540B", 540e9, 3, { layers: 118, heads: 48, keyValueHeads: 1, dHead: 256, dModel: 18432, dFf: 73728 }],
    ["Gemma 2: 2B", 2.6e9, 2, { layers: 26, heads: 8, keyValueHeads: 4, dHead: 256, dModel: 2304, dFf: 9216 }],
    ["Gemma 2: 27B", 27e9, 2, { layers: 46, heads: 32, keyValueHeads: 16, dHead: 128, dModel: 4608, dFf: 36864 }],
  ])("%s", (_, published, digits, sizes) => {
    const style = {
      epsilon: 1e-6,
      base: 10000,
      maxLength: 8192,
      pairing: "halves",
      activation: "silu",
      tied: true,
    } as const;
    expect(rounded(countScalars(llamaShapes({ ...gated, ...sizes, ...style })), digits)).toBe(published);
  });

  it("the first Transformer: 63M with a shared vocabulary of 37,000, published as 65M", () => {
    const base = {
      vocabSize: 37000,
      hiddenSize: 512,
      numHiddenLayers: 6,
      numAttentionHeads: 8,
      intermediateSize: 2048,
      layerNorm: "post",
      activation: "relu",
      tied: true,
    } as const;
    expect(both(base)).toBe(63_082_496);
    expect(Math.abs(both(base) / 65e6 - 1)).toBeLessThan(0.03);
  });

  it("are counted the same by a model", () => {
    const small = { vocabSize: 9, hiddenSize: 8, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 16 };
    expect(new Transformer(small).parameterCount).toBe(both(small));
  });
});

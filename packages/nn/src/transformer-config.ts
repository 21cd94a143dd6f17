/**
 * The configuration of a whole Transformer under the names that models of this family are configured with. The defaults
 * are BERT-base's sizes.
 */
import { checks, type Activation } from "@selectron/core";
import { anActivation, checkLayers } from "./checks.js";
import type { EncoderConfig } from "./encoder-config.js";
import { checkPositionConfig, type PositionConfig } from "./positions/index.js";
import { checkRestriction, type Restriction } from "./attention/restriction.js";
import type { StackConfig } from "./stack.js";

/** Sizes and style of a Transformer. */
export interface TransformerConfig {
  readonly vocabSize: number;
  /** Width of the residual stream, a multiple of numAttentionHeads. */
  readonly hiddenSize: number;
  /** Blocks of the encoder, and as many of the decoder. */
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  /** Width of the hidden feed-forward layer. */
  readonly intermediateSize: number;
  /** Probability of dropping an element of the embeddings or of a sublayer's output. */
  readonly hiddenDropoutProb: number;
  /** Probability of dropping a weight of an attention pattern. */
  readonly attentionProbsDropoutProb: number;
  /** Longest sequence. A limit for learnt positions only. */
  readonly maxPositionEmbeddings: number;
  /** Added to the variance in layer norms. */
  readonly layerNormEps: number;
  /** Whether it is added to the deviation instead: (x − μ) / (σ + ε), as the chapter prints it; false if absent. */
  readonly layerNormEpsOnDeviation?: boolean | undefined;
  /** Whether layer norm comes before each sublayer, or after it. */
  readonly layerNorm: "pre" | "post";
  /** Of the feed-forward layers. */
  readonly activation: Activation;
  readonly positions: PositionConfig;
  /** Which keys a query of self-attention looks at; all if absent. */
  readonly restriction?: Restriction | undefined;
  /** Whether token embeddings are multiplied by √hiddenSize. */
  readonly scaleEmbeddings: boolean;
  /** Whether maps and norms inside the blocks have a bias. */
  readonly bias: boolean;
  /** Whether one table is the embedding of encoder and decoder and, transposed and without bias, the generator. */
  readonly tied: boolean;
}

/** The sizes of BERT-base, with norms before the sublayers and sinusoidal positions. */
export const transformerDefaults: TransformerConfig = {
  vocabSize: 30000,
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
  maxPositionEmbeddings: 512,
  layerNormEps: 1e-12,
  layerNorm: "pre",
  activation: "geluExact",
  positions: { kind: "sinusoidal" },
  scaleEmbeddings: true,
  bias: true,
  tied: false,
};

const configKinds = {
  vocabSize: checks.anInteger(1),
  hiddenSize: checks.anInteger(1),
  numHiddenLayers: checks.anInteger(0),
  numAttentionHeads: checks.anInteger(1),
  intermediateSize: checks.anInteger(1),
  hiddenDropoutProb: checks.aRate,
  attentionProbsDropoutProb: checks.aRate,
  maxPositionEmbeddings: checks.anInteger(1),
  layerNormEps: checks.anAmount,
  layerNormEpsOnDeviation: checks.aFlag,
  layerNorm: checks.oneOf(["pre", "post"]),
  activation: anActivation,
  positions: checks.anObject('an object such as { kind: "learned" }'),
  restriction: checks.anObject("an object such as { window: 2 }"),
  scaleEmbeddings: checks.aFlag,
  bias: checks.aFlag,
  tied: checks.aFlag,
};

/** Without fields that are undefined, which stand for the defaults. */
const definedOf = (changes: Partial<TransformerConfig>): Partial<TransformerConfig> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

/** The defaults with these fields changed. Throws a RangeError that names the field that is out of range. */
export function transformerConfig(changes: Partial<TransformerConfig> = {}): TransformerConfig {
  checks.checkOptions("TransformerConfig", changes, configKinds);
  const config = { ...transformerDefaults, ...definedOf(changes) };
  checkLayers("TransformerConfig.numHiddenLayers", config.numHiddenLayers);
  checkPositionConfig(config.positions);
  if (config.restriction) checkRestriction(config.restriction);
  const { hiddenSize, numAttentionHeads } = config;
  if (hiddenSize % numAttentionHeads !== 0) {
    throw new RangeError(
      `TransformerConfig: numAttentionHeads ${numAttentionHeads} does not divide hiddenSize ${hiddenSize}; each head gets an equal part.`,
    );
  }
  return config;
}

/** One of the stacks of such a Transformer. */
export function stackOf(config: TransformerConfig, causal: boolean): StackConfig {
  const { hiddenSize, numAttentionHeads, intermediateSize } = config;
  const block = { heads: numAttentionHeads, dHead: hiddenSize / numAttentionHeads, dFf: intermediateSize };
  return {
    vocabularySize: config.vocabSize,
    maxLength: config.maxPositionEmbeddings,
    dModel: hiddenSize,
    blocks: Array.from({ length: config.numHiddenLayers }, () => block),
    layerNorm: config.layerNorm,
    layerNormEpsilon: config.layerNormEps,
    layerNormEpsilonOnDeviation: config.layerNormEpsOnDeviation,
    activation: config.activation,
    causal,
    positions: config.positions,
    restriction: config.restriction,
    scaleEmbeddings: config.scaleEmbeddings,
    bias: config.bias,
    hiddenDropout: config.hiddenDropoutProb,
    attentionDropout: config.attentionProbsDropoutProb,
  };
}

/** A BERT-like model: the encoder alone, scoring the vocabulary at every position. */
export function encoderOnly(changes: Partial<TransformerConfig> = {}): EncoderConfig {
  const config = transformerConfig(changes);
  return { ...stackOf(config, false), outputs: config.vocabSize, tied: config.tied };
}

/** A GPT-like model: causal blocks, scoring the next token at every position. */
export function decoderOnly(changes: Partial<TransformerConfig> = {}): EncoderConfig {
  const config = transformerConfig(changes);
  return { ...stackOf(config, true), outputs: config.vocabSize, tied: config.tied };
}

/**
 * The work of a Transformer, layer by layer: multiply-adds and bytes of a forward pass over rows of a length, counted from the sizes. Sums of
 * products only; softmax, norms and activations are a small part of it and are left out. A multiply-add is two floating-point operations.
 */
import { checks } from "@selectron/core";
import { checkEncoderConfig, type EncoderConfig } from "../encoder-config.js";
import { keysOf, type Restriction } from "../attention/restriction.js";
import type { BlockConfig } from "../block.js";
import { checkPositionConfig } from "../positions/index.js";
import type { StackConfig } from "../stack.js";
import { stackOf, transformerConfig, type TransformerConfig } from "../transformer-config.js";

/** The work of one layer. */
export interface LayerWork {
  /** "blocks.0.attention", "blocks.0.feedForward", "unembedding", … */
  readonly layer: string;
  readonly multiplyAdds: number;
  /** Of parameters, in float32. */
  readonly parameterBytes: number;
  /** Of what the layer computes for a row, in float32: queries, keys, values, patterns, hidden units, its result. */
  readonly activationBytes: number;
}

const FLOAT = 4;

/** Pairs of query and key that a row of n tokens compares; with a causal mask half of them. */
function pairsOf(causal: boolean, restriction: Restriction | undefined, n: number): number {
  if (!restriction) return causal ? (n * (n + 1)) / 2 : n * n;
  let pairs = 0;
  for (let i = 0; i < n; i++) pairs += keysOf(restriction, causal, i, n).length;
  return pairs;
}

/** The layers of a stack; `name` begins their names, and a memory of as many tokens is attended to with `cross`. */
function stackWork(config: StackConfig, n: number, name: string, cross: boolean): LayerWork[] {
  const { dModel, blocks, vocabularySize, bias = true, layerNorm = false, causal = false, restriction } = config;
  const norm = layerNorm === false ? 0 : dModel * (bias ? 2 : 1);
  const map = (inputs: number, width: number): number => inputs * width + (bias ? width : 0);
  const attention = (layer: string, { heads, dHead }: BlockConfig, pairs: number): LayerWork => {
    const width = heads * dHead;
    return {
      layer: name + layer,
      multiplyAdds: 4 * n * dModel * width + 2 * pairs * width,
      parameterBytes: FLOAT * (3 * map(dModel, width) + map(width, dModel) + norm),
      activationBytes: FLOAT * (4 * n * width + heads * pairs + n * dModel),
    };
  };
  const pairs = pairsOf(causal, restriction, n);
  return [
    {
      layer: `${name}embedding`,
      multiplyAdds: 0,
      parameterBytes: FLOAT * vocabularySize * dModel,
      activationBytes: FLOAT * n * dModel,
    },
    ...blocks.flatMap((block, b) => {
      const { heads, dFf } = block;
      const feedForward: LayerWork = {
        layer: `${name}blocks.${b}.feedForward`,
        multiplyAdds: 2 * n * dModel * dFf,
        parameterBytes: FLOAT * (map(dModel, dFf) + map(dFf, dModel) + norm),
        activationBytes: FLOAT * n * (dFf + dModel),
      };
      return [
        ...(heads > 0 ? [attention(`blocks.${b}.attention`, block, pairs)] : []),
        ...(heads > 0 && cross ? [attention(`blocks.${b}.crossAttention`, block, n * n)] : []),
        ...(dFf > 0 ? [feedForward] : []),
      ];
    }),
  ];
}

/** The last map, from the stream to the outputs. */
const outputWork = (layer: string, n: number, dModel: number, outputs: number, tied: boolean): LayerWork => ({
  layer,
  multiplyAdds: n * dModel * outputs,
  parameterBytes: tied ? 0 : FLOAT * (dModel * outputs + outputs),
  activationBytes: FLOAT * n * outputs,
});

/**
 * The layers of a model in order. Projections are n · D · H · dHead multiply-adds each, scores and mixing H · dHead for each pair of query and
 * key, a feed-forward sublayer 2 · n · D · F: O(n² · dHead) in the length, as attention is usually counted. Parameters of positions and of the
 * norms outside the blocks are left out; a shared table of tokens counts in the encoder.
 *
 * @param config - of a `TransformerEncoder` or `TransformerDecoder`, or of a `Transformer`, whose source and target are then of that length
 * @param length - tokens of a row, 1 or more
 * @throws RangeError on a bad size
 */
export function layerWork(config: EncoderConfig | Partial<TransformerConfig>, length: number): LayerWork[] {
  checks.check("layerWork: configuration", config, checks.anObject("a configuration of a model"));
  checks.check("layerWork: length", length, checks.anInteger(1, 2 ** 20));
  if ("blocks" in config) {
    checkEncoderConfig(config);
    if (config.positions) checkPositionConfig(config.positions);
    const { dModel, outputs, tied = false } = config;
    return [...stackWork(config, length, "", false), outputWork("unembedding", length, dModel, outputs, tied)];
  }
  const whole = transformerConfig(config);
  const { hiddenSize, vocabSize, tied } = whole;
  const decoder = stackWork(stackOf(whole, true), length, "decoder.", true);
  if (tied) decoder[0] = { ...decoder[0]!, parameterBytes: 0 };
  return [
    ...stackWork(stackOf(whole, false), length, "encoder.", false),
    ...decoder,
    outputWork("generator", length, hiddenSize, vocabSize, tied),
  ];
}

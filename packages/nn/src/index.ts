/** The public surface of @selectron/nn. */
export { MultiHeadAttention, type AttentionConfig, type AttentionInput } from "./attention/multi-head.js";
export type { BlockConfig } from "./block.js";
export { checkLayers, ContextError } from "./checks.js";
export { DecodingCache } from "./cache.js";
export { TransformerDecoder } from "./decoder.js";
export { Dropout } from "./layers/dropout.js";
export { Embedding } from "./layers/embedding-table.js";
export { TokenAndPositionEmbedding, type EmbeddingInput, type EmbeddingOptions } from "./embedding.js";
export type { EncoderConfig } from "./encoder-config.js";
export { TransformerEncoder } from "./encoder.js";
export { LoopedEncoder, type LoopConfig, type LoopedEncoderConfig, type LoopedResult } from "./looped-encoder.js";
export { FeedForward, type FeedForwardOptions } from "./layers/feed-forward.js";
export type { Ended, Generated } from "./generation/beam.js";
export {
  generate,
  generateBeams,
  stream,
  streamAsync,
  type GeneratedToken,
  type GenerateOptions,
  type LanguageModel,
} from "./generation/generate.js";
export { cached, uncached, type Decoding, type Forward, type Generative } from "./generation/generative.js";
export { distribution, type SamplingOptions } from "./generation/sampling.js";
export {
  attentionMaps,
  attentionText,
  type AttentionMap,
  type AttentionMapOptions,
  type Labels,
} from "./inspect/attention-map.js";
export { architectureSvg } from "./inspect/architecture-svg.js";
export { layerWork, type LayerWork } from "./inspect/work.js";
export { attentionSvg } from "./inspect/attention-svg.js";
export { withPatches, type Patch } from "./inspect/patches.js";
export { escapeXml } from "./inspect/xml.js";
export { trace, withHooks, type Hook, type Trace, type Watchable } from "./inspect/trace.js";
export { LayerNorm, type LayerNormOptions } from "./layers/layer-norm.js";
export { Linear } from "./layers/linear.js";
export { RmsNorm, rmsNorm } from "./layers/rms-norm.js";
export { causalMask, eitherMask, paddingMask } from "./attention/masks.js";
export { buildModel, countScalars, Model } from "./model.js";
export { Packing, type Padding } from "./padding.js";
export { ParameterScope, ParameterStore, type InitialValue, type ParameterSource, type Provide } from "./parameters.js";
export { alibiSlopes } from "./positions/alibi.js";
export { positionsOf, type PositionConfig } from "./positions/index.js";
export {
  type PositionContext,
  type Positions,
  type PositionSizes,
  type RelativePositions,
} from "./positions/positions.js";
export { ntkBase, rotatePairs } from "./positions/rotary.js";
export type { RotaryPairing, RotaryScaling } from "./positions/rotary-tables.js";
export { divTerms, sinusoidalTable } from "./positions/sinusoidal.js";
export { t5Bucket } from "./positions/t5.js";
export { AdditiveAttention, type AdditiveAttentionConfig } from "./recurrent/additive-attention.js";
export { Recurrent, type RecurrentInput, type RecurrentKind, type RecurrentState } from "./recurrent/recurrent.js";
export {
  RecurrentTranslator,
  type RecurrentDecodeOptions,
  type RecurrentMemory,
  type RecurrentTranslatorConfig,
} from "./recurrent/recurrent-translator.js";
export type { Patcher, Recorder, Watching } from "./recorder.js";
export { keysOf, looksAt, type Restriction } from "./attention/restriction.js";
export type { ForwardOptions, Memory, StackConfig } from "./stack.js";
export {
  decoderOnly,
  encoderOnly,
  transformerConfig,
  transformerDefaults,
  type TransformerConfig,
} from "./transformer-config.js";
export { Transformer, type TransformerOptions } from "./transformer.js";
export { gpt2Config, Gpt2Error, type Gpt2Config, type Gpt2Options } from "./loaders/gpt2/config.js";
export { Gpt2, type Gpt2ForwardOptions } from "./loaders/gpt2/gpt2.js";
export { gpt2Shapes } from "./loaders/gpt2/parameters.js";
export {
  CausalModel,
  type CausalLayers,
  type CausalOptions,
  type CausalPass,
  type CausalSizes,
} from "./loaders/causal-model.js";
export type { ConfigOptions } from "./loaders/config-fields.js";
export { llamaConfig, type LlamaActivation, type LlamaConfig } from "./loaders/llama/config.js";
export { Llama } from "./loaders/llama/llama.js";
export { llamaShapes } from "./loaders/llama/parameters.js";
export { LoadError } from "./loaders/load-error.js";
export { loadModel, type LoadedModel, type LoadOptions } from "./loaders/load-model.js";
export { neoXConfig, type NeoXConfig } from "./loaders/neox/config.js";
export { GptNeoX } from "./loaders/neox/neox.js";
export { neoXShapes } from "./loaders/neox/parameters.js";
export { shardNames } from "./loaders/shards.js";
export type { FilesOptions, ModelFile } from "./loaders/weights.js";
export { bytePairPieces, bytePairs, unigramPieces, wordPieces, type Merge } from "./subwords/subwords.js";
export * from "./tasks/index.js";
export * from "./train/index.js";

/** The public surface of @selectron/nn. */
export { MultiHeadAttention } from "./attention.js";
export { Embedding, TokenAndPositionEmbedding } from "./embedding.js";
export type { BlockConfig, EncoderConfig } from "./encoder-config.js";
export { FeedForward } from "./feed-forward.js";
export { LayerNorm } from "./layer-norm.js";
export { Linear } from "./linear.js";
export { causalMask, paddingMask } from "./masks.js";
export { ParameterScope, ParameterStore } from "./parameters.js";
export { TransformerEncoder, type ForwardOptions, type Patcher, type Recorder } from "./transformer.js";
export { gpt2Config, Gpt2Error, type Gpt2Config } from "./gpt2/config.js";
export { Gpt2, gpt2Shapes } from "./gpt2/gpt2.js";

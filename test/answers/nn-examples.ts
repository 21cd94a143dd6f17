/** Values for the example calls of nn's public functions. */
import { ones, Rng, tensor, type Tensor } from "@selectron/core";
import * as nn from "@selectron/nn";

export const ANY = "any value is passed on as it is";
export const IDS = "ids in any list";
export const TASK = { "0.config": "used in trainings only" };
export const MODEL = {
  "0: {}": "not tried: the defaults, which are large",
  "0: undefined": "not tried: the defaults, which are large",
  "1: Map": "values by name",
};
export const TEXT = "shown only";

export const config = {
  vocabularySize: 3,
  maxLength: 4,
  dModel: 4,
  blocks: [{ heads: 2, dHead: 2, dFf: 4 }],
  outputs: 3,
};
export const options: nn.EncoderConfig = {
  ...config,
  layerNorm: "pre",
  layerNormEpsilon: 1e-5,
  activation: "gelu",
  causal: true,
  positions: { kind: "learned" },
  restriction: { window: 1 },
  segments: 2,
  embeddingNorm: true,
  scaleEmbeddings: true,
  bias: true,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
  tied: false,
  pooler: true,
};
export const sizes = {
  vocabSize: 4,
  hiddenSize: 4,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 4,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
  maxPositionEmbeddings: 8,
  layerNormEps: 1e-5,
  layerNorm: "pre",
  activation: "relu",
  positions: { kind: "sinusoidal" },
  scaleEmbeddings: true,
  bias: true,
  tied: false,
} as const;
export const gpt2 = { layers: 1, heads: 1, dModel: 2, dFf: 2, maxLength: 3, vocabularySize: 3, epsilon: 1e-5 };
export const gpt2Weights = (): Map<string, Tensor> =>
  new Map([...nn.gpt2Shapes(gpt2)].map(([name, shape]) => [name, ones(shape)]));

export const llama = {
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  dHead: 2,
  dModel: 4,
  dFf: 3,
  vocabularySize: 3,
  epsilon: 1e-5,
  base: 100,
  maxLength: 4,
  pairing: "halves",
  scaling: { kind: "linear", factor: 2 },
  activation: "silu",
  tied: false,
  attentionBias: true,
  outputBias: true,
  feedForwardBias: true,
} as const satisfies nn.LlamaConfig;
export const neoX = {
  layers: 1,
  heads: 2,
  dModel: 4,
  dFf: 3,
  vocabularySize: 3,
  epsilon: 1e-5,
  rotaryColumns: 2,
  base: 100,
  maxLength: 4,
  pairing: "halves",
  scaling: { kind: "linear", factor: 2 },
  activation: "gelu",
  parallel: true,
  tied: false,
  attentionBias: true,
} as const satisfies nn.NeoXConfig;
const allOnes = (shapes: ReadonlyMap<string, readonly number[]>): Map<string, Tensor> =>
  new Map([...shapes].map(([name, shape]) => [name, ones(shape)]));
export const llamaWeights = (): Map<string, Tensor> => allOnes(nn.llamaShapes(llama));
export const neoXWeights = (): Map<string, Tensor> => allOnes(nn.neoXShapes(neoX));
/** The same as a user's config.json. */
export const llamaJson = {
  model_type: "llama",
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  hidden_size: 4,
  intermediate_size: 3,
  vocab_size: 3,
  attention_bias: true,
  mlp_bias: true,
  rms_norm_eps: 1e-5,
};
export const neoXJson = {
  model_type: "gpt_neox",
  num_hidden_layers: 1,
  num_attention_heads: 2,
  hidden_size: 4,
  intermediate_size: 3,
  vocab_size: 3,
  rotary_pct: 1,
};
export const index = (): Record<string, unknown> => ({ weight_map: {} });

export const scope = (): nn.ParameterScope => new nn.ParameterStore(new Rng(1)).scope;
export const decoder = (): nn.TransformerDecoder => new nn.TransformerDecoder(config, new Rng(1));
export const looped = { ...config, loop: { first: 0, last: 0, halted: 0, most: 2 } };
export const pooled = (): nn.TransformerEncoder =>
  new nn.TransformerEncoder({ ...config, segments: 2, pooler: true }, new Rng(1));
export const transformer = (): nn.Transformer => new nn.Transformer(sizes, new Rng(1));
export const parameters = (): Map<string, Tensor> => {
  const weight = tensor([1, 2], [2], { requiresGrad: true });
  weight.mul(weight).sum().backward();
  return new Map([["weight", weight]]);
};
export const stream = (): Tensor => ones([1, 2, 4]);
export const forward: nn.Forward = (rows) => ones([rows.length, rows[0]!.length, 3]);
export const map = (): nn.AttentionMap => ({ title: "a", queries: ["x"], keys: ["y"], weights: [[1]] });
export const example = (): nn.Example => ({ source: [1, 2], target: [1, 2] });
export const draw = (rng: Rng): nn.Example => ({ source: [rng.int(4), rng.int(4)], target: [1, 2] });
export const task: nn.SequenceTask = {
  ...nn.copyTask,
  heldOut: { test: 1, validation: 1 },
  draw,
};
export const generation: nn.GenerateOptions = {
  temperature: 1,
  topK: 2,
  topP: 0.5,
  maxTokens: 2,
  stop: [2],
  rng: new Rng(1),
  beams: 1,
  lengthPenalty: 0,
};
export const generated = { "0": "a forward pass, or a model", "1": IDS, "2.stop": IDS };
export const rows = { "0.0": IDS, "1.segments.0": IDS, "1.positions.0": IDS };
export const watching = {
  padding: [[true, true]],
  record: () => undefined,
  patch: (_: string, x: Tensor) => x,
  rng: new Rng(1),
};
export const saysTokens = { says: ["tokens", "forward", "padding"] };
export const memoryStorage = (): nn.CheckpointStorage => ({
  names: () => [],
  read: () => new Uint8Array(),
  write: () => undefined,
  remove: () => undefined,
});
export const training = (): nn.TrainOptions => ({
  optimizer: new nn.SGD(parameters()),
  schedule: nn.constant(0.1),
  steps: 2,
  seed: 1,
  forward: () => ({ loss: tensor(1, undefined, { requiresGrad: true }).mul(2), correct: 1, counted: 1, tokens: 1 }),
  accumulate: 1,
  clip: 1,
  evaluation: { every: 1, accuracy: () => 1, enough: 1, patience: 2 },
  checkpoints: { storage: memoryStorage(), every: 1, keep: 1, refused: () => undefined },
  description: "a training",
  signal: { aborted: false },
  started: () => undefined,
  onStep: () => undefined,
});
export const oneShard = (): nn.ShardOptions => {
  const own = parameters();
  const x = [...own.values()][0]!;
  const forward = (): nn.BatchResult => ({ loss: x.mul(x).sum(), correct: 1, counted: 1, tokens: 1 });
  return { parameters: own, step: 1, forward, memory: new Float32Array(x.size) };
};
export const schedule = { peak: 0.1, warmup: 2, steps: 10, floor: 0.01 };
export const atStep = { then: (result: unknown) => (result as nn.Schedule)(3), says: ["schedule"] };
export const record = { step: 1, loss: 1, accuracy: 1, learningRate: 1, gradientNorm: 1, tokens: 1 };
export const on = (make: () => object) => ({ on: make, ...saysTokens });

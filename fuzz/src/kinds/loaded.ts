/** Folders of models of others, as `loadModel` takes them: weights, configurations and the index of shards. */
import { encodeSafetensors, randn, Rng } from "@selectron/core";
import { llamaConfig, llamaShapes, loadModel, LoadError, neoXConfig, neoXShapes, shardNames } from "@selectron/nn";
import { demandFinite, type Kind } from "../kind.js";
import { editBytes } from "../mutate/bytes.js";
import { editJson } from "../mutate/json.js";
import { editSafetensors } from "../mutate/safetensors.js";
import { decode, encode } from "../world.js";

const LLAMA = {
  model_type: "llama",
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  hidden_size: 8,
  intermediate_size: 4,
  vocab_size: 4,
  max_position_embeddings: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8,
  },
};
const NEOX = {
  model_type: "gpt_neox",
  num_hidden_layers: 1,
  num_attention_heads: 2,
  hidden_size: 8,
  intermediate_size: 4,
  vocab_size: 4,
  max_position_embeddings: 8,
  rotary_pct: 0.5,
};

const weightsOf = (prefix: string, shapes: ReadonlyMap<string, readonly number[]>): Uint8Array =>
  encodeSafetensors(
    new Map(
      [...shapes].map(([name, shape]) => [
        /^(lm_head|embed_out)/.test(name) ? name : prefix + name,
        randn([...shape], new Rng(1)),
      ]),
    ),
  );

const families = [
  { name: "llama", config: LLAMA, weights: weightsOf("model.", llamaShapes(llamaConfig(LLAMA))) },
  { name: "gpt-neox", config: NEOX, weights: weightsOf("gpt_neox.", neoXShapes(neoXConfig(NEOX))) },
];

/** JSON that the command would have refused before. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decode(bytes));
  } catch {
    throw new LoadError("not JSON");
  }
}

function answerOf(config: unknown, weights: Uint8Array, index?: unknown): string {
  const model = loadModel(config, weights, { index });
  const { vocabularySize } = model.config;
  const length = Math.min(3, model.maxLength ?? 3);
  const logits = model.forward([[0, 1, 2].slice(0, length).map((id) => id % vocabularySize)]);
  demandFinite("the logits", logits.data);
  return logits.data.join();
}

/** Edits of a text, and now and then of its bytes. */
const inText: Kind["edit"] = (bytes, rng) =>
  rng.int(8) === 0 ? editBytes(bytes, rng) : encode(editJson(decode(bytes), rng));

const INDEX = JSON.stringify({
  metadata: { total_size: 1 },
  weight_map: {
    "model.norm.weight": "model-00001-of-00001.safetensors",
    "lm_head.weight": "model-00001-of-00001.safetensors",
  },
});

export const loadedKinds: readonly Kind[] = [
  ...families.flatMap(({ name, config, weights }): Kind[] => [
    {
      name,
      share: 10,
      edit: editSafetensors,
      samples: () => [{ name: "weights", bytes: weights }],
      read: (bytes) => answerOf(config, bytes),
      documented: [LoadError],
    },
    {
      name: `${name}-config`,
      share: 10,
      edit: inText,
      samples: () => [{ name: "config.json", bytes: encode(JSON.stringify(config)) }],
      read: (bytes) => answerOf(parsed(bytes), weights),
      documented: [LoadError],
    },
  ]),
  {
    name: "shard-index",
    share: 5,
    edit: inText,
    samples: () => [{ name: "model.safetensors.index.json", bytes: encode(INDEX) }],
    read: (bytes) => {
      const index = parsed(bytes);
      return `${shardNames(index).join()} ${answerOf(LLAMA, families[0]!.weights, index)}`;
    },
    // A TypeError for what is no index, by `shardNames`.
    documented: [LoadError, TypeError],
  },
];

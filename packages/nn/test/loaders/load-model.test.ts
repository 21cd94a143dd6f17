/** `loadModel`: what people have in their folders loads as the same model, and what does not is told by the tensor's or the key's name. */
import { encodeSafetensors, full, Rng, type FileSource, type Tensor } from "@selectron/core";
import {
  Gpt2,
  gpt2Config,
  gpt2Shapes,
  GptNeoX,
  Llama,
  llamaConfig,
  llamaShapes,
  loadModel,
  LoadError,
  neoXConfig,
  neoXShapes,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { distance, randomParameters } from "../support.js";
import { encodeAs } from "./half-files.js";
import { GPT2, LLAMA, NEOX } from "./small-configs.js";

const PREFIXES: Readonly<Record<string, string>> = { gpt2: "transformer.", llama: "model.", gpt_neox: "gpt_neox." };
const HEADS = /^(lm_head|embed_out)\./;

/** Weights that both half types hold exactly: eighths below 2. */
const eighths = (shapes: ReadonlyMap<string, readonly number[]>): Map<string, Tensor> =>
  new Map(
    [...randomParameters(shapes, new Rng(3))].map(([name, value]) => {
      const { data } = value;
      data.forEach((x, i) => (data[i] = Math.round(8 * Math.max(-1.9, Math.min(1.9, x))) / 8));
      return [name, value];
    }),
  );

const families = [
  { config: GPT2, weights: eighths(gpt2Shapes(gpt2Config(GPT2))), type: Gpt2 },
  { config: LLAMA, weights: eighths(llamaShapes(llamaConfig(LLAMA))), type: Llama },
  { config: NEOX, weights: eighths(neoXShapes(neoXConfig(NEOX))), type: GptNeoX },
] as const;

const tokens = [[0, 1, 2, 4]];
const logits = (config: unknown, files: Uint8Array | readonly Uint8Array[], options = {}): unknown =>
  loadModel(config, files, options).forward(tokens).toArray();
const named = (weights: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> =>
  new Map([...weights].map(([name, value]) => [HEADS.test(name) ? name : prefix + name, value]));

describe.each(families)("$config.model_type", ({ config, weights, type }) => {
  const own = logits(config, encodeSafetensors(weights));
  const prefixed = named(weights, PREFIXES[config.model_type]!);
  const halves = [...prefixed].map(([name], i): [string, string] => [name, `part-${1 + (i % 3)}-of-3.safetensors`]);
  const index = { metadata: { total_size: 1 }, weight_map: Object.fromEntries(halves) };
  const shard = (i: number): Uint8Array =>
    encodeAs(new Map([...prefixed].filter(([name]) => index.weight_map[name]!.startsWith(`part-${i}`))), "F16");
  const shards = [1, 2, 3].map(shard);

  it("loads with and without its prefix, in every type of weights", () => {
    expect(loadModel(config, encodeSafetensors(weights))).toBeInstanceOf(type);
    for (const dtype of ["F32", "F16", "BF16", "F64"]) {
      expect(logits(config, encodeAs(prefixed, dtype))).toEqual(own);
      expect(logits(config, encodeAs(weights, dtype))).toEqual(own);
    }
    expect(type.fromSafetensors(encodeAs(prefixed, "BF16"), config).forward(tokens).toArray()).toEqual(own);
  });

  it("loads from its shards, and from sources", () => {
    expect(logits(config, shards, { index })).toEqual(own);
    expect(logits(config, shards)).toEqual(own);
    const sources = shards.map((bytes): FileSource => ({
      size: bytes.length,
      readInto: (target, at) => target.set(bytes.subarray(at, at + target.length)),
    }));
    expect(loadModel(config, sources, { index }).forward(tokens).toArray()).toEqual(own);
  });

  it("a missing shard is told by a tensor and by its file", () => {
    const first = halves.find(([, file]) => file.startsWith("part-2"))![0];
    const count = halves.filter(([, file]) => file.startsWith("part-2")).length - 1;
    expect(() => logits(config, [shards[0]!, shards[2]!], { index })).toThrow(
      new RegExp(
        `^${first.replaceAll(".", "\\.")} is in none of the files: the index has it in part-2-of-3.safetensors, with ${count} more that are missing`,
      ),
    );
    expect(() => logits(config, [shards[0]!, shards[2]!])).toThrow(
      /^the configuration does not fit the weights: (they lack \S+ \[|it says 2 layers)|^the file is no|^the weights lack/,
    );
    expect(() => logits(config, [...shards, shards[1]!], { index })).toThrow("give each file of a model once");
  });

  it("another type, another shape, NaN: told by the tensor's name", () => {
    const name = [...prefixed.keys()][4]!;
    const plain = [...weights.keys()][4]!;
    expect(() =>
      logits(
        config,
        encodeAs(prefixed, (each) => (each === name ? "I8" : "F32")),
      ),
    ).toThrow(`${name} is of type I8; weights are F32, F16, BF16, F64. Take the model before it was quantised`);
    const { shape } = prefixed.get(name)!;
    const other = new Map(prefixed).set(name, full([...shape, 2], 1));
    expect(() => logits(config, encodeSafetensors(other))).toThrow(
      `${plain} has shape [${[...shape, 2].join(", ")}], expected [${shape.join(", ")}]`,
    );
    const damaged = new Map(prefixed).set(name, full(shape, 2 ** 41));
    expect(() => logits(config, encodeSafetensors(damaged))).toThrow(`${plain} is damaged: element 0 of`);
    const more = new Map(prefixed).set(`${PREFIXES[config.model_type]!}q.weight`, full([1], 1));
    expect(() => logits(config, encodeSafetensors(more))).toThrow("q.weight belongs to no part of a");
    expect(() => logits(config, encodeSafetensors(other))).toThrow(LoadError);
  });

  it("buffers of any type are not read", () => {
    const buffers: Record<string, string[]> = {
      gpt2: ["transformer.h.0.attn.bias", "transformer.h.1.attn.masked_bias"],
      llama: ["model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"],
      gpt_neox: ["bias", "masked_bias", "rotary_emb.inv_freq"].map((name) => `gpt_neox.layers.0.attention.${name}`),
    };
    const all = new Map(prefixed);
    for (const name of buffers[config.model_type]!) all.set(name, full([1, 1, 2, 2], 1));
    const bytes = encodeAs(all, (name) => (prefixed.has(name) ? "F32" : "BOOL"));
    expect(logits(config, bytes)).toEqual(own);
  });

  it("keys that may make another model are refused by name", () => {
    expect(() => loadModel({ ...config, qk_norm: true }, shards)).toThrow(
      'the configuration\'s "qk_norm" is not known here and may make another model',
    );
    expect(logits({ ...config, qk_norm: true }, shards, { ignore: ["qk_norm"] })).toEqual(own);
    expect(() => loadModel({ ...config, quantization_config: { bits: 4 } }, shards)).toThrow("quantization_config is");
    expect(() => loadModel({ ...config, architectures: ["MambaForCausalLM"] }, shards)).toThrow(
      'architectures has "MambaForCausalLM"',
    );
  });
});

describe("unknown architectures", () => {
  it.each<[unknown, string]>([
    [
      { model_type: "mamba" },
      'the configuration says model_type "mamba"; models that can be loaded are gpt2, llama, mistral, qwen2, gpt_neox',
    ],
    [{}, "the configuration does not give model_type; models that can be loaded are gpt2"],
    [{ model_type: "toString" }, 'the configuration says model_type "toString"'],
    [[], "the configuration must be a JSON object"],
    [null, "the configuration must be a JSON object"],
  ])("%j", (config, message) => {
    expect(() => loadModel(config, new Uint8Array(0))).toThrow(LoadError);
    expect(() => loadModel(config, new Uint8Array(0))).toThrow(message);
  });

  it("weights of another family are told", () => {
    const [gpt2, llama, neox] = families.map(({ weights }) => encodeSafetensors(weights)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(() => loadModel(LLAMA, gpt2)).toThrow(
      'the file is not a model of the Llama kind: it has no "model.embed_tokens.weight"',
    );
    expect(() => loadModel(NEOX, llama)).toThrow(
      'the file is not a GPT-NeoX model: it has no "gpt_neox.embed_in.weight"',
    );
    expect(() => loadModel(GPT2, neox)).toThrow(
      'the file is not a GPT-2-style model: it has no "transformer.wte.weight"',
    );
  });

  it("nanoGPT's sizes need no model_type", () => {
    const plain = { ...GPT2, model_type: undefined };
    expect(loadModel(plain, encodeSafetensors(families[0].weights))).toBeInstanceOf(Gpt2);
  });
});

describe("Meta's names and params.json", () => {
  const params = {
    dim: 8,
    n_layers: 2,
    n_heads: 4,
    n_kv_heads: 2,
    vocab_size: 5,
    multiple_of: 4,
    norm_eps: 1e-6,
    rope_theta: 500,
  };
  const config = llamaConfig(params);
  const original: readonly (readonly [RegExp, string])[] = [
    [/^embed_tokens/, "tok_embeddings"],
    [/^lm_head/, "output"],
    [/self_attn\.(.)_proj/, "attention.w$1"],
    [/mlp\.gate_proj/, "feed_forward.w1"],
    [/mlp\.down_proj/, "feed_forward.w2"],
    [/mlp\.up_proj/, "feed_forward.w3"],
    [/input_layernorm/, "attention_norm"],
    [/post_attention_layernorm/, "ffn_norm"],
  ];
  const weights = eighths(llamaShapes(config));
  const theirs = new Map(
    [...weights].map(([name, value]) => [original.reduce((text, [from, to]) => text.replace(from, to), name), value]),
  );

  it("give interleaved positions and the width of hidden layers", () => {
    expect(config).toMatchObject({ pairing: "interleaved", dFf: 24, base: 500, dHead: 2, tied: false });
    expect(config.maxLength).toBeUndefined();
    expect(llamaConfig({ ...params, ffn_dim_multiplier: 1.5 }).dFf).toBe(32);
    const model = loadModel(params, encodeAs(theirs, "BF16"));
    expect(model.config).toMatchObject({ pairing: "interleaved" });
    expect(model.forward(tokens).toArray()).toEqual(new Llama(config, weights).forward(tokens).toArray());
  });

  it("are the same model with the columns of each head in the other order", () => {
    const sizes = { ...config, heads: 2, keyValueHeads: 1, dHead: 4 };
    const all = eighths(llamaShapes(sizes));
    // Row 2i of a head becomes row i, and row 2i + 1 row i + 2.
    const order = [0, 2, 1, 3];
    const moved = new Map(
      [...all].map(([name, value]) => {
        if (!/[qk]_proj/.test(name)) return [name, value];
        const rows = Array.from({ length: value.shape[0]! }, (_, row) => row - (row % 4) + order[row % 4]!);
        return [name, value.gather(rows)];
      }),
    );
    const interleaved = new Llama({ ...sizes, pairing: "interleaved" }, all).forward(tokens).toArray();
    const halves = new Llama({ ...sizes, pairing: "halves" }, moved).forward(tokens).toArray();
    expect(distance(interleaved, halves)).toBeLessThan(1e-5);
    expect(distance(new Llama({ ...sizes, pairing: "halves" }, all).forward(tokens).toArray(), halves)).toBeGreaterThan(
      1e-3,
    );
  });
});

describe.each([
  {
    family: "llama",
    config: LLAMA,
    weights: families[1].weights,
    head: "lm_head.weight",
    embedding: "embed_tokens.weight",
  },
  {
    family: "gpt_neox",
    config: NEOX,
    weights: families[2].weights,
    head: "embed_out.weight",
    embedding: "embed_in.weight",
  },
])("the unembedding of $family", ({ config, weights, head, embedding }) => {
  const without = new Map([...weights].filter(([name]) => name !== head));
  const tied = { ...config, tie_word_embeddings: true };

  it("is the token embedding where the configuration says so", () => {
    const same = new Map(weights).set(head, weights.get(embedding)!);
    const own = logits(config, encodeSafetensors(same));
    expect(logits(tied, encodeSafetensors(without))).toEqual(own);
    expect(logits(tied, encodeSafetensors(same))).toEqual(own);
    expect(loadModel(tied, encodeSafetensors(same)).parameters.has(head)).toBe(false);
    expect(() => logits(tied, encodeSafetensors(weights))).toThrow(
      `tie_word_embeddings is true, but ${head} is not the token embedding`,
    );
    expect(() => logits(config, encodeSafetensors(without))).toThrow(
      `the weights lack ${head}. If the unembedding is the token embedding, say so`,
    );
  });
});

describe("what is asked of a model", () => {
  const model = new Llama(llamaConfig(LLAMA), families[1].weights);

  it("is checked", () => {
    expect(() => model.forward([[0, 5]])).toThrow("Llama.forward: token 5 in row 0 is not in 0 to 4");
    expect(() => model.forward([[0, 1], [2]])).toThrow("Llama.forward: tokens must be 2 rows of 2");
    expect(() => model.forward([[]])).toThrow("Llama.forward: there are no tokens");
    expect(() => model.forward([Array<number>(17).fill(0)])).toThrow(
      "rows of 17 tokens are longer than the model's context of 16",
    );
    expect(() => model.forward(tokens, { padding: [[true]] })).toThrow(
      "padding: row 0 has length 1, but 4 is expected.",
    );
    expect(() => model.parameter("norm.wieght")).toThrow(
      'Llama.parameter: there is no parameter "norm.wieght"; did you mean norm.weight?',
    );
    // The square of the first norm's result is more than float32 holds.
    const isHuge = (name: string): boolean => /norm|gate_proj|up_proj/.test(name);
    const huge = new Map(
      [...families[1].weights].map(([name, value]) => [name, isHuge(name) ? full(value.shape, 2 ** 40) : value]),
    );
    expect(() => new Llama(llamaConfig(LLAMA), huge).forward(tokens)).toThrow(
      "the logits are not finite, though the weights are; the largest is 1099511627776",
    );
  });
});

/** The names and layouts in which weights are saved: they load as the same model, or are refused with the way to load them. */
import { encodeSafetensors, full, randn, Rng, type Tensor } from "@selectron/core";
import { Gpt2, gpt2Config, Gpt2Error, shardNames } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { distance } from "../../support.js";
import { parameters, renamed, sizes, weights } from "./tiny.js";

const config = gpt2Config(sizes);
const tokens = [[0, 1, 2, 1]];
const logits = (model: Gpt2): unknown => model.forward(tokens).toArray();
const own = logits(new Gpt2(config, parameters()));

/** As torch.nn.Linear keeps maps. */
const transposed = (given: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map(
    [...given].map(([name, value]) => [name, /(c_attn|c_proj|c_fc)\.weight$/.test(name) ? value.transpose() : value]),
  );

const without = (given: ReadonlyMap<string, Tensor>, pattern: RegExp): Map<string, Tensor> =>
  new Map([...given].filter(([name]) => !pattern.test(name)));

describe("names", () => {
  it.each([
    ["none", ""],
    ["Hugging Face's", "transformer."],
    ["torch.compile's", "_orig_mod.transformer."],
    ["torch.compile's around the bare model", "_orig_mod."],
    ["DataParallel's", "module.transformer."],
    ["both", "_orig_mod.module.transformer."],
  ])("prefix: %s", (_, prefix) => {
    const tensors = renamed(parameters(), (name) => prefix + name);
    expect(logits(new Gpt2(config, tensors))).toEqual(own);
    expect(logits(Gpt2.fromSafetensors(encodeSafetensors(tensors), sizes))).toEqual(own);
  });

  it("buffers are left out, and the same name under two prefixes is refused", () => {
    const buffers = { "h.0.attn.bias": full([1, 1, 5, 5], 1), "h.0.attn.masked_bias": full([], -1e4) };
    const model = new Gpt2(config, parameters(buffers));
    expect(logits(model)).toEqual(own);
    expect([...model.parameters.keys()]).not.toContain("h.0.attn.bias");
    const twice = parameters({ "transformer.wte.weight": full([3, 4], 1) });
    expect(() => new Gpt2(config, twice)).toThrow(
      new Gpt2Error("the weights have wte.weight twice, under two prefixes"),
    );
  });
});

describe("shards", () => {
  const all = [...renamed(parameters(), (name) => `transformer.${name}`)];
  const shards = [all.slice(0, 5), all.slice(5)].map((part) => encodeSafetensors(new Map(part)));

  it("are read together, and each once", () => {
    expect(logits(Gpt2.fromSafetensors(shards, sizes))).toEqual(own);
    expect(() => Gpt2.fromSafetensors([shards[0]!, ...shards], sizes)).toThrow("two of the files have transformer.");
    expect(() => Gpt2.fromSafetensors([shards[0]!], sizes)).toThrow(Gpt2Error);
    expect(() => Gpt2.fromSafetensors([], sizes)).toThrow("it has no");
  });

  it("are named by their index", () => {
    const map = {
      a: "model-00001-of-00002.safetensors",
      b: "model-00002-of-00002.safetensors",
      c: "model-00001-of-00002.safetensors",
    };
    expect(shardNames({ metadata: { total_size: 1 }, weight_map: map })).toEqual([map.a, map.b]);
    expect(() => shardNames({})).toThrow("it has no weight_map");
    for (const index of [null, [], "x", { weight_map: null }, { weight_map: [] }]) {
      expect(() => shardNames(index)).toThrow(TypeError);
    }
    for (const file of [
      "../m.safetensors",
      "/m.safetensors",
      "a\\m.safetensors",
      "c:m.safetensors",
      "m.bin",
      "",
      5,
      null,
      JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown,
    ]) {
      expect(() => shardNames({ weight_map: { a: file } })).toThrow(
        "a shard is a .safetensors file in the index's folder",
      );
    }
  });
});

describe("nanoGPT's layout", () => {
  const exact = { ...sizes, activation_function: "gelu" };

  it("has maps as [out, in], and loads where the activation is said", () => {
    const tensors = transposed(renamed(parameters(), (name) => `_orig_mod.transformer.${name}`));
    tensors.set("_orig_mod.lm_head.weight", tensors.get("_orig_mod.transformer.wte.weight")!);
    expect(logits(Gpt2.fromSafetensors(encodeSafetensors(tensors), exact))).toEqual(
      logits(new Gpt2(gpt2Config(exact), parameters())),
    );
    expect(() => new Gpt2(config, tensors)).toThrow(
      'the weights are those of nanoGPT, whose maps are [out, in]; say which activation it was trained with: "activation_function": "gelu" (nanoGPT since 2023), or "gelu_new" (before)',
    );
    expect(distance(logits(new Gpt2(gpt2Config(exact), tensors)), own)).toBeGreaterThan(1e-6);
  });

  it("loads maps that are square", () => {
    const square = { ...exact, n_inner: 4 };
    const maps = {
      "h.0.mlp.c_fc.weight": randn([4, 4], new Rng(2)),
      "h.0.mlp.c_fc.bias": full([4], 1),
      "h.0.mlp.c_proj.weight": randn([4, 4], new Rng(3)),
    };
    expect(logits(new Gpt2(gpt2Config(square), transposed(parameters(maps))))).toEqual(
      logits(new Gpt2(gpt2Config(square), parameters(maps))),
    );
  });

  it("may have no biases, if the configuration says so", () => {
    const bare = without(parameters(), /\.bias$/);
    const zero = Object.fromEntries(
      [...parameters()].filter(([name]) => name.endsWith(".bias")).map(([name, { shape }]) => [name, full(shape, 0)]),
    );
    expect(logits(new Gpt2(gpt2Config({ ...sizes, bias: false }), bare))).toEqual(
      logits(new Gpt2(config, parameters(zero))),
    );
    expect(() => new Gpt2(config, bare)).toThrow(
      'the weights have no biases, as some models of nanoGPT; if the model has none, say so in the configuration: "bias": false',
    );
    expect(() => new Gpt2(gpt2Config({ ...sizes, bias: false }), parameters())).toThrow(
      'says "bias": false, but the weights have h.0.ln_1.bias',
    );
    expect(() => new Gpt2(config, without(parameters(), /c_fc\.bias$/))).toThrow("they lack h.0.mlp.c_fc.bias [8]");
  });
});

describe("the unembedding", () => {
  const head = randn([3, 4], new Rng(9));
  const load = (change: Record<string, Tensor>, more: Record<string, unknown>): Gpt2 =>
    Gpt2.fromSafetensors(encodeSafetensors(parameters(change)), { ...sizes, ...more });

  it("is lm_head's where there is one, unless the configuration says otherwise", () => {
    const untied = logits(load({ "lm_head.weight": head }, { tie_word_embeddings: false }));
    expect(logits(load({ "lm_head.weight": head }, {}))).toEqual(untied);
    expect(distance(untied, own)).toBeGreaterThan(0.01);
    const same = parameters().get("wte.weight")!;
    expect(logits(load({ "lm_head.weight": same }, { tie_word_embeddings: true }))).toEqual(own);
    expect(logits(load({}, { tie_word_embeddings: true }))).toEqual(own);
  });

  it("is refused where the configuration and the weights differ", () => {
    expect(() => load({}, { tie_word_embeddings: false })).toThrow(
      "the configuration's tie_word_embeddings is false, but the weights have no lm_head.weight.",
    );
    expect(() => load({}, { tied_unembedding: false })).toThrow("have no lm_head.weight");
    expect(() => load({ "lm_head.weight": head }, { tie_word_embeddings: true })).toThrow(
      "tie_word_embeddings is true, but lm_head.weight is not the token embedding.",
    );
  });
});

it("activations are the ones that the configuration names", () => {
  const [gelu, exact, relu] = ["gelu_new", "gelu", "relu"].map((activation_function) =>
    logits(Gpt2.fromSafetensors(weights(), { ...sizes, activation_function })),
  );
  expect(gelu).toEqual(own);
  expect(distance(exact, gelu)).toBeGreaterThan(1e-6);
  expect(distance(exact, gelu)).toBeLessThan(0.01);
  expect(distance(relu, gelu)).toBeGreaterThan(0.01);
});

/**
 * Generation with a GPT-2 small of random weights, beside onnxruntime-web with its fused attention and a cache, on the same weights; and
 * beside reading the weights once, which a token cannot do without.
 */
import { decodeSafetensors, elementsOf, encodeSafetensors, noGrad, tensor, type Tensor } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes, type Decoding } from "@selectron/nn";
import { enableWasm } from "@selectron/wasm-simd";
import { onnxModel, type OnnxGraph, type OnnxNode } from "../engines/onnx-model.js";
import { loadPeer } from "../engines/peers.js";

const CONFIG = { model_type: "gpt2", n_layer: 12, n_head: 12, n_embd: 768, n_positions: 1024, vocab_size: 50257 };
const [LAYERS, HEADS, D, VOCABULARY] = [CONFIG.n_layer, CONFIG.n_head, CONFIG.n_embd, CONFIG.vocab_size];
const PROMPT = 128;
/** Tokens of a round. */
const TOKENS = 16;
const ROUNDS = 5;

/** Small numbers that differ, read from a file as a model's are. */
function weights(): Map<string, Tensor> {
  let state = 1;
  const all = new Map<string, Tensor>();
  for (const [name, shape] of gpt2Shapes(gpt2Config(CONFIG))) {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      values[i] = (state / 2 ** 32) * 0.05 + (/ln_.*weight/.test(name) ? 1 : 0);
    }
    all.set(name, decodeSafetensors(encodeSafetensors({ x: tensor(values, shape) })).tensors.get("x")!);
  }
  return all;
}

const tokenAt = (i: number): number => (i * 37) % VOCABULARY;

/** What a candidate does: the prompt anew, and one token more; each gives the logits. */
interface Generator {
  readonly name: string;
  readonly start: () => Promise<ArrayLike<number>>;
  readonly next: (token: number) => Promise<ArrayLike<number>>;
}

async function ours(all: ReadonlyMap<string, Tensor>): Promise<Generator> {
  await enableWasm();
  const model = new Gpt2(gpt2Config(CONFIG), all);
  let decoding: Decoding;
  const advance = (tokens: readonly number[]): ArrayLike<number> => noGrad(() => decoding.advance([tokens])).data;
  return {
    name: "selectron",
    start: () => {
      decoding = model.begin();
      return Promise.resolve(advance(Array.from({ length: PROMPT }, (_, i) => tokenAt(i))));
    },
    next: (token) => Promise.resolve(advance([token])),
  };
}

/** What is used of its API. */
interface OrtTensor {
  readonly data: Float32Array;
}
interface Ort {
  Tensor: new (type: "float32", data: Float32Array, dims: number[]) => OrtTensor;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>> }>;
  };
  env: { wasm: { numThreads: number }; logLevel: string };
}

/** The graph that its optimiser makes of a GPT-2: the contributed Attention with a past, and the logits of the last position alone. */
function graphOf(all: ReadonlyMap<string, Tensor>): OnnxGraph {
  const constants: Record<string, { shape: readonly number[]; data: Float32Array | readonly number[] }> = {};
  // Not `data`: what was given out may be written to, and stays on the heap.
  for (const [name, x] of all) if (!/^w[tp]e/.test(name)) constants[name] = { shape: x.shape, data: elementsOf(x) };
  const table = elementsOf(all.get("wte.weight")!);
  const turned = new Float32Array(table.length);
  for (let v = 0; v < VOCABULARY; v++) for (let d = 0; d < D; d++) turned[d * VOCABULARY + v] = table[v * D + d]!;
  constants["head"] = { shape: [D, VOCABULARY], data: turned };
  for (const [name, value] of Object.entries({ from: [-1], to: [2 ** 31], axis: [1] })) {
    constants[name] = { shape: [1], data: value };
  }
  const nodes: OnnxNode[] = [];
  const apply = (operation: string, inputs: string[], output: string, more: Partial<OnnxNode> = {}): string => {
    nodes.push({ operation, inputs, outputs: [output], ...more });
    return output;
  };
  const norm = (x: string, name: string): string =>
    apply("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], `${name}.out`, {
      attributes: { axis: { int: 2 }, epsilon: { float: 1e-5 } },
    });
  const linear = (x: string, name: string): string =>
    apply("Add", [apply("MatMul", [x, `${name}.weight`], `${name}.product`), `${name}.bias`], `${name}.out`);
  let x = "x";
  for (let layer = 0; layer < LAYERS; layer++) {
    const path = `h.${layer}`;
    const read = norm(x, `${path}.ln_1`);
    nodes.push({
      operation: "Attention",
      domain: "com.microsoft",
      inputs: [read, `${path}.attn.c_attn.weight`, `${path}.attn.c_attn.bias`, "", `past.${layer}`],
      outputs: [`${path}.mixed`, `present.${layer}`],
      attributes: { num_heads: { int: HEADS }, unidirectional: { int: 1 } },
    });
    x = apply("Add", [x, linear(`${path}.mixed`, `${path}.attn.c_proj`)], `${path}.attended`);
    const inner = linear(norm(x, `${path}.ln_2`), `${path}.mlp.c_fc`);
    const active = apply("FastGelu", [inner], `${path}.active`, { domain: "com.microsoft" });
    x = apply("Add", [x, linear(active, `${path}.mlp.c_proj`)], `${path}.out`);
  }
  const last = apply("Slice", [norm(x, "ln_f"), "from", "to", "axis"], "last");
  apply("MatMul", [last, "head"], "logits");
  const anyLength = -1;
  const pasts = Array.from({ length: LAYERS }, (_, layer) => layer);
  return {
    nodes,
    constants,
    inputs: {
      x: [1, anyLength, D],
      ...Object.fromEntries(pasts.map((layer) => [`past.${layer}`, [2, 1, HEADS, anyLength, D / HEADS]])),
    },
    output: "logits",
    outputs: pasts.map((layer) => `present.${layer}`),
  };
}

async function onnxruntime(all: ReadonlyMap<string, Tensor>): Promise<Generator> {
  const ort = loadPeer("onnxruntime-web") as Ort;
  [ort.env.logLevel, ort.env.wasm.numThreads] = ["error", 1];
  const session = await ort.InferenceSession.create(onnxModel(graphOf(all)), { executionProviders: ["wasm"] });
  const [tokens, places] = [all.get("wte.weight")!, all.get("wpe.weight")!];
  let past: Record<string, OrtTensor> = {};
  let length = 0;
  const advance = async (ids: readonly number[]): Promise<ArrayLike<number>> => {
    const x = noGrad(() => tokens.gather(ids).add(places.slice(length, length + ids.length))).data;
    const feeds = { x: new ort.Tensor("float32", x, [1, ids.length, D]), ...past };
    const { logits, ...presents } = await session.run(feeds);
    past = Object.fromEntries(
      Object.entries(presents).map(([name, value]) => [name.replace("present", "past"), value]),
    );
    length += ids.length;
    return logits!.data;
  };
  return {
    name: "onnxruntime-web",
    start: () => {
      length = 0;
      const none = (): OrtTensor => new ort.Tensor("float32", new Float32Array(), [2, 1, HEADS, 0, D / HEADS]);
      past = Object.fromEntries(Array.from({ length: LAYERS }, (_, layer) => [`past.${layer}`, none()]));
      return advance(Array.from({ length: PROMPT }, (_, i) => tokenAt(i)));
    },
    next: (token) => advance([token]),
  };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Throws an Error unless two candidates give the same logits, within 1e-3 of the largest. */
function compareLogits(first: ArrayLike<number>, second: ArrayLike<number>): void {
  const most = Math.max(...Array.from(first, Math.abs));
  const wrong = Array.from(first).findIndex((value, i) => !(Math.abs(value - second[i]!) <= 1e-3 * most));
  if (wrong >= 0) throw new Error(`logit ${wrong} is ${first[wrong]} and ${second[wrong]}.`);
}

/** Prints tokens a second and the time of the prompt, in turns. */
export async function printGeneration(withPeers: boolean): Promise<void> {
  const all = weights();
  const candidates = [await ours(all), ...(withPeers ? [await onnxruntime(all)] : [])];
  const answers = [];
  for (const { start } of candidates) answers.push(await start());
  for (const answer of answers) compareLogits(answers[0]!, answer);
  const bytes = [...all.values()].reduce((sum, { size }) => sum + 4 * size, 0);
  const large = new Float32Array(bytes / 4).fill(1);
  const target = new Float32Array(2 ** 13);
  const times = candidates.map(() => ({ prompt: [] as number[], token: [] as number[], busy: [] as number[] }));
  const reads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { start, next }] of candidates.entries()) {
      const began = performance.now();
      await start();
      const [read, before] = [performance.now(), process.cpuUsage()];
      for (let token = 0; token < TOKENS; token++) await next(tokenAt(token));
      times[i]!.prompt.push(read - began);
      times[i]!.token.push((performance.now() - read) / TOKENS);
      const { user, system } = process.cpuUsage(before);
      times[i]!.busy.push((user + system) / 1000 / TOKENS);
    }
    const began = performance.now();
    for (let at = 0; at < large.length; at += target.length) target.set(large.subarray(at, at + target.length));
    reads.push(performance.now() - began);
  }
  for (const [i, { name }] of candidates.entries()) {
    const { prompt, token, busy } = times[i]!;
    const share = (one: readonly number[], other: readonly number[]): string =>
      median(one.map((value, round) => other[round]! / value)).toFixed(2);
    console.log(
      `${name.padEnd(16)} ${(1000 / median(token)).toFixed(1)} tokens a second, ${share(token, times[0]!.token)} of ours, ` +
        `${share(token, reads)} of what reading the weights once allows, ${median(busy).toFixed(0)} ms of a processor each; prompt of ${PROMPT} in ${median(prompt).toFixed(0)} ms, ` +
        `${share(prompt, times[0]!.prompt)} of ours`,
    );
  }
}

/**
 * A GPT-2-style model as a program, weight by weight, with every layer norm kept: the same logits, and the first step of reading a
 * model. Of a head only the products W_Q W_Kᵀ and W_V W_O matter (Elhage et al. 2021, "A Mathematical Framework for Transformer
 * Circuits"). The gains and biases of the layer norms are folded into them; scores that depend on the query alone are left out, since a
 * softmax does not depend on them.
 */
import type { Tensor } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import { decodeTables, encodeTables, type Attached, type TableFile } from "../../language/tables.js";
import type { Task } from "./data/task.js";

/** A program and the bytes of the tables beside it. */
export interface FaithfulProgram {
  readonly source: string;
  readonly sidecar: Uint8Array;
  readonly tables: Attached;
}

/** The program whose `logits` are the model's. */
export function faithfulProgram(model: Gpt2, task: Task): FaithfulProgram {
  const { layers, dModel, dFf, maxLength } = model.config;
  const transcript = new Transcript(model);
  transcript.embedding();
  for (let layer = 0; layer < layers; layer++) {
    transcript.attention(layer);
    transcript.feedForward(layer);
  }
  transcript.unembedding();
  const { lines, tensors, axes, opaque } = transcript;
  const file: TableFile = {
    bases: { tokens: task.vocabulary, positions: maxLength, units: dModel, hidden: dFf },
    tables: axes,
    opaque,
  };
  const sidecar = encodeTables(file, tensors);
  return { source: `${lines.join("\n")}\n`, sidecar, tables: decodeTables(sidecar) };
}

/** The program so far. The residual stream is x0 at first, y0 after the first attention sublayer, x1 after the first layer, and so on. */
class Transcript {
  readonly lines: string[] = [];
  readonly tensors = new Map<string, Float32Array>();
  /** The bases of each table's axes. */
  readonly axes: Record<string, readonly string[]> = {};
  /** The names of the feed-forward sublayers. */
  readonly opaque: string[] = [];

  readonly #model: Gpt2;

  constructor(model: Gpt2) {
    this.#model = model;
  }

  embedding(): void {
    const tokens = this.#keep("wte", this.#get("wte.weight"), "tokens", "units");
    const positions = this.#keep("wpe", this.#get("wpe.weight"), "positions", "units");
    this.lines.push(`x0 = project(tokens, ${tokens}) + project(positions, ${positions});`);
  }

  attention(layer: number): void {
    const { heads, dModel } = this.#model.config;
    const width = dModel / heads;
    const get = (name: string): Tensor => this.#get(`h.${layer}.${name}`);
    const [gain, shift] = [get("ln_1.weight"), row(get("ln_1.bias"))];
    const [weight, bias, out] = [get("attn.c_attn.weight"), get("attn.c_attn.bias"), get("attn.c_proj.weight")];
    let constant = row(get("attn.c_proj.bias"));
    this.lines.push(`n${layer} = layer_norm(x${layer});`);
    const sum = [`x${layer}`];
    for (let head = 0; head < heads; head++) {
      const [query, key, value] = [0, 1, 2].map((part) => {
        const from = part * dModel + head * width;
        return { weight: weight.slice(from, from + width, 1), bias: row(bias.slice(from, from + width)) };
      });
      const output = out.slice(head * width, (head + 1) * width);
      const scale = 1 / Math.sqrt(width);
      const keys = scaled(gain, key!.weight).transpose();
      const match = scaled(gain, query!.weight).matmul(keys).mul(scale);
      const always = shift.matmul(query!.weight).add(query!.bias).matmul(keys).mul(scale);
      const moved = scaled(gain, value!.weight).matmul(output);
      constant = constant.add(shift.matmul(value!.weight).add(value!.bias).matmul(output));
      const name = `${layer}_${head}`;
      const qk = this.#keep(`qk${name}`, match, "units", "units");
      const k = this.#keep(`k${name}`, always, "units");
      const ov = this.#keep(`ov${name}`, moved, "units", "units");
      const score = `score(n${layer}, n${layer}, ${qk}) + key_score(n${layer}, ${k})`;
      this.lines.push(`a${name} = attend(${score}, project(n${layer}, ${ov}));`);
      sum.push(`a${name}`);
    }
    this.lines.push(`y${layer} = ${sum.join(" + ")} + ${this.#keep(`o${layer}`, constant, "units")};`);
  }

  feedForward(layer: number): void {
    const get = (name: string): Tensor => this.#get(`h.${layer}.${name}`);
    const [gain, shift] = [get("ln_2.weight"), row(get("ln_2.bias"))];
    const [input, inputBias] = [get("mlp.c_fc.weight"), row(get("mlp.c_fc.bias"))];
    const name = `mlp${layer}`;
    this.opaque.push(name);
    this.#keep(`${name}.input`, scaled(gain, input), "units", "hidden");
    this.#keep(`${name}.input_bias`, shift.matmul(input).add(inputBias), "hidden");
    this.#keep(`${name}.output`, get("mlp.c_proj.weight"), "hidden", "units");
    this.#keep(`${name}.output_bias`, get("mlp.c_proj.bias"), "units");
    this.lines.push(`x${layer + 1} = y${layer} + opaque(y${layer}, "${name}");`);
  }

  unembedding(): void {
    const { unembedding, config } = this.#model;
    const weights = this.#keep("unembedding", scaled(this.#get("ln_f.weight"), unembedding), "units", "tokens");
    const bias = this.#keep("logit_bias", row(this.#get("ln_f.bias")).matmul(unembedding), "tokens");
    this.lines.push(`logits = project(layer_norm(x${config.layers}), ${weights}) + ${bias};`);
  }

  #get(name: string): Tensor {
    return this.#model.parameter(name);
  }

  /** Keeps a table. @returns its RASP text */
  #keep(name: string, value: Tensor, ...bases: string[]): string {
    this.tensors.set(name, Float32Array.from(value.data));
    this.axes[name] = bases;
    return `table("${name}")`;
  }
}

const row = (vector: Tensor): Tensor => vector.reshape([1, -1]);

/** Rows scaled by a gain: diag(g) · W. */
const scaled = (gain: Tensor, weight: Tensor): Tensor => gain.reshape([gain.size, 1]).mul(weight);

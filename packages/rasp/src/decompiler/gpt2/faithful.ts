/**
 * A GPT-2-style model as a program, weight by weight, with every layer norm kept: the same logits, and the first step of reading a
 * model. Per head the products W_Q W_Kᵀ and W_V W_O are all that matters (Elhage et al. 2021, "A Mathematical Framework for
 * Transformer Circuits"); gains and biases of the layer norms are folded into them, and what depends on the query alone is left out,
 * since a softmax does not see it.
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
  const { layers, heads, dModel, dFf, maxLength } = model.config;
  const width = dModel / heads;
  const tensors = new Map<string, Float32Array>();
  const axes: Record<string, readonly string[]> = {};
  const keep = (name: string, value: Tensor, ...bases: string[]): string => {
    tensors.set(name, Float32Array.from(value.data));
    axes[name] = bases;
    return `table("${name}")`;
  };
  const get = (name: string): Tensor => model.parameter(name);
  /** Rows scaled by a gain: diag(g) · W. */
  const scaled = (gain: Tensor, weight: Tensor): Tensor => gain.reshape([dModel, 1]).mul(weight);
  const row = (vector: Tensor): Tensor => vector.reshape([1, -1]);

  const embedding = keep("wte", get("wte.weight"), "tokens", "units");
  const lines = [
    `x0 = project(tokens, ${embedding}) + project(positions, ${keep("wpe", get("wpe.weight"), "positions", "units")});`,
  ];
  const opaque: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const path = `h.${layer}`;
    const [gain, shift] = [get(`${path}.ln_1.weight`), get(`${path}.ln_1.bias`)];
    const [weight, bias] = [get(`${path}.attn.c_attn.weight`), get(`${path}.attn.c_attn.bias`)];
    const out = get(`${path}.attn.c_proj.weight`);
    let constant = row(get(`${path}.attn.c_proj.bias`));
    lines.push(`n${layer} = layer_norm(x${layer});`);
    const carried: string[] = [];
    for (let head = 0; head < heads; head++) {
      const columns = (part: number): [number, number] => [
        part * dModel + head * width,
        part * dModel + (head + 1) * width,
      ];
      const [query, key, value] = [0, 1, 2].map((part) => ({
        weight: weight.slice(...columns(part), 1),
        bias: row(bias.slice(...columns(part))),
      }));
      const output = out.slice(head * width, (head + 1) * width);
      const scale = 1 / Math.sqrt(width);
      const keys = scaled(gain, key!.weight);
      const match = scaled(gain, query!.weight).matmul(keys.transpose()).mul(scale);
      const always = row(shift).matmul(query!.weight).add(query!.bias).matmul(keys.transpose()).mul(scale);
      const moved = scaled(gain, value!.weight).matmul(output);
      constant = constant.add(row(shift).matmul(value!.weight).add(value!.bias).matmul(output));
      const name = `${layer}_${head}`;
      lines.push(
        `a${name} = attend(score(n${layer}, n${layer}, ${keep(`qk${name}`, match, "units", "units")}) + key_score(n${layer}, ${keep(`k${name}`, always, "units")}), project(n${layer}, ${keep(`ov${name}`, moved, "units", "units")}));`,
      );
      carried.push(`a${name}`);
    }
    lines.push(`y${layer} = ${[`x${layer}`, ...carried].join(" + ")} + ${keep(`o${layer}`, constant, "units")};`);
    const [gain2, shift2] = [get(`${path}.ln_2.weight`), get(`${path}.ln_2.bias`)];
    const [input, inputBias] = [get(`${path}.mlp.c_fc.weight`), get(`${path}.mlp.c_fc.bias`)];
    opaque.push(`mlp${layer}`);
    keep(`mlp${layer}.input`, scaled(gain2, input), "units", "hidden");
    keep(`mlp${layer}.input_bias`, row(shift2).matmul(input).add(row(inputBias)), "hidden");
    keep(`mlp${layer}.output`, get(`${path}.mlp.c_proj.weight`), "hidden", "units");
    keep(`mlp${layer}.output_bias`, get(`${path}.mlp.c_proj.bias`), "units");
    lines.push(`x${layer + 1} = y${layer} + opaque(y${layer}, "mlp${layer}");`);
  }
  const unembedding = scaled(get("ln_f.weight"), model.unembedding);
  const offset = row(get("ln_f.bias")).matmul(model.unembedding);
  lines.push(
    `logits = project(layer_norm(x${layers}), ${keep("unembedding", unembedding, "units", "tokens")}) + ${keep("logit_bias", offset, "tokens")};`,
  );
  const file: TableFile = {
    bases: { tokens: task.vocabulary, positions: maxLength, units: dModel, hidden: dFf },
    tables: axes,
    opaque,
  };
  const sidecar = encodeTables(file, tensors);
  return { source: `${lines.join("\n")}\n`, sidecar, tables: decodeTables(sidecar) };
}

/**
 * The weights of a model as circuits see them: components that write to the residual stream, and the maps by which they read it. Encoders
 * of nn (without layer norm) and GPT-2 models (with it) are both such stacks.
 */
import type { Tensor } from "@selectron/core";
import type { Gpt2, TransformerEncoder } from "@selectron/nn";

/** x · weight + bias, weight [inputs, outputs]. */
export interface Affine {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface Norm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
  readonly epsilon: number;
}

export interface StackHead {
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  /** [dHead, dModel]. */
  readonly output: Float32Array;
}

export interface StackLayer {
  readonly heads: readonly StackHead[];
  /** Added to what the heads write. */
  readonly attentionBias: Float32Array;
  readonly hidden: Affine;
  readonly output: Affine;
  /** Before the attention and before the feed-forward sublayer. */
  readonly norms?: readonly [attention: Norm, feedForward: Norm];
}

export interface Stack {
  readonly dModel: number;
  readonly causal: boolean;
  readonly activation: "relu" | "gelu_new";
  /** [vocabulary, dModel]. */
  readonly tokens: Float32Array;
  /** [positions, dModel]. */
  readonly positions: Float32Array;
  readonly layers: readonly StackLayer[];
  readonly finalNorm?: Norm;
  readonly unembedding: Affine;
}

/** An encoder without layer norm as a stack. */
export function stackOf(model: TransformerEncoder): Stack {
  const { config } = model;
  const { dModel } = config;
  const of = dataOf(model.parameters());
  return {
    dModel,
    causal: config.causal === true,
    activation: "relu",
    tokens: of("embedding.token.weight"),
    positions: of("embedding.position.weight"),
    layers: config.blocks.map(({ heads, dHead, dFf }, l): StackLayer => {
      const [attention, feedForward] = [`blocks.${l}.attention`, `blocks.${l}.feedForward`];
      const maps =
        heads > 0 ? ["query", "key", "value"].map((part) => byHead(of, `${attention}.${part}`, dModel, heads)) : [];
      return {
        heads: Array.from({ length: heads }, (_, h) => ({
          query: maps[0]![h]!,
          key: maps[1]![h]!,
          value: maps[2]![h]!,
          output: of(`${attention}.output.weight`).subarray(h * dHead * dModel, (h + 1) * dHead * dModel),
        })),
        attentionBias: heads > 0 ? of(`${attention}.output.bias`) : new Float32Array(dModel),
        ...(dFf > 0
          ? {
              hidden: affine(of, `${feedForward}.hidden`, dModel, dFf),
              output: affine(of, `${feedForward}.output`, dFf, dModel),
            }
          : { hidden: nothing(dModel, 0), output: nothing(0, dModel) }),
      };
    }),
    unembedding: affine(of, "unembedding", dModel, config.outputs),
  };
}

/** A GPT-2 model as a stack, with the logits of its vocabulary. */
export function stackOfGpt2(model: Gpt2): Stack {
  const { layers, heads, dModel, dFf, vocabularySize, epsilon } = model.config;
  const of = dataOf(model.parameters);
  const norm = (name: string): Norm => ({ gain: of(`${name}.weight`), bias: of(`${name}.bias`), epsilon });
  const dHead = dModel / heads;
  const head = model.parameters.get("lm_head.weight")?.data ?? of("wte.weight");
  return {
    dModel,
    causal: true,
    activation: "gelu_new",
    tokens: of("wte.weight"),
    positions: of("wpe.weight"),
    layers: Array.from({ length: layers }, (_, l): StackLayer => {
      const joint = affine(of, `h.${l}.attn.c_attn`, dModel, 3 * dModel);
      const part = (from: number): Affine => columns(joint, from, dHead);
      const output = of(`h.${l}.attn.c_proj.weight`);
      return {
        heads: Array.from({ length: heads }, (_, h) => ({
          query: part(h * dHead),
          key: part(dModel + h * dHead),
          value: part(2 * dModel + h * dHead),
          output: output.subarray(h * dHead * dModel, (h + 1) * dHead * dModel),
        })),
        attentionBias: of(`h.${l}.attn.c_proj.bias`),
        hidden: affine(of, `h.${l}.mlp.c_fc`, dModel, dFf),
        output: affine(of, `h.${l}.mlp.c_proj`, dFf, dModel),
        norms: [norm(`h.${l}.ln_1`), norm(`h.${l}.ln_2`)],
      };
    }),
    finalNorm: norm("ln_f"),
    unembedding: { ...nothing(dModel, vocabularySize), weight: turned(head, vocabularySize, dModel) },
  };
}

type DataOf = (name: string) => Float32Array;

const dataOf =
  (parameters: ReadonlyMap<string, Tensor>): DataOf =>
  (name) => {
    const found = parameters.get(name);
    if (!found) throw new RangeError(`a circuit needs the weight ${name}, which this model does not have`);
    return found.data;
  };

const affine = (of: DataOf, name: string, inputs: number, outputs: number): Affine => ({
  inputs,
  outputs,
  weight: of(`${name}.weight`),
  bias: of(`${name}.bias`),
});

const nothing = (inputs: number, outputs: number): Affine => ({
  inputs,
  outputs,
  weight: new Float32Array(inputs * outputs),
  bias: new Float32Array(outputs),
});

function byHead(of: DataOf, name: string, dModel: number, heads: number): Affine[] {
  const width = of(`${name}.bias`).length;
  const joint = affine(of, name, dModel, width);
  return Array.from({ length: heads }, (_, h) => columns(joint, (h * width) / heads, width / heads));
}

/** Some neighbouring outputs of a map. */
function columns({ inputs, outputs, weight, bias }: Affine, from: number, count: number): Affine {
  const part = new Float32Array(inputs * count);
  for (let c = 0; c < inputs; c++) part.set(weight.subarray(c * outputs + from, c * outputs + from + count), c * count);
  return { inputs, outputs: count, weight: part, bias: bias.subarray(from, from + count) };
}

/** [rows, columns] → [columns, rows]. */
function turned(data: Float32Array, rows: number, width: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < width; c++) out[c * rows + r] = data[r * width + c]!;
  return out;
}

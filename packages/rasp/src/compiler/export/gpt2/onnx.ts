/**
 * A GPT-2 as an ONNX file, in the form that transformers.js and optimum expect of a decoder with a cache.
 *
 * | value | type | meaning |
 * |---|---|---|
 * | `input_ids` | int64 [batch, sequence] | ids of the new tokens |
 * | `attention_mask` | int64 [batch, past + sequence] | 0 for padding, which no other position sees |
 * | `position_ids` | int64 [batch, sequence] | rows of the position embedding |
 * | `past_key_values.L.key`, `.value` | float [batch, heads, past, d_head] | of the tokens before, for each layer L |
 * | `logits` | float [batch, sequence, entries] | |
 * | `present.L.key`, `.value` | float [batch, heads, past + sequence, d_head] | of all tokens |
 */
import type { Tensor } from "@selectron/core";
import type { Gpt2Config } from "@selectron/nn";
import { encodeOnnx, FLOAT, INT64, type OnnxValue } from "../onnx/format.js";
import { Graph } from "../onnx/graph.js";

const OPSET = 13;
const IR_VERSION = 7;

/** What hides a key. Not infinity, so that a row of padding alone has an answer too, and none is NaN. */
const HIDDEN = -1e30;

export interface Gpt2OnnxOptions {
  readonly name: string;
  /** For people who look at the file. */
  readonly text: string;
}

/** The bytes of the file. Equal models give equal bytes. */
export function gpt2ToOnnx(
  config: Gpt2Config,
  tensors: ReadonlyMap<string, Tensor>,
  { name, text }: Gpt2OnnxOptions,
): Uint8Array {
  const { layers, heads, dModel, vocabularySize } = config;
  const graph = new Graph();
  for (const [parameter, { data, shape }] of tensors) graph.tensor(parameter, shape, data);
  decoder(graph, config);
  const cache = (prefix: string, length: string): OnnxValue[] =>
    Array.from({ length: layers }).flatMap((_, layer) =>
      ["key", "value"].map((part) => ({
        name: `${prefix}.${layer}.${part}`,
        type: FLOAT,
        shape: ["batch_size", heads, length, dModel / heads],
      })),
    );
  return encodeOnnx({
    name,
    irVersion: IR_VERSION,
    opset: OPSET,
    description: text,
    nodes: graph.nodes,
    initializers: graph.tensors,
    inputs: [
      { name: "input_ids", type: INT64, shape: ["batch_size", "sequence_length"] },
      { name: "attention_mask", type: INT64, shape: ["batch_size", "total_sequence_length"] },
      { name: "position_ids", type: INT64, shape: ["batch_size", "sequence_length"] },
      ...cache("past_key_values", "past_sequence_length"),
    ],
    outputs: [
      { name: "logits", type: FLOAT, shape: ["batch_size", "sequence_length", vocabularySize] },
      ...cache("present", "total_sequence_length"),
    ],
    metadata: {},
  });
}

function decoder(graph: Graph, config: Gpt2Config): void {
  const hidden = hiddenKeys(graph);
  let x = graph.apply("Add", [
    graph.apply("Gather", ["wte.weight", "input_ids"]),
    graph.apply("Gather", ["wpe.weight", "position_ids"]),
  ]);
  for (let layer = 0; layer < config.layers; layer++) {
    const path = `h.${layer}`;
    x = graph.apply("Add", [x, attention(graph, config, layer, layerNorm(graph, config, `${path}.ln_1`, x), hidden)]);
    x = graph.apply("Add", [x, feedForward(graph, path, layerNorm(graph, config, `${path}.ln_2`, x))]);
  }
  const last = layerNorm(graph, config, "ln_f", x);
  graph.name(graph.apply("MatMul", [last, graph.apply("Transpose", ["lm_head.weight"], { perm: [1, 0] })]), "logits");
}

/** bool [B, 1, n, past + n]: keys after the query, and padding. */
function hiddenKeys(graph: Graph): string {
  const lengthOf = (value: string, axis: number): string =>
    graph.apply("Gather", [graph.apply("Shape", [value]), graph.int(axis)]);
  const [all, added] = [lengthOf("attention_mask", 1), lengthOf("input_ids", 1)];
  const keys = graph.apply("Range", [graph.int(0), all, graph.int(1)]);
  const queries = graph.apply("Range", [graph.apply("Sub", [all, added]), all, graph.int(1)]);
  const later = graph.apply("Less", [graph.apply("Unsqueeze", [queries, graph.ints([1])]), keys]);
  const padded = graph.apply("Equal", ["attention_mask", graph.int(0)]);
  return graph.apply("Or", [graph.apply("Unsqueeze", [padded, graph.ints([1, 2])]), later]);
}

function attention(graph: Graph, { heads, dModel }: Gpt2Config, layer: number, x: string, hidden: string): string {
  const path = `h.${layer}.attn`;
  const all = linear(graph, `${path}.c_attn`, x);
  const dHead = dModel / heads;
  const part = (index: number): string => {
    const columns = graph.apply("Slice", [
      all,
      graph.ints([index * dModel]),
      graph.ints([(index + 1) * dModel]),
      graph.ints([2]),
    ]);
    // In a Reshape 0 keeps the size of a dimension.
    const split = graph.apply("Reshape", [columns, graph.ints([0, 0, heads, dHead])]);
    return graph.apply("Transpose", [split], { perm: [0, 2, 1, 3] });
  };
  const cached = (name: string, added: string): string => {
    const together = graph.apply("Concat", [`past_key_values.${layer}.${name}`, added], { axis: 2 });
    graph.name(together, `present.${layer}.${name}`);
    return together;
  };
  const [query, key, value] = [part(0), cached("key", part(1)), cached("value", part(2))];
  const products = graph.apply("MatMul", [query, graph.apply("Transpose", [key], { perm: [0, 1, 3, 2] })]);
  const scores = graph.apply("Mul", [products, graph.float(1 / Math.sqrt(dHead))]);
  const pattern = graph.apply("Softmax", [graph.apply("Where", [hidden, graph.float(HIDDEN), scores])], { axis: -1 });
  const mixed = graph.apply("Transpose", [graph.apply("MatMul", [pattern, value])], { perm: [0, 2, 1, 3] });
  return linear(graph, `${path}.c_proj`, graph.apply("Reshape", [mixed, graph.ints([0, 0, dModel])]));
}

function feedForward(graph: Graph, path: string, x: string): string {
  return linear(graph, `${path}.mlp.c_proj`, gelu(graph, linear(graph, `${path}.mlp.c_fc`, x)));
}

/** In its tanh form, as Hugging Face's `gelu_new` computes it. */
function gelu(graph: Graph, x: string): string {
  const cube = graph.apply("Mul", [graph.apply("Mul", [x, x]), x]);
  const sum = graph.apply("Add", [x, graph.apply("Mul", [cube, graph.float(0.044715)])]);
  const tanh = graph.apply("Tanh", [graph.apply("Mul", [sum, graph.float(Math.sqrt(2 / Math.PI))])]);
  return graph.apply("Mul", [graph.apply("Mul", [x, graph.float(0.5)]), graph.apply("Add", [tanh, graph.float(1)])]);
}

function layerNorm(graph: Graph, { epsilon }: Gpt2Config, path: string, x: string): string {
  const mean = (value: string): string => graph.apply("ReduceMean", [value], { axes: [-1], keepdims: 1 });
  const centred = graph.apply("Sub", [x, mean(x)]);
  const variance = graph.apply("Add", [mean(graph.apply("Mul", [centred, centred])), graph.float(epsilon)]);
  const normalised = graph.apply("Div", [centred, graph.apply("Sqrt", [variance])]);
  return graph.apply("Add", [graph.apply("Mul", [normalised, `${path}.weight`]), `${path}.bias`]);
}

const linear = (graph: Graph, path: string, x: string): string =>
  graph.apply("Add", [graph.apply("MatMul", [x, `${path}.weight`]), `${path}.bias`]);

/**
 * nn's encoder as an ONNX file, in standard operators. The parameters keep nn's names.
 *
 * | value | type | meaning |
 * |---|---|---|
 * | `tokens` | int64 [batch, sequence] | token ids, -1 for padding |
 * | `logits` | float [batch, sequence, outputs] | what the unembedding gives |
 * | `classes` | int64 [batch, sequence] | the class that the logits choose, by number; one such value for each output |
 *
 * Padded positions are hidden from the others, and in a causal model so are later ones. The outputs at padded positions mean nothing.
 * A row that is no input (`token-rows.ts`) has logits of NaN and the class `NO_CLASS`; the other rows of the batch have their answers.
 */
import type { BlockConfig, EncoderConfig, Model, TransformerEncoder } from "@selectron/nn";
import { chosenClass, type OnnxOutput } from "./chosen-class.js";
import { encodeOnnx, FLOAT, INT64, type OnnxValue } from "./format.js";
import { Graph } from "./graph.js";
import { NO_CLASS, readTokens, type TokenRows } from "./token-rows.js";

/** Opset 13 has the operators used here in their present form. onnxruntime reads IR version 7 since 1.6 (2020). */
const OPSET = 13;
const IR_VERSION = 7;

export interface OnnxDescription {
  readonly name: string;
  /** For people who look at the file. */
  readonly text: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their columns in the logits. */
  readonly outputs: readonly OnnxOutput[];
}

/** The bytes of an ONNX file. Equal models give equal bytes. */
export function encoderToOnnx(model: TransformerEncoder, description: OnnxDescription): Uint8Array {
  const { config } = model;
  const graph = graphOf(model);
  const rows = readTokens(graph, "tokens", config.vocabularySize);
  const hidden = hiddenKeys(graph, config, rows);
  const x = blocks(graph, config, [0, config.blocks.length], embedded(graph, rows), hidden);
  answer(graph, x, rows.wrong, description.outputs);
  return onnxFile(graph, config, description);
}

/** A graph with the parameters of a model. */
export function graphOf(model: Model): Graph {
  const graph = new Graph();
  for (const [name, { data, shape }] of model.parameters()) graph.tensor(name, shape, data);
  return graph;
}

/**
 * The outputs of the file.
 *
 * @param x - the stream after the last block
 * @param wrong - bool [B, 1], the rows that have no answer
 */
export function answer(graph: Graph, x: string, wrong: string, outputs: readonly OnnxOutput[]): void {
  const logits = linear(graph, "unembedding", x);
  graph.name(
    graph.apply("Where", [graph.apply("Unsqueeze", [wrong, graph.ints([2])]), graph.float(NaN), logits]),
    "logits",
  );
  let from = 0;
  for (const output of outputs) {
    const columns = outputs.length === 1 ? logits : columnsOf(graph, logits, from, output.width);
    // From the logits before NaN is put in: a provider may compile comparisons for numbers only.
    const chosen = chosenClass(graph, columns, output);
    graph.name(graph.apply("Where", [wrong, graph.int(NO_CLASS), chosen]), output.name);
    from += output.width;
  }
}

/** @param more - further outputs */
export function onnxFile(
  graph: Graph,
  config: Pick<EncoderConfig, "outputs">,
  { name, text, metadata, outputs }: OnnxDescription,
  more: readonly OnnxValue[] = [],
): Uint8Array {
  return encodeOnnx({
    name,
    irVersion: IR_VERSION,
    opset: OPSET,
    description: text,
    nodes: graph.nodes,
    initializers: graph.tensors,
    inputs: [{ name: "tokens", type: INT64, shape: ["batch", "sequence"] }],
    outputs: [
      { name: "logits", type: FLOAT, shape: ["batch", "sequence", config.outputs] },
      ...outputs.map((output) => ({ name: output.name, type: INT64, shape: ["batch", "sequence"] }) as const),
      ...more,
    ],
    metadata,
  });
}

/** The stream before the first block. */
export function embedded(graph: Graph, { ids, length }: TokenRows): string {
  const rows = graph.apply("Slice", ["embedding.position.weight", graph.ints([0]), length, graph.ints([0])]);
  // Gather reads -1 as its last row. No other position sees what a padded one holds.
  return graph.apply("Add", [graph.apply("Gather", ["embedding.token.weight", ids]), rows]);
}

/** bool [B, 1, 1, n] or [B, 1, n, n], rows = queries: the keys that a query does not see. */
export function hiddenKeys(
  graph: Graph,
  { causal }: Pick<EncoderConfig, "causal">,
  { padded, positions }: TokenRows,
): string {
  const paddedKeys = graph.apply("Unsqueeze", [padded, graph.ints([1, 2])]); // [B, 1, 1, n]
  return causal ? graph.apply("Or", [paddedKeys, later(graph, positions)]) : paddedKeys;
}

/** The stream after some blocks, as nn computes it: those from the first index up to the second, without that. */
export function blocks(
  graph: Graph,
  config: Pick<EncoderConfig, "blocks">,
  [from, to]: readonly [from: number, to: number],
  before: string,
  hidden: string,
): string {
  let x = before;
  config.blocks.slice(from, to).forEach((block, index) => {
    const path = `blocks.${from + index}`;
    if (block.heads > 0) x = graph.apply("Add", [x, attention(graph, `${path}.attention`, block, x, hidden)]);
    if (block.dFf > 0) x = graph.apply("Add", [x, feedForward(graph, `${path}.feedForward`, x)]);
  });
  return x;
}

/** [n, n], rows = queries: whether the key comes after the query. */
function later(graph: Graph, positions: string): string {
  const queries = graph.apply("Unsqueeze", [positions, graph.ints([1])]);
  return graph.apply("Less", [queries, positions]);
}

const linear = (graph: Graph, path: string, x: string): string =>
  graph.apply("Add", [graph.apply("MatMul", [x, `${path}.weight`]), `${path}.bias`]);

function feedForward(graph: Graph, path: string, x: string): string {
  return linear(graph, `${path}.output`, graph.apply("Relu", [linear(graph, `${path}.hidden`, x)]));
}

function attention(graph: Graph, path: string, { heads, dHead }: BlockConfig, x: string, hidden: string): string {
  // In a Reshape 0 keeps the size of a dimension.
  const split = (part: string, order: readonly number[]): string => {
    const parts = graph.apply("Reshape", [linear(graph, `${path}.${part}`, x), graph.ints([0, 0, heads, dHead])]);
    return graph.apply("Transpose", [parts], { perm: order });
  };
  const products = graph.apply("MatMul", [split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1])]); // [B, H, n, n]
  const scores = graph.apply("Mul", [products, graph.float(1 / Math.sqrt(dHead))]);
  const shown = graph.apply("Where", [hidden, graph.float(-Infinity), scores]);
  const pattern = graph.apply("Softmax", [shown], { axis: -1 });
  const mixed = graph.apply("MatMul", [pattern, split("value", [0, 2, 1, 3])]); // [B, H, n, dHead]
  const joined = graph.apply("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  return linear(graph, `${path}.output`, graph.apply("Reshape", [joined, graph.ints([0, 0, heads * dHead])]));
}

/** Some columns of the logits. */
const columnsOf = (graph: Graph, logits: string, from: number, width: number): string =>
  graph.apply("Slice", [logits, graph.ints([from]), graph.ints([from + width]), graph.ints([2])]);

/**
 * nn's encoder with a loop as an ONNX file: that of `encoder.ts`, with the blocks of a step in the body of the operator `Loop`. It runs
 * until all positions of all rows have halted; a row that has halted stays as it is while others go on.
 *
 * | value | type | meaning |
 * |---|---|---|
 * | `steps` | int64 [batch] | how many steps each row took |
 *
 * A row on which the loop does not end has no answer either: logits of NaN, and `NO_CLASS` for the class and for `steps`.
 */
import type { LoopedEncoder } from "@selectron/nn";
import { answer, blocks, embedded, graphOf, hiddenKeys, onnxFile, type OnnxDescription } from "./encoder.js";
import { BOOL, FLOAT, INT64, type OnnxValue } from "./format.js";
import { Graph } from "./graph.js";
import { NO_CLASS, readTokens, type TokenRows } from "./token-rows.js";

/** The bytes of an ONNX file. Equal models give equal bytes. */
export function loopedToOnnx(model: LoopedEncoder, description: OnnxDescription): Uint8Array {
  const { config } = model;
  const { first, last, most } = config.loop;
  const graph = graphOf(model);
  const rows = readTokens(graph, "tokens", config.vocabularySize);
  const hidden = hiddenKeys(graph, config, rows);
  const before = blocks(graph, config, [0, first], embedded(graph, rows), hidden);
  const counted = countedPositions(graph, rows);
  // [B], as many zeros as there are rows
  const none = graph.toInts(mostOf(graph, graph.apply("Where", [rows.padded, graph.float(0), graph.float(0)])));
  const [after, steps] = graph.applyAll("Loop", [graph.int(most), graph.toBools(graph.int(1)), before, none], 2, {
    body: stepOf(graph, model, hidden, counted),
  }) as [string, string];
  const going = goingRows(graph, config, after, counted);
  const wrong = graph.apply("Or", [rows.wrong, graph.apply("Unsqueeze", [going, graph.ints([1])])]);
  answer(graph, blocks(graph, config, [last + 1, config.blocks.length], after, hidden), wrong, description.outputs);
  const wrongRows = graph.apply("Squeeze", [wrong, graph.ints([1])]);
  graph.name(graph.apply("Where", [wrongRows, graph.int(NO_CLASS), steps]), "steps");
  return onnxFile(graph, config, description, [{ name: "steps", type: INT64, shape: ["batch"] }]);
}

/** The body of the loop. A row takes a step where it has not halted after it; the last application finds that all have. */
function stepOf(graph: Graph, { config }: LoopedEncoder, hidden: string, counted: string) {
  const step = new Graph(graph, "step.");
  const { first, last } = config.loop;
  const x = blocks(step, config, [first, last + 1], "step.x", hidden);
  const going = goingRows(step, config, x, counted);
  const marks = step.apply("Where", [going, step.float(1), step.float(0)]);
  step.name(x, "step.next");
  step.name(step.apply("Add", ["step.count", step.toInts(marks)]), "step.counted");
  step.name(step.apply("Greater", [step.apply("ReduceMax", [marks], { keepdims: 0 }), step.float(0)]), "step.again");
  const stream = (name: string): OnnxValue => ({ name, type: FLOAT, shape: ["batch", "sequence", config.dModel] });
  const count = (name: string): OnnxValue => ({ name, type: INT64, shape: ["batch"] });
  return {
    name: "step",
    nodes: step.nodes,
    initializers: [],
    inputs: [
      { name: "step.number", type: INT64, shape: [] } as const,
      { name: "step.goes", type: BOOL, shape: [] } as const,
      stream("step.x"),
      count("step.count"),
    ],
    outputs: [{ name: "step.again", type: BOOL, shape: [] } as const, stream("step.next"), count("step.counted")],
  };
}

/** bool [B, n]: the positions for which the loop waits, which are those of tokens, in rows that are inputs. */
function countedPositions(graph: Graph, { padded, positions, wrong }: TokenRows): string {
  const isNone = graph.apply("Or", [padded, graph.apply("Equal", [positions, graph.int(0)])]);
  return graph.apply("Not", [graph.apply("Or", [isNone, wrong])]);
}

/** bool [B]: whether a position of a row has not halted. */
function goingRows(graph: Graph, { loop: { halted } }: LoopedEncoder["config"], x: string, counted: string): string {
  const column = graph.apply("Squeeze", [
    graph.apply("Slice", [x, graph.ints([halted]), graph.ints([halted + 1]), graph.ints([2])]),
    graph.ints([2]),
  ]);
  const going = graph.apply("And", [counted, graph.apply("Not", [graph.apply("Greater", [column, graph.float(0.5)])])]);
  return graph.apply("Greater", [
    mostOf(graph, graph.apply("Where", [going, graph.float(1), graph.float(0)])),
    graph.float(0),
  ]);
}

/** [B, n] → [B] */
const mostOf = (graph: Graph, values: string): string => graph.apply("ReduceMax", [values], { axes: [1], keepdims: 0 });

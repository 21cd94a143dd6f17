/**
 * What an exported model reads of its tokens, and which rows are no input. An input is BOS (id 0), tokens, then padding (-1). On any
 * other row the weights would give an answer that looks like every other.
 */
import type { Graph } from "./graph.js";

/**
 * In place of a class where a row is no input. Not -1, which is the last class for who indexes a list in Python; this is no index of
 * anything in any language.
 */
export const NO_CLASS = -(2 ** 31);

export interface TokenRows {
  /** int64 [B, n], without those that the vocabulary lacks. */
  readonly ids: string;
  /** bool [B, n] */
  readonly padded: string;
  /** int64 [1], n. */
  readonly length: string;
  /** int64 [n]: 0, 1, … */
  readonly positions: string;
  /** bool [B, 1], whether a row is no input. */
  readonly wrong: string;
}

export function readTokens(graph: Graph, tokens: string, vocabularySize: number): TokenRows {
  const length = graph.apply("Gather", [graph.apply("Shape", [tokens]), graph.ints([1])]);
  const padded = graph.apply("Less", [tokens, graph.int(0)]);
  const unknown = graph.apply("Or", [
    graph.apply("Less", [tokens, graph.int(-1)]),
    graph.apply("Greater", [tokens, graph.int(vocabularySize - 1)]),
  ]);
  const positions = graph.apply("Range", [graph.int(0), graph.apply("Squeeze", [length]), graph.int(1)]);
  const bos = graph.apply("Equal", [tokens, graph.int(0)]);
  const misplaced = graph.apply("Xor", [bos, graph.apply("Equal", [positions, graph.int(0)])]);
  const places = graph.toFloats(positions);
  const last = mostInRow(graph, graph.apply("Where", [padded, graph.float(-1), places]));
  const gap = graph.apply("And", [padded, graph.apply("Less", [places, last])]);
  const bad = graph.apply("Or", [graph.apply("Or", [unknown, misplaced]), gap]);
  const marks = graph.apply("Where", [bad, graph.float(1), graph.float(0)]);
  return {
    ids: graph.apply("Where", [unknown, graph.int(0), tokens]),
    padded,
    length,
    positions,
    wrong: graph.apply("Greater", [mostInRow(graph, marks), graph.float(0)]),
  };
}

/** [B, n] → [B, 1] */
const mostInRow = (graph: Graph, values: string): string =>
  graph.apply("ReduceMax", [values], { axes: [1], keepdims: 1 });

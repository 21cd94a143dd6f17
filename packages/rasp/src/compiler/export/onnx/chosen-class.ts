/**
 * The class that logits choose: that of the largest one, or of the nearest point. Of equal ones the first.
 *
 * ArgMax and ArgMin would say it in one operator, but a provider of onnxruntime-web has given an earlier length's answers for them. The
 * largest of the ranks of all that are equal to the largest value is the same number by ReduceMax alone, and exact: ranks are whole
 * numbers below 2^24.
 */
import { CONSTANT } from "./format.js";
import type { Graph } from "./graph.js";

/** One output: columns of the logits, and how they choose a class. */
export interface OnnxOutput {
  readonly name: string;
  /** The number of columns. */
  readonly width: number;
  /** Points of the classes, of which the nearest is chosen; absent where the largest logit is. */
  readonly points?: readonly (readonly number[])[];
}

/** [B, n, width] → int64 [B, n]. */
export function chosenClass(graph: Graph, logits: string, { name, width, points }: OnnxOutput): string {
  if (!points) return firstLargest(graph, logits, width);
  const shape = [points.length, points[0]!.length];
  const ofClasses = graph.tensor(`${CONSTANT}${name}`, shape, Float32Array.from(points.flat()));
  const apart = graph.apply("Sub", [graph.apply("Unsqueeze", [logits, graph.ints([2])]), ofClasses]); // [B, n, points, width]
  const distances = graph.apply("ReduceMax", [graph.apply("Abs", [apart])], { axes: [-1], keepdims: 0 });
  return firstLargest(graph, graph.apply("Neg", [distances]), points.length);
}

/** [B, n, count] → int64 [B, n], the index of the first largest value. */
function firstLargest(graph: Graph, values: string, count: number): string {
  const largest = graph.apply("ReduceMax", [values], { axes: [-1], keepdims: 1 });
  const descending = Float32Array.from({ length: count }, (_, i) => count - i);
  const ranks = graph.tensor(`${CONSTANT}ranks ${count}`, [count], descending);
  const ranksOfLargest = graph.apply("Where", [graph.apply("Equal", [values, largest]), ranks, graph.float(0)]);
  const best = graph.apply("ReduceMax", [ranksOfLargest], { axes: [-1], keepdims: 0 });
  return graph.toInts(graph.apply("Sub", [graph.float(count), best]));
}

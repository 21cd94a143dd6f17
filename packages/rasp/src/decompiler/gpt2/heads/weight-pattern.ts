/**
 * The pattern of a head of the first layer as its weights give it: the score of a token for a token, averaged over the positions of both.
 * Where a head attends by tokens alone, that is what it does, to more digits than a fit to its attention gives.
 */
import type { Gpt2 } from "@selectron/nn";
import type { Observed } from "../data/observe.js";
import type { Task } from "../data/task.js";
import type { Pattern } from "../variables/variable.js";
import { patternOf } from "./soft-pattern.js";
import { tokenPairs } from "./score-groups.js";

/** Every so many positions are averaged over. */
const STEP = 3;

/** The pattern, with scores for the pairs of tokens that occur. */
export function weightPattern(model: Gpt2, head: number, task: Task, observed: readonly Observed[]): Pattern {
  const [queries, keys] = [meanProjections(model, head, 0), meanProjections(model, head, 1)];
  const width = queries[0]!.length;
  const seen = seenPairs(observed, task.vocabulary.length);
  const weights = new Float64Array(task.vocabulary.length ** 2);
  queries.forEach((query, a) => {
    const row = keys.map((key) => query.reduce((sum, x, c) => sum + x * key[c]!, 0) / Math.sqrt(width));
    // A softmax depends on differences alone, so one of the scores can be 0: that of the last key that occurs.
    const reference = row[seen[a]!.lastIndexOf(true)] ?? 0;
    row.forEach((score, b) => {
      if (seen[a]![b]) weights[a * keys.length + b] = score - reference;
    });
  });
  return { ...patternOf(`head 0.${head} by its weights`, [tokenPairs(task)], weights), isOfWeights: true };
}

/** Whether some scored query of a token sees some key of a token. */
function seenPairs(observed: readonly Observed[], size: number): boolean[][] {
  const seen = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const { ids, scored } of observed) {
    const before = new Set<number>();
    let from = 0;
    for (const i of scored) {
      for (; from <= i; from++) before.add(ids[from]!);
      for (const id of before) seen[ids[i]!]![id] = true;
    }
  }
  return seen;
}

/** Each token's query or key [V][D / H], averaged over positions. In float64 with a square root alone, so that all engines agree. */
function meanProjections(model: Gpt2, head: number, part: 0 | 1): number[][] {
  const { dModel, heads, maxLength, epsilon } = model.config;
  const matrix = (name: string): number[][] => model.parameter(name).toArray() as number[][];
  const vector = (name: string): number[] => model.parameter(name).toArray() as number[];
  const [places, gain, shift] = [matrix("wpe.weight"), vector("h.0.ln_1.weight"), vector("h.0.ln_1.bias")];
  const width = dModel / heads;
  const from = part * dModel + head * width;
  const columns = matrix("h.0.attn.c_attn.weight").map((row) => row.slice(from, from + width));
  const bias = vector("h.0.attn.c_attn.bias").slice(from, from + width);
  return matrix("wte.weight").map((token) => {
    // The map is linear, so the mean of what it reads is enough.
    const mean = new Float64Array(dModel);
    let count = 0;
    for (let position = 0; position < maxLength; position += STEP) {
      const sum = token.map((x, c) => x + places[position]![c]!);
      const centre = sum.reduce((a, b) => a + b) / dModel;
      const variance = sum.reduce((a, b) => a + (b - centre) ** 2, 0) / dModel;
      sum.forEach((x, c) => (mean[c]! += (x - centre) / Math.sqrt(variance + epsilon)));
      count++;
    }
    return bias.map((b, j) =>
      columns.reduce((sum, row, c) => sum + ((mean[c]! / count) * gain[c]! + shift[c]!) * row[j]!, b),
    );
  });
}

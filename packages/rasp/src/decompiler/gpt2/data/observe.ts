/** What a model does on sequences: its decisions and its attention patterns. */
import type { Gpt2 } from "@selectron/nn";
import type { Sequence } from "./sequences.js";
import type { Task } from "./task.js";

/** A sequence and what the model makes of it. */
export interface Observed extends Sequence {
  /** Per scored position: the predicted ids, ascending. One of them unless the task has sigmoids. */
  readonly decisions: readonly (readonly number[])[];
  /** Per layer and head the pattern [n, n]: query i's share for key j at i·n + j. Empty if not asked for. */
  readonly patterns: readonly (readonly Float32Array[])[];
}

/** Runs a model on a sequence. */
export function observe(model: Gpt2, task: Task, sequence: Sequence, withPatterns: boolean): Observed {
  const { ids, offset, scored } = sequence;
  const { heads } = model.config;
  const length = ids.length;
  const patterns: Float32Array[][] = [];
  const record = (_: string, pattern: { readonly data: Float32Array }): void => {
    const { data } = pattern;
    patterns.push(Array.from({ length: heads }, (_, h) => data.slice(h * length * length, (h + 1) * length * length)));
  };
  const positions = ids.map((_, i) => offset + i);
  const logits = model.forward([ids], [positions], withPatterns ? record : undefined);
  const width = task.vocabulary.length;
  const { data } = logits;
  const decisions = scored.map((i) => decide(data.subarray(i * width, (i + 1) * width), task.sigmoid));
  return { ...sequence, decisions, patterns };
}

/** What logits decide: the ids of positive ones, or the id of the largest, of equal ones the first. */
export function decide(logits: ArrayLike<number>, sigmoid: boolean): number[] {
  if (!sigmoid) {
    let best = 0;
    for (let v = 1; v < logits.length; v++) if (logits[v]! > logits[best]!) best = v;
    return [best];
  }
  const positive: number[] = [];
  for (let v = 0; v < logits.length; v++) if (logits[v]! > 0) positive.push(v);
  return positive;
}

/** Whether two decisions are the same. */
export const sameDecision = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

/** The share of sequences of which every decision is right, where the data say what is right. */
export function taskAccuracy(observed: readonly Observed[]): number | undefined {
  const known = observed.filter(({ expected }) => expected !== undefined);
  if (known.length === 0) return undefined;
  const right = known.filter(({ decisions, expected }) =>
    decisions.every((decision, i) =>
      sameDecision(
        decision,
        [...expected![i]!].sort((a, b) => a - b),
      ),
    ),
  );
  return right.length / known.length;
}

/** What a model does on sequences: its decisions and its attention patterns. */
import type { Gpt2 } from "@selectron/nn";
import type { Sequence } from "./sequences.js";
import type { Task } from "./task.js";

/** A sequence with the model's decisions and attention. */
export interface Observed extends Sequence {
  /** The predicted ids at each scored position, ascending; exactly one unless the task has sigmoids. */
  readonly decisions: readonly (readonly number[])[];
  /** The pattern [n, n] of each layer and head: query i's share for key j at i·n + j. Empty if it was not asked for. */
  readonly patterns: readonly (readonly Float32Array[])[];
  /** Present on a swapped run: the decisions are those of the model with some of its parts as they are on another sequence. */
  readonly swapped?: Swapped;
}

/** What a swapped run takes from another sequence, which is at least as long. */
export interface Swapped {
  readonly from: Observed;
  /** The sequence itself, not swapped. */
  readonly base: Observed;
  /** Whether the variable of this key has the other sequence's values. */
  readonly carries: (key: string) => boolean;
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

/** The decision that logits make: with sigmoids the ids of the positive ones, otherwise the id of the first of the largest. */
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

/** The share of sequences with right decisions everywhere; undefined if the data do not say what is right. */
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

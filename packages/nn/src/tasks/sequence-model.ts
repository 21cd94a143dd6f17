/** A Transformer on a sequence-to-sequence task: teacher-forced batches, greedy answers, and how many are exact. */
import { checks, crossEntropy, noGrad, scope, type Rng } from "@selectron/core";
import { DecodingCache } from "../cache.js";
import type { BatchResult } from "../train/batch-result.js";
import { Transformer } from "../transformer.js";
import { checkExample, type Example } from "./task.js";

/** Accuracies of greedy answers, 0 to 1. */
export interface Accuracy {
  /** Answers that are right in every token. */
  readonly exact: number;
  /** Tokens that are right. */
  readonly partial: number;
}

/** Examples that are answered in one batch. */
const CHUNK = 250;

/**
 * One training pass: at every position of the target, the decoder sees the right tokens before it.
 *
 * @param rng - draws dropout
 */
export function teacherForced(model: Transformer, batch: readonly Example[], start: number, rng: Rng): BatchResult {
  checkQuestions("teacherForced", model, batch, start);
  checks.check("teacherForced: rng", rng, checks.anRng);
  const sources = batch.map(({ source }) => source);
  const memory = model.encode(sources, { rng });
  const inputs = batch.map(({ target }) => [start, ...target.slice(0, -1)]);
  const logits = model.scores(model.decode(inputs, memory, { rng }));
  const targets = batch.flatMap(({ target }) => target);
  const answers = logits.detach().argmax().data;
  const length = batch[0]!.target.length;
  const correct = batch.filter((_, b) => targetMatches(answers, targets, b * length, length)).length;
  const tokens = batch.reduce((sum, { source, target }) => sum + source.length + target.length, 0);
  return { loss: crossEntropy(logits, targets), correct, counted: batch.length, tokens };
}

const aModel = checks.anInstance(Transformer);

function checkQuestions(operation: string, model: Transformer, examples: readonly Example[], start: number): void {
  checks.check(`${operation}: model`, model, aModel);
  checks.check(`${operation}: examples`, examples, checks.aList("an array of examples"));
  if (examples.length === 0) throw new RangeError(`${operation}: there are no examples; pass one or more.`);
  for (const example of examples) checkExample(`${operation}: examples`, example);
  checks.check(`${operation}: start`, start, checks.anInteger(0));
}

function targetMatches(answers: Float32Array, targets: readonly number[], from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) if (answers[i] !== targets[i]) return false;
  return true;
}

/** Greedy answers of `length` tokens: the most probable token at each position, given those before it. */
export function answer(
  model: Transformer,
  sources: readonly (readonly number[])[],
  start: number,
  length: number,
): number[][] {
  checks.check("answer: model", model, aModel);
  checks.check("answer: sources", sources, checks.aList("an array of rows, such as [[1, 2], [3, 4]]", checks.numbers));
  checks.check("answer: start", start, checks.anInteger(0));
  checks.check("answer: length", length, checks.anInteger(0, 100_000));
  return scope(() =>
    noGrad(() => {
      const memory = model.encode(sources);
      const cache = new DecodingCache();
      const answers = sources.map(() => [start]);
      for (let i = 0; i < length; i++) {
        const last = answers.map((tokens) => [tokens[i]!]);
        const next = model.scores(model.decode(last, memory, { cache })).argmax().data;
        answers.forEach((tokens, b) => tokens.push(next[b]!));
      }
      return answers.map((tokens) => tokens.slice(1));
    }),
  );
}

/** Accuracy of a model's greedy answers. */
export function accuracyOf(model: Transformer, examples: readonly Example[], start: number): Accuracy {
  checkQuestions("accuracyOf", model, examples, start);
  let [exact, right, tokens] = [0, 0, 0];
  for (let at = 0; at < examples.length; at += CHUNK) {
    const chunk = examples.slice(at, at + CHUNK);
    const sources = chunk.map(({ source }) => source);
    const answers = answer(model, sources, start, chunk[0]!.target.length);
    chunk.forEach(({ target }, b) => {
      const hits = target.filter((token, i) => token === answers[b]![i]).length;
      right += hits;
      tokens += target.length;
      if (hits === target.length) exact++;
    });
  }
  return { exact: exact / examples.length, partial: right / tokens };
}

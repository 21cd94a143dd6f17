/** An encoder that learns a program: its training pass, its accuracy, and where its heads look. */
import type { Rng } from "@selectron/core";
import { crossEntropy, noGrad, scope, tensor, type Tensor } from "@selectron/core";
import { attentionLoss, type BatchResult, type TransformerEncoder } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import type { ProgramBatch, ProgramHead, ProgramTask } from "./program-task.js";

/**
 * One training pass. With supervision, the heads of the program, which the model must have, also learn to attend to what its
 * selectors select.
 *
 * @param supervision - the factor of the mean loss of the heads; 0 for none
 */
export function programPass(
  model: TransformerEncoder,
  task: ProgramTask,
  batch: ProgramBatch,
  supervision: number,
): BatchResult {
  const patterns = new Map<number, Tensor>();
  const isSupervised = supervision > 0 && batch.patterns.length > 0;
  const record = isSupervised ? (name: string, value: Tensor): void => keepPattern(patterns, name, value) : undefined;
  const logits = model.forward(batch.tokens, { record });
  const answers = logits.detach().argmax().data;
  const right = batch.targets.filter((target, i) => target === answers[i]).length;
  let loss = crossEntropy(logits, batch.targets, { ignoreIndex: -1 });
  if (isSupervised) {
    const n = batch.tokens[0]!.length;
    task.programHeads.forEach(({ block, head }, i) => {
      const target = tensor(batch.patterns[i]!, [batch.tokens.length, 1, n, n]);
      const learned = patterns.get(block)!.slice(head, head + 1, 1);
      loss = loss.add(attentionLoss(learned, target).mul(supervision / task.programHeads.length));
    });
  }
  const tokens = batch.targets.length;
  return { loss, correct: right, counted: tokens, tokens };
}

function keepPattern(patterns: Map<number, Tensor>, name: string, value: Tensor): void {
  const block = /^blocks\.(\d+)\.attention\.pattern$/.exec(name)?.[1];
  if (block !== undefined) patterns.set(Number(block), value);
}

/** How much a model gets right, as shares from 0 to 1. */
export interface ProgramAccuracy {
  /** Of all positions. */
  readonly tokens: number;
  /** Of all inputs: those of which every position is right. */
  readonly sequences: number;
}

/** How often a model gives the program's values, on `batches` batches of 50 drawn inputs. */
export function programAccuracy(
  model: TransformerEncoder,
  task: ProgramTask,
  rng: Rng,
  batches: number,
): ProgramAccuracy {
  let [right, counted, whole, inputs] = [0, 0, 0, 0];
  for (let i = 0; i < batches; i++) {
    const { tokens, targets } = task.draw(rng, 50);
    const answers = scope(() => noGrad(() => Float32Array.from(model.forward(tokens).argmax().data)));
    const n = tokens[0]!.length;
    tokens.forEach((_, b) => {
      const hits = targets.slice(b * n, (b + 1) * n).filter((target, j) => target === answers[b * n + j]).length;
      right += hits;
      counted += n;
      whole += hits === n ? 1 : 0;
      inputs++;
    });
  }
  return { tokens: right / counted, sequences: whole / inputs };
}

/** A head of the program beside the trained head that is most like it, on one input. */
export interface LearnedHead extends ProgramHead {
  /** The head of the block that puts the most weight on what is selected, in the mean over the rows that select something. */
  readonly learned: number;
  /** That weight, 0 to 1. */
  readonly agreement: number;
  /** [n][n], rows = queries: each row of the selector divided by its width, and the weights of the learned head. */
  readonly selected: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

/** Every head of the program in a layer that the model has, on the first input of a batch with patterns. */
export function learnedHeads(model: TransformerEncoder, task: ProgramTask, batch: ProgramBatch): LearnedHead[] {
  const patterns = new Map<number, Tensor>();
  const n = batch.tokens[0]!.length;
  noGrad(() => model.forward([batch.tokens[0]!], { record: (name, value) => keepPattern(patterns, name, value) }));
  return task.programHeads.flatMap((head, i) => {
    const block = model.config.blocks[head.block];
    if (!block) return [];
    const selected = rowsOf(batch.patterns[i]!, 0, n);
    const asked = selected.map((row, q) => [row, q] as const).filter(([row]) => row.some((share) => share > 0));
    const candidates = Array.from({ length: block.heads }, (_, learned) => {
      const weights = rowsOf(patterns.get(head.block)!.data, learned * n * n, n);
      const mass = asked.map(([row, q]) => row.reduce((sum, share, k) => sum + (share > 0 ? weights[q]![k]! : 0), 0));
      return { learned, weights, agreement: mass.reduce((a, b) => a + b, 0) / Math.max(1, mass.length) };
    });
    const best = candidates.reduce((a, b) => (b.agreement > a.agreement ? b : a));
    return [{ ...head, ...best, selected }];
  });
}

const rowsOf = (data: Float32Array, start: number, n: number): number[][] =>
  Array.from({ length: n }, (_, i) => [...data.subarray(start + i * n, start + (i + 1) * n)]);

/** The values that a model gives for one input. */
export function learnedValues(model: TransformerEncoder, task: ProgramTask, tokens: readonly number[]): Atom[] {
  const answers = noGrad(() => model.forward([tokens]).argmax().data);
  return [...answers].map((index) => task.classes[index]!);
}

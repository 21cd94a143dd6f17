/** The copy task: the target is the source, twenty tokens from 1 to 19. */
import { plainStyle, type SequenceTask } from "./task.js";

const LENGTH = 20;

/** Twenty tokens to the same twenty tokens. */
export const copyTask: SequenceTask = {
  name: "copy",
  config: {
    ...plainStyle,
    vocabSize: 20,
    hiddenSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 128,
    maxPositionEmbeddings: LENGTH,
  },
  training: { batch: 32, steps: 1000, peak: 2e-3, warmup: 100, evaluateEvery: 100, beta2: 0.98 },
  heldOut: { test: 1000, validation: 100 },
  goal: 1,
  start: 0,
  draw: (rng) => {
    const source = Array.from({ length: LENGTH }, () => 1 + rng.int(19));
    return { source, target: source };
  },
  tokens: Array.from({ length: 20 }, (_, id) => String(id)),
  form: `${LENGTH} numbers from 1 to 19, as [1,2,…]`,
  answerLength: (source) => (source.length === LENGTH && source.every((id) => id > 0) ? LENGTH : undefined),
  show: ({ source, target }) => `${source.join(" ")} → ${target.join(" ")}`,
};

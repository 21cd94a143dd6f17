/** The addition task: two numbers of three digits up to 499, leading zeros written, and their sum of three digits. */
import { checks, type Rng } from "@selectron/core";
import { plainStyle, type Example, type SequenceTask } from "./task.js";

/** Ids 0 to 9 are the digits. */
const PLUS = 10;
/** The most for which there are positions. */
const MOST_DIGITS = 4;

const digitsOf = (value: number, digits: number): number[] => [...String(value).padStart(digits, "0")].map(Number);

/** Two numbers and their sum, each written with `digits` digits. */
export function additionExample(a: number, b: number, digits = 3): Example {
  checks.check("additionExample: digits", digits, checks.anInteger(1, 15));
  checks.check("additionExample: a", a, checks.anInteger(0, 10 ** digits - 1));
  checks.check("additionExample: b", b, checks.anInteger(0, 10 ** digits - 1));
  return { source: [...digitsOf(a, digits), PLUS, ...digitsOf(b, digits)], target: digitsOf(a + b, digits) };
}

/** Two numbers of at most half of 10^digits, so that the sum has no more digits. */
const drawn =
  (digits: number) =>
  (rng: Rng): Example => {
    const most = Math.floor((10 ** digits - 1) / 2);
    return additionExample(rng.int(most + 1), rng.int(most + 1), digits);
  };

/** Two numbers of three digits, up to 499, to their sum. */
export const additionTask: SequenceTask = {
  name: "addition",
  config: {
    ...plainStyle,
    vocabSize: 11,
    hiddenSize: 256,
    numHiddenLayers: 3,
    numAttentionHeads: 4,
    intermediateSize: 512,
    maxPositionEmbeddings: 10,
    positions: { kind: "learned" },
  },
  training: { batch: 64, steps: 1000, peak: 5e-4, warmup: 100, evaluateEvery: 100, beta2: 0.98 },
  heldOut: { test: 1000, validation: 100 },
  goal: 0.99,
  // The one token that no sum begins with.
  start: PLUS,
  draw: drawn(3),
  tokens: [..."0123456789+"],
  form: "two numbers of as many digits, such as 123+045",
  answerLength: (source) => {
    const digits = (source.length - 1) / 2;
    const fits = source.every((id, i) => (id === PLUS) === (i === digits));
    return fits && digits >= 1 && digits <= MOST_DIGITS ? digits : undefined;
  },
  show: ({ source, target }) => `${source.map((id) => (id === PLUS ? " + " : id)).join("")} = ${target.join("")}`,
  beyond: { "4 digits": drawn(4) },
};

/** The parser task: an assignment such as x=1+2 becomes its tree in prefix order, ASSIGN x ADD 1 2. */
import { checks } from "@selectron/core";
import { plainStyle, type Example, type SequenceTask } from "./task.js";

/** Tokens by id. 0 begins a tree; the last of the 25 ids is unused. */
const TOKENS = [..."·=+-*/", ...["ASSIGN", "ADD", "SUB", "MUL", "DIV"], ..."xyz", ..."0123456789"];

/** Prefix names of the operators + - * /. */
const NAMES: Readonly<Record<string, string>> = { "+": "ADD", "-": "SUB", "*": "MUL", "/": "DIV" };

const ids = (tokens: readonly string[]): number[] => tokens.map((token) => TOKENS.indexOf(token));

const anAssignment: checks.Kind = {
  what: "an assignment of five characters, such as x=1+2",
  fits: (text) => typeof text === "string" && /^[xyz]=\d[-+*/]\d$/.test(text),
};

/** An expression of five characters. */
export function parserExample(expression: string): Example {
  checks.check("parserExample: expression", expression, anAssignment);
  const [variable, , left, operator, right] = expression as unknown as [string, string, string, string, string];
  return { source: ids([...expression]), target: ids(["ASSIGN", variable, NAMES[operator]!, left, right]) };
}

const words = (sequence: readonly number[]): string => sequence.map((id) => TOKENS[id] ?? `<${id}>`).join(" ");

/** An assignment of five characters to its tree in prefix order. */
export const parserTask: SequenceTask = {
  name: "parser",
  config: {
    ...plainStyle,
    vocabSize: 25,
    hiddenSize: 128,
    numHiddenLayers: 3,
    numAttentionHeads: 4,
    intermediateSize: 512,
    maxPositionEmbeddings: 10,
  },
  training: { batch: 64, steps: 200, peak: 1e-3, warmup: 50, evaluateEvery: 50, beta2: 0.98 },
  heldOut: { test: 200, validation: 100 },
  goal: 1,
  start: 0,
  draw: (rng) => parserExample(`${rng.pick([..."xyz"])}=${rng.int(10)}${rng.pick(Object.keys(NAMES))}${rng.int(10)}`),
  tokens: TOKENS,
  form: "an assignment of five characters, such as x=1+2",
  answerLength: (source) => {
    const text = source.map((id) => TOKENS[id]).join("");
    return anAssignment.fits(text) ? source.length : undefined;
  },
  show: ({ source, target }) => `${words(source).replaceAll(" ", "")} → ${words(target)}`,
  mustHoldOut: ["x=1+2", "y=3*4", "z=5-1", "x=2/3"].map(parserExample),
};

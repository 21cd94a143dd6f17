/**
 * The nested parser task: an assignment of three operators, such as x=1+2*3-4, becomes its tree in prefix order, where * and / bind more
 * tightly than + and −, and equal operators group to the left. A target has as many tokens as its source, nine, whatever the tree's form.
 */
import { checks, type Rng } from "@selectron/core";
import { parserTask } from "./parser.js";
import { plainStyle, type Example, type SequenceTask } from "./task.js";

/** A tree: a leaf, or an operator with its operands. */
export type ParseTree = string | readonly [operator: string, left: ParseTree, right: ParseTree];

const NAMES: Readonly<Record<string, string>> = { "+": "ADD", "-": "SUB", "*": "MUL", "/": "DIV" };
const OPERATORS = new Set(["ASSIGN", ...Object.values(NAMES)]);
const PATTERN = /^[xyz]=\d([-+*/]\d){3}$/;

const anExpression: checks.Kind = {
  what: "an assignment with three operators, such as x=1+2*3-4",
  fits: (text) => typeof text === "string" && PATTERN.test(text),
};

const idOf = (token: string): number => parserTask.tokens.indexOf(token);

/** The tree of operands with operators between them; those of the higher precedence first, from the left. */
function treeOf(operands: readonly ParseTree[], operators: readonly string[]): ParseTree {
  if (operators.length === 0) return operands[0]!;
  const tight = operators.findIndex((operator) => "*/".includes(operator));
  const at = Math.max(0, tight);
  const joined: ParseTree = [NAMES[operators[at]!]!, operands[at]!, operands[at + 1]!];
  return treeOf(
    [...operands.slice(0, at), joined, ...operands.slice(at + 2)],
    [...operators.slice(0, at), ...operators.slice(at + 1)],
  );
}

const prefixOf = (tree: ParseTree): string[] =>
  typeof tree === "string" ? [tree] : [tree[0], ...prefixOf(tree[1]), ...prefixOf(tree[2])];

/** An expression of nine characters and its tree. */
export function nestedParserExample(expression: string): Example {
  checks.check("nestedParserExample: expression", expression, anExpression);
  const characters = [...expression];
  const tree = treeOf(
    characters.filter((character) => /\d/.test(character)),
    characters.filter((character) => character in NAMES),
  );
  return { source: characters.map(idOf), target: prefixOf(["ASSIGN", characters[0]!, tree]).map(idOf) };
}

/**
 * The tree that ids of the parser's tokens are in prefix order; undefined where they are none.
 *
 * @param target - of `parserTask` or `nestedParserTask`
 */
export function parseTree(target: readonly number[]): ParseTree | undefined {
  checks.check("parseTree: target", target, checks.numbers);
  let at = 0;
  const next = (): ParseTree | undefined => {
    const token = parserTask.tokens[target[at++]!];
    if (token === undefined || !OPERATORS.has(token)) {
      return token !== undefined && /^[xyz\d]$/.test(token) ? token : undefined;
    }
    const [left, right] = [next(), next()];
    return left === undefined || right === undefined ? undefined : [token, left, right];
  };
  const tree = next();
  return at === target.length ? tree : undefined;
}

const formOf = (tree: ParseTree | undefined): string =>
  tree === undefined ? "none" : typeof tree === "string" ? "·" : `(${formOf(tree[1])}${formOf(tree[2])})`;

/**
 * The share, 0 to 1, of answers whose tree has the form of the right one: the same branches, whatever operators and leaves.
 *
 * @param answers - ids of the parser's tokens, each beside its target
 * @throws RangeError unless there are as many targets, at least one
 */
export function structuralAccuracy(
  answers: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
): number {
  checks.check("structuralAccuracy: answers", answers, checks.aList("an array of rows of ids", checks.numbers));
  checks.check("structuralAccuracy: targets", targets, checks.aList("an array of rows of ids", checks.numbers));
  if (answers.length !== targets.length || answers.length === 0) {
    throw new RangeError(
      `structuralAccuracy: ${answers.length} answers to ${targets.length} targets; pass one or more of each.`,
    );
  }
  const same = answers.filter((answer, n) => formOf(parseTree(answer)) === formOf(parseTree(targets[n]!)));
  return same.length / answers.length;
}

const drawn = (rng: Rng): Example => {
  const digit = (): number => rng.int(10);
  const rest = Array.from({ length: 3 }, () => `${rng.pick(Object.keys(NAMES))}${digit()}`);
  return nestedParserExample(`${rng.pick([..."xyz"])}=${digit()}${rest.join("")}`);
};

/** An assignment with three operators to its nested tree in prefix order. */
export const nestedParserTask: SequenceTask = {
  name: "nested-parser",
  config: {
    ...plainStyle,
    vocabSize: 25,
    hiddenSize: 128,
    numHiddenLayers: 3,
    numAttentionHeads: 4,
    intermediateSize: 256,
    maxPositionEmbeddings: 10,
    positions: { kind: "learned" },
  },
  training: { batch: 64, steps: 600, peak: 1e-3, warmup: 50, evaluateEvery: 100, beta2: 0.98 },
  heldOut: { test: 500, validation: 100 },
  goal: 0.99,
  start: 0,
  draw: drawn,
  tokens: parserTask.tokens,
  form: "an assignment with three operators, such as x=1+2*3-4",
  answerLength: (source) => {
    const text = source.map((id) => parserTask.tokens[id]).join("");
    return anExpression.fits(text) ? source.length : undefined;
  },
  show: parserTask.show,
  mustHoldOut: [nestedParserExample("x=1+2*3-4")],
};

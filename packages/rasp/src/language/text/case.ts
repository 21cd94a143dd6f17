/**
 * A program, an expression and an input, as `eval --batch` takes them. A new session takes the input as its running examples, runs the
 * program, evaluates the expression and applies its value to the input.
 */
import { asInput } from "../elaborate/containers.js";
import type { AppliedValue, Value } from "../elaborate/value.js";
import { Environment, type LoadOptions } from "../environment.js";
import type { Atom } from "../graph/node.js";
import { Evaluation } from "../interpret/evaluation.js";

/** A case for the interpreter. */
export interface Case {
  readonly program: string;
  readonly expr: string;
  /** A RASP literal: `"hello"`, `[1,2.0,True]`. */
  readonly inputSrc: string;
}

/** The atoms of an input that is written as a RASP literal; `from` is what errors call the text. @throws RaspError */
export const readInput = (literal: string, from = "<input>"): readonly Atom[] =>
  asInput(new Environment().evaluateExpression(literal, from));

/** An s-op or a selector applied to an input; any other value as it is. @throws RaspError */
export function applyTo(value: Value, input: readonly Atom[]): Value {
  if (value.kind !== "s-op" && value.kind !== "selector") return value;
  const evaluation = new Evaluation(input);
  const result = value.kind === "s-op" ? evaluation.sop(value.node) : evaluation.selector(value.node);
  return { kind: "applied", input, result, of: value.node } satisfies AppliedValue;
}

/** The value of a case. @throws RaspError, the program's first */
export function runCase({ program, expr, inputSrc }: Case, options: Pick<LoadOptions, "readFile"> = {}): Value {
  const input = readInput(inputSrc);
  const environment = new Environment(options);
  environment.session.setExample("both", input);
  environment.run(program, "<program>");
  return applyTo(environment.evaluateExpression(expr), input);
}

/** The outcome of a statement as the REPL shows it, in the original's words: each s-op and selector on its running example. */
import {
  describeAtom,
  describeInput,
  displayAligned,
  displayMatrix,
  displayResult,
  displaySequence,
  displayValue,
  isMatrix,
  type Atom,
  type Outcome,
  type Session,
  type Statement,
  type Value,
} from "@selectron/rasp";

/** The answer to a statement, if it has one. */
export function show(outcome: Outcome, statement: Statement, session: Session): string | undefined {
  switch (outcome.kind) {
    case "value":
      return showValue(outcome.value, shownName(outcome.value, statement), session);
    case "assigned":
      return showValue(outcome.value, outcome.names.join(", "), session);
    case "show-example":
      return showExamples(outcome.which, session);
    default:
      return undefined;
  }
}

/** The name that the statement is, or that the s-op has, or `out`, which holds the value. */
function shownName(value: Value, statement: Statement): string {
  if (statement.kind === "expression" && statement.expression.kind === "name") return statement.expression.name;
  return ((value.kind === "s-op" || value.kind === "selector") && value.node.name) || "out";
}

/** A value under a name. */
export function showValue(value: Value, name: string, session: Session): string {
  switch (value.kind) {
    case "s-op":
    case "selector":
      return [`${value.kind}: ${name}`, ...example(value, name, session)].join("\n");
    case "score":
    case "vector":
    case "table":
      return `${value.kind}: ${name}`;
    case "function":
      return `console ${displayValue(value)}`;
    case "applied":
      return showApplied(value.input, value.result, session);
    case "atom":
      return `value: ${name} = ${displayValue(value)}`;
    case "list":
      return `list: ${name} = ${displayValue(value)}`;
    case "dict":
      return `dict: ${name} = ${showDict(value, session)}`;
  }
}

/** A dict of atoms on one line, any other with an entry on each line. */
function showDict(dict: Value & { kind: "dict" }, session: Session): string {
  const entries = [...dict.entries.values()];
  if (entries.every(({ value }) => value.kind === "atom")) return displayValue(dict);
  const lines = entries.map(({ key, value }) => indent(`${describeAtom(key)} : ${showItem(value, session)}`));
  return ["{", ...lines, "}"].join("\n");
}

function showItem(value: Value, session: Session): string {
  if (value.kind === "s-op" || value.kind === "selector") {
    return showValue(value, value.node.name ?? "unnamed", session);
  }
  return value.kind === "atom" ? `value: ${displayValue(value)}` : `${value.kind}: ${displayValue(value)}`;
}

/** An s-op or a selector on its running example, unless the examples are off. */
function example(value: Value & { kind: "s-op" | "selector" }, name: string, session: Session): string[] {
  if (value.kind === "selector") {
    if (!session.display.selectorExamples) return [];
    const { input } = session.selectorExample;
    return ["  Example:", indent(displayMatrix(input, session.selectorExample.selector(value.node)), 4)];
  }
  if (!session.display.sopExamples) return [];
  const { input } = session.sopExample;
  const values = session.sopExample.sop(value.node);
  if (!session.display.fullSequences) return [`  Example: ${name}(${inputText(input)}) = ${displaySequence(values)}`];
  const line = displaySequence(values);
  if (values.length > 1 && line.startsWith("[") && line.includes("]*")) {
    return [`  Example: ${name}(${inputText(input)}) = ${line} [skipped full display: identical values]`];
  }
  return ["  Example:", indent(displayAligned(input, values), 4)];
}

function showApplied(
  input: readonly Atom[],
  result: (Value & { kind: "applied" })["result"],
  session: Session,
): string {
  if (isMatrix(result)) return `=\n${indent(displayMatrix(input, result))}`;
  if (session.display.fullSequences) return `=\n${indent(displayAligned(input, result))}`;
  return `= ${displayResult(input, result)}`;
}

function showExamples(which: "s-op" | "selector" | "both", { sopExample, selectorExample }: Session): string {
  const lines = [
    ...(which === "selector" ? [] : [`s-op example: ${inputText(sopExample.input)}`]),
    ...(which === "s-op" ? [] : [`selector example: ${inputText(selectorExample.input)}`]),
  ];
  return lines.join("\n");
}

/** An input as it would be written: characters as a string, other tokens as a list. */
const inputText = (input: readonly Atom[]): string =>
  input.every((atom) => typeof atom === "string" && [...atom].length === 1)
    ? describeInput(input)
    : displayValue({ kind: "list", items: input.map((atom) => ({ kind: "atom", atom })), size: input.length });

const indent = (text: string, columns = 2): string => text.replace(/^/gm, " ".repeat(columns));

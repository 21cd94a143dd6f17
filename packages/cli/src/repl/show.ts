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
      return showAssigned(outcome.names, outcome.value, session);
    case "show-example":
      return showExamples(outcome.which, session);
    default:
      return undefined;
  }
}

/** Several names that hold more than plain data are shown one by one. */
function showAssigned(names: readonly string[], value: Value, session: Session): string {
  const isWhole = names.length === 1 || value.kind !== "list" || (!isTooLarge(value) && isPlain(value));
  if (isWhole) return showValue(value, names.join(", "), session);
  return value.items.map((item, i) => showValue(item, names[i]!, session)).join("\n");
}

/** A name that a loaded file has set, without an example. */
export function showLoaded(value: Value, name: string, session: Session): string {
  const isNode = value.kind === "s-op" || value.kind === "selector";
  return isNode ? `${value.kind}: ${name}` : showValue(value, name, session);
}

/** Whether a value is an atom, or a list or dict of such. */
const isPlain = (value: Value): boolean =>
  value.kind === "atom" ||
  (value.kind === "list" && value.items.every(isPlain)) ||
  (value.kind === "dict" && [...value.entries.values()].every((entry) => isPlain(entry.value)));

/** Of a larger list or dict only its size is shown: lists of lists double with each line, and their text would take seconds and memory. */
const MOST_SHOWN = 10_000;

/** Whether a value holds more others than are shown. Counts no further, so that it takes no longer for a larger one. */
function isTooLarge(value: Value): boolean {
  let count = 0;
  const grows = (one: Value): boolean =>
    ++count > MOST_SHOWN ||
    (one.kind === "list" && one.items.some(grows)) ||
    (one.kind === "dict" && [...one.entries.values()].some((entry) => grows(entry.value)));
  return grows(value);
}

function tooLarge(value: Value, name: string): string {
  const [first] = value.kind === "dict" ? value.entries.values() : [];
  const part = `${name}[${first ? describeAtom(first.key) : 0}]`;
  return `${value.kind}: ${name}, of more than ${MOST_SHOWN} values: ask for a part of it, such as ${part}`;
}

/** The name that the statement is, or that the s-op has, or `out`, which holds the value. */
function shownName(value: Value, statement: Statement): string {
  if (statement.kind === "expression" && statement.expression.kind === "name") return statement.expression.name;
  return ((value.kind === "s-op" || value.kind === "selector") && value.node.name) || "out";
}

/** A value under a name. */
export function showValue(value: Value, name: string, session: Session): string {
  if (isTooLarge(value)) return tooLarge(value, name);
  switch (value.kind) {
    case "s-op":
    case "selector":
      return [`${value.kind}: ${name}`, ...example(value, name, session)].join("\n");
    case "score":
    case "vector":
    case "table":
      return `${value.kind}: ${name}`;
    case "function":
      return `${originOf(value)} ${displayValue(value)}`;
    case "applied":
      return showApplied(value.input, value.result, session);
    case "atom":
      return `value: ${name} = ${displayValue(value)}`;
    case "list":
      return `list: ${name} = ${showList(value, name, session)}`;
    case "dict":
      return `dict: ${name} = ${showDict(value, name, session)}`;
  }
}

/** Where a function was defined: in a file, the library's among them, or at the console. */
function originOf({ definition }: Value & { kind: "function" }): string {
  const { file } = definition.name.span.source;
  if (file === "<rasplib>") return "rasplib";
  return file.startsWith("<") ? "console" : file.replace(/\.rasp$/, "");
}

/** A list of plain data on one line, any other with an item on each line. */
function showList(list: Value & { kind: "list" }, name: string, session: Session): string {
  if (isPlain(list)) return displayValue(list);
  return ["[", ...list.items.map((item, i) => indent(showItem(item, `${name}[${i}]`, session))), "]"].join("\n");
}

/** A dict of atoms on one line, any other with an entry on each line. */
function showDict(dict: Value & { kind: "dict" }, name: string, session: Session): string {
  const entries = [...dict.entries.values()];
  if (entries.every(({ value }) => value.kind === "atom")) return displayValue(dict);
  const lines = entries.map(({ key, value }) =>
    indent(`${describeAtom(key)} : ${showItem(value, `${name}[${describeAtom(key)}]`, session)}`),
  );
  return ["{", ...lines, "}"].join("\n");
}

/** @param place the item as an expression, which names an s-op that has no name */
function showItem(value: Value, place: string, session: Session): string {
  switch (value.kind) {
    case "s-op":
    case "selector":
    case "score":
    case "vector":
    case "table":
      return showValue(value, value.node.name ?? place, session);
    case "list":
      return `list: ${showList(value, place, session)}`;
    case "dict":
      return `dict: ${showDict(value, place, session)}`;
    case "atom":
      return `value: ${displayValue(value)}`;
    default:
      return showValue(value, place, session);
  }
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
  const shown = inputText(input, session.givenAsList["s-op"]);
  const values = session.sopExample.sop(value.node);
  if (!session.display.fullSequences) return [`  Example: ${name}(${shown}) = ${displaySequence(values)}`];
  const line = displaySequence(values);
  if (values.length > 1 && line.startsWith("[") && line.includes("]*")) {
    return [`  Example: ${name}(${shown}) = ${line} [skipped full display: identical values]`];
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

function showExamples(
  which: "s-op" | "selector" | "both",
  { sopExample, selectorExample, givenAsList }: Session,
): string {
  const lines = [
    ...(which === "selector" ? [] : [`s-op example: ${inputText(sopExample.input, givenAsList["s-op"])}`]),
    ...(which === "s-op" ? [] : [`selector example: ${inputText(selectorExample.input, givenAsList.selector)}`]),
  ];
  return lines.join("\n");
}

/** An input as it was written: characters as a string unless they were given in a list, other tokens as a list. */
const inputText = (input: readonly Atom[], isList: boolean): string =>
  !isList && input.every((atom) => typeof atom === "string" && [...atom].length === 1)
    ? describeInput(input)
    : displayValue({ kind: "list", items: input.map((atom) => ({ kind: "atom", atom })), size: input.length });

const indent = (text: string, columns = 2): string => text.replace(/^/gm, " ".repeat(columns));

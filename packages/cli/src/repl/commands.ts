/** The REPL's commands that begin with a colon. Each takes the rest of its line and answers with text. */
import { compile, cost, wrap, type Environment, type SOp } from "@selectron/rasp";
import { costText } from "../commands/cost.js";
import { UsageError } from "../context.js";
import { statsText, tokensText } from "../text/describe-model.js";
import { explain } from "./explain.js";

/** A command, as `:help` lists it. */
export interface ReplCommand {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** @throws RaspError, UsageError */
  readonly run: (rest: string, environment: Environment, columns?: number) => string;
}

export const COMMANDS: readonly ReplCommand[] = [
  { name: "help", usage: ":help", help: "this list", run: (_rest, _environment, columns) => help(columns) },
  {
    name: "names",
    usage: ":names",
    help: "the names that are set, including the library's",
    run: (_, environment) => namesText(environment),
  },
  {
    name: "cost",
    usage: ":cost NAME",
    help: "layers and heads, and the line that forces each",
    run: (rest, environment) => {
      const { sop, text } = sopOf(rest, ":cost NAME", environment);
      return costText(text, cost(sop));
    },
  },
  {
    name: "compile",
    usage: ":compile NAME [TOKENS [LENGTH]]",
    help: "the Transformer that computes it, for a vocabulary such as a,b,c; the running example's if absent",
    run: compileText,
  },
  {
    name: "explain",
    usage: ":explain NAME [POSITION]",
    help: "how its value at a position of the running example was computed",
    run: explainText,
  },
];

/** Runs a line that begins with a colon. @throws RaspError, UsageError */
export function runCommand(line: string, environment: Environment, columns?: number): string {
  const [, name, rest] = /^:(\S*)\s*(.*?)\s*;?\s*$/s.exec(line)!;
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) throw new UsageError(`there is no command ":${name!}"`, ":help lists the commands");
  return command.run(rest!, environment, columns);
}

/** The left column of the help, and what it does. */
const STATEMENTS: readonly (readonly [string, string])[] = [
  ["flip = select(indices, length - 1 - indices, ==);", ""],
  ["aggregate(flip, tokens);", "shows the s-op on the running example"],
  ['aggregate(flip, tokens)("abc");', "applies it to an input"],
  ["def double(x) { return x + x; }", "defines a function"],
];
const LINES: readonly (readonly [string, string])[] = [
  ['set example "abc"', "chooses the running example; also: set s-op|selector example"],
  ["show example", "prints it"],
  ["examples off | on", "hides or shows the examples; also: s-op|selector examples off"],
  ["full seq display on | off", "inputs above outputs, position by position"],
  ['load "file";', "runs file.rasp (this one takes a ;)"],
  ["exit, quit, or Ctrl+D", "leave; Ctrl+C drops what is not finished"],
];

/** Lines of at most `columns` columns that end between words. */
function help(columns = 80): string {
  const commands = COMMANDS.map(({ usage, help: text }) => [usage, text] as const);
  const left = 2 + Math.max(...[...LINES, ...commands].map(([usage]) => usage.length));
  const row = ([usage, text]: readonly [string, string]): string[] => {
    if (text === "") return [`  ${usage}`];
    // In a narrow terminal the text is below what it explains.
    if (columns < left + 30) return [`  ${usage}`, ...wrap(`      ${text}`, columns, "      ")];
    return wrap(`  ${usage.padEnd(left)}${text}`, columns, " ".repeat(left + 2));
  };
  return [
    ...wrap("Statements end with ; and can take several lines:", columns),
    ...STATEMENTS.flatMap(row),
    "",
    "Commands, without a ; :",
    ...LINES.flatMap(row),
    "",
    ...commands.flatMap(row),
  ].join("\n");
}

function namesText(environment: Environment): string {
  const { names } = environment;
  const others = environment.visibleNames.filter((name) => !names.includes(name) && name !== "out");
  return [
    ...(names.length > 0 ? [`yours: ${names.join(", ")}`] : []),
    `always there: ${others.sort().join(", ")}`,
  ].join("\n");
}

/** The s-op that the rest of a command is: a name or an expression. */
function sopOf(text: string, usage: string, environment: Environment): { readonly sop: SOp; readonly text: string } {
  if (text === "") throw new UsageError("which s-op?", usage);
  const value = environment.evaluateExpression(text, "<command>");
  if (value.kind === "s-op") return { sop: value.node, text };
  throw new UsageError(`${text} is a ${value.kind}, not an s-op`, usage);
}

function compileText(rest: string, environment: Environment): string {
  const usage = ":compile NAME a,b,c 5";
  const [, text, tokens, length] = /^(.*?)(?:\s+(\S+,\S*|\S)(?:\s+(\d+))?)?$/s.exec(rest)!;
  const { sop } = sopOf(text!, usage, environment);
  const vocabulary = tokens === undefined ? [...new Set(environment.example)] : tokens.split(",");
  const maxLength = length === undefined ? environment.example.length : Number(length);
  if (maxLength < 1) throw new UsageError("the longest input has at least one token", usage);
  const model = compile(sop, { vocabulary, maxLength, name: text! });
  return `${text!}, for the tokens ${tokensText(vocabulary)} and up to ${maxLength} of them:\n${statsText(model)}`;
}

function explainText(rest: string, environment: Environment): string {
  const [, text, position] = /^(.*?)(?:\s+(\d+))?$/s.exec(rest)!;
  const { sop } = sopOf(text!, ":explain NAME 0", environment);
  const { sopExample } = environment.session;
  const row = Number(position ?? 0);
  const { length } = sopExample.input;
  if (row >= length) {
    throw new UsageError(`the running example has the positions 0 to ${length - 1}`, `:explain ${text!} 0`);
  }
  return explain(sop, row, sopExample);
}

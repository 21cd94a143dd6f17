/** The completions that Tab offers: names, functions with their parameters, words of the language, commands of the REPL. */
import type { Environment } from "@selectron/rasp";
import { COMMANDS } from "./commands.js";

/** Words of the language that can be completed; some include their parenthesis. */
const WORDS = ["select(", "aggregate(", "range(", "zip(", "len(", "round(", "indicator(", "draw("];
const STATEMENTS = [
  "def ",
  "for ",
  "load ",
  "set example ",
  "show example",
  "examples off",
  "full seq display on",
  "return ",
];

/** The completions, and the text that they would replace, in the form that `readline` takes. */
export function complete(line: string, environment: Environment): [string[], string] {
  const command = /^:[a-z]*$/.exec(line);
  if (command) return [COMMANDS.map(({ name }) => `:${name} `).filter((name) => name.startsWith(line)), line];
  const call = /([A-Za-z_]\w*)\($/.exec(line);
  if (call) {
    const parameters = signature(call[1]!, environment);
    // Two completions without a common prefix: readline lists them and inserts none.
    return [parameters === undefined ? [] : [parameters, " "], ""];
  }
  const word = /[A-Za-z_]\w*$/.exec(line)?.[0] ?? "";
  if (word === "") return [[], ""];
  const names = environment.visibleNames.filter((name) => name.startsWith(word)).sort();
  const fixed = [...WORDS, ...(word === line ? STATEMENTS : [])].filter((text) => text.startsWith(word));
  const offers = [...fixed, ...names.map((name) => signature(name, environment) ?? name)];
  // readline inserts a single completion, so it must not include the parameters.
  return [offers.length === 1 ? [offers[0]!.replace(/\(.*/, "(")] : offers, word];
}

function signature(name: string, environment: Environment): string | undefined {
  if (!environment.visibleNames.includes(name)) return undefined;
  const value = environment.get(name);
  if (value.kind !== "function") return undefined;
  return `${name}(${value.definition.parameters.map(({ text }) => text).join(", ")})`;
}

/**
 * What every command answers to odd words in place of each argument and each flag's value. answers.md beside this file is the table of
 * the answers, which `npx vitest run --project cli packages/cli/test/answers.test.ts -u` writes.
 */
import { printable } from "@selectron/core";
import type { Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { Context } from "../src/context.js";
import { nodeIo } from "../src/files/io.js";
import { programOf } from "../src/run.js";
import { examples, files, LETTERS, models, ODD, PARTS, SAID, type Flags } from "./answers-examples.js";
import { selectron, type Ran } from "./harness.js";

const commands = programOf(new Context(nodeIo)).commands;
const optionsOf = (command: Command): readonly Option[] => command.options;

/** The words of a command line: `changes` over the example's flags, where null leaves one out. */
function lineOf(command: string, changes: Flags = {}, args = examples[command]!.args): string[] {
  const flags = Object.entries({ ...examples[command]!.flags, ...changes });
  const words = flags.flatMap(([flag, value]) => (value === null ? [] : value === "" ? [flag] : [flag, value]));
  return [command, ...args, ...words];
}

/** One odd command line: what the table calls it, the words that an error may name, and the whole. */
interface Odd {
  readonly what: string;
  readonly name: string;
  readonly names: readonly string[];
  readonly words: readonly string[];
}

/** The odd lines about a flag. */
function* linesOfFlag(command: string, option: Option): Generator<Odd> {
  const { flags = {}, more = {}, long = {} } = examples[command]!;
  const flag = option.long!;
  const [value, around = {}, args] = more[flag] ?? [flags[flag]!];
  const rest = lineOf(command, { ...around, [flag]: null }, args);
  const odd = (name: string, words: readonly string[], names: readonly string[] = []): Odd => ({
    what: `\`${flag}\``,
    name,
    names: [flag, ...(SAID[flag] ?? []), ...names],
    words: [...rest, ...words],
  });
  const whole = option.required ? [flag, value] : [flag];
  yield odd("as it should be", whole);
  if (!long["*"]?.includes("twice")) yield odd("twice", [...whole, ...whole]);
  yield odd("misspelt", [`${flag}z`, ...whole.slice(1)]);
  if (!option.required) {
    yield odd("with a value", [`${flag}=abc`]);
    return;
  }
  yield odd("without value", [flag]);
  yield odd("a flag as value", [flag, flag]);
  const parts = (PARTS[flag] ?? []).map((word) => [word, word] as const);
  for (const [name, word] of [...Object.entries(ODD), ...parts]) {
    if (!long[flag]?.includes(word)) {
      yield odd(
        name.length > 20 ? `${name.slice(0, 12)}…` : name,
        [flag, word],
        [word, ...word.split(",").filter((part) => part !== "")],
      );
    }
  }
}

/** The odd lines about arguments. */
function* linesOfArguments(command: Command): Generator<Odd> {
  const { args } = examples[command.name()]!;
  for (const [i, argument] of command.registeredArguments.entries()) {
    const what = `\`<${argument.name()}>\``;
    const line = (words: readonly string[]): string[] =>
      lineOf(command.name(), {}, [...args.slice(0, i), ...words, ...args.slice(i + 1)]);
    if (args[i] !== undefined) {
      yield { what, name: "missing", names: [argument.name(), "--"], words: line([]) };
      yield { what, name: "twice", names: ["arguments", ...(SAID[what] ?? [])], words: line([args[i], args[i]]) };
    }
    for (const [name, word] of Object.entries(ODD)) {
      yield { what, name, names: [word, ...(SAID[what] ?? [])], words: line([word]) };
    }
  }
  if (command.registeredArguments.some((argument) => argument.variadic)) return;
  const surplus = lineOf(command.name(), {}, [...args, "surplus"]);
  yield { what: "further arguments", name: "an argument too many", names: ["surplus", "arguments"], words: surplus };
}

/** What is wrong with an answer; undefined if nothing is. */
function faultOf({ exitCode, out, err }: Ran, { names }: Odd, written: readonly string[]): string | undefined {
  const said = (out + err).replace('"class":"undefined"', "");
  if (/defect of selectron|\n\s+at .*:\d+:\d+/.test(said)) return "is a defect";
  if (ENGINE.test(said)) return "has an engine's message";

  if (/[\0-\x09\x0b-\x1f\x7f]/.test(said)) return "has control characters";
  const unnamed = names.reduce((text, name) => (name === "" ? text : text.replaceAll(name, "")), said);
  if (/\b(NaN|undefined)\b/.test(unnamed)) return "says NaN or undefined";
  if (exitCode === 0 || exitCode === 1) return /^error|: error/m.test(err) ? "has an error and goes on" : undefined;
  if (exitCode !== 2) return `ends with ${exitCode}`;
  if (out !== "") return "has an error, and output";
  if (written.length > 0) return `has an error, and writes ${written.join(", ")}`;
  const [first = ""] = err.split("\n");
  if (!/(^|: )error( RASP\d{4})?: /.test(first)) return "begins with no error";
  const named = names.map((name) => (name === "" ? '""' : printable(name).slice(0, 20)));
  if (!named.some((name) => err.includes(name))) return "names neither the flag nor the value";
  return undefined;
}

const ENGINE =
  /is not a function|not iterable|Cannot read prop|Invalid array length|Maximum call stack|in JSON at|Unexpected (token|end)|Invalid string length|allocation failed|ENOENT|EISDIR|\[object /;

async function answerOf(words: readonly string[]): Promise<{ ran: Ran; written: string[] }> {
  const binaries = new Map<string, Uint8Array>(Object.entries(models));
  // A server goes on until it is interrupted.
  const signals =
    words[0] === "playground" ? { onInterrupt: (stop: (signal: "SIGINT") => void) => stop("SIGINT") } : {};
  const ran = await selectron(words, { files, binaries, stdin: "", ...signals });
  return { ran, written: [...binaries.keys()].filter((name) => !(name in models)) };
}

const rows: string[] = [];
const shortOf = (word: string): string => (word === LETTERS ? "10,000 letters" : word.length > 60 ? "…" : word);

describe.each(commands.map((command) => [command.name(), command] as const))("%s", (name, command) => {
  it("has an example of every flag and argument", () => {
    const { args, flags = {}, more = {} } = examples[name]!;
    const known = [...Object.keys(flags), ...Object.keys(more)].sort();
    expect(known).toEqual(
      optionsOf(command)
        .map((option) => option.long!)
        .sort(),
    );
    const { registeredArguments } = command;
    expect(args.length).toBeGreaterThanOrEqual(registeredArguments.filter(({ required }) => required).length);
    expect(args.length).toBeLessThanOrEqual(registeredArguments.length);
  });

  it("answers odd words with an error for people, or with a result", async () => {
    const faults: string[] = [];
    const lines = [
      ...linesOfArguments(command),
      ...optionsOf(command).flatMap((option) => [...linesOfFlag(name, option)]),
    ];
    const table = new Map<string, string[]>();
    for (const odd of lines) {
      const { ran, written } = await answerOf(odd.words);
      const fault = faultOf(ran, odd, written);
      if (fault !== undefined) {
        faults.push(`${odd.what} ${odd.name} ${fault}: ${odd.words.map(shortOf).join(" ")} → ${ran.err.slice(0, 300)}`);
      }
      if (odd.name === "as it should be") {
        expect([ran.exitCode, ran.err], odd.words.join(" ")).toEqual([ran.exitCode % 2, ran.err]);
      }
      const results = table.get(odd.what) ?? [];
      table.set(odd.what, results);
      if (ran.exitCode !== 2) results.push(ran.exitCode === 0 ? odd.name : `${odd.name} (${ran.exitCode})`);
      if (ran.exitCode !== 2) continue;
      const { ran: asJson } = await answerOf([...odd.words, "--json"]);
      if (!odd.what.includes(odd.words.at(-1)!) && !/^\{"error":\{.*\}\}\n$/.test(asJson.out)) {
        faults.push(`--json: ${odd.words.map(shortOf).join(" ")} → ${asJson.out}`);
      }
    }
    rows.push(
      ...[...table].map(([what, results]) => `| ${name} | ${what.replace("|", "\\|")} | ${results.join(", ")} |`),
    );
    expect(faults).toEqual([]);
  });
});

describe("selectron", () => {
  const words = Object.entries(ODD).filter(([name]) => name !== "-1");

  it.each(words)("%s is no command", async (what, word) => {
    for (const line of [[word], [word, "--help"], ["help", word]]) {
      const { ran, written } = await answerOf(line);
      const odd = { what, name: what, names: [word], words: line };
      expect([ran.exitCode, faultOf(ran, odd, written), ran.err]).toEqual([2, undefined, ran.err]);
    }
  });

  it.each(["-1", "-x", "--verison", "--json=1"])("%s is no flag", async (word) => {
    const { ran, written } = await answerOf([word]);
    const odd = { what: word, name: word, names: [word], words: [word] };
    expect([ran.exitCode, faultOf(ran, odd, written), ran.err]).toEqual([2, undefined, ran.err]);
  });
});

it.each(["--sop=x", "--expr=x", "--input=ab", "--causal"])("eval --batch has no use for %s", async (flag) => {
  const { ran } = await answerOf(["eval", "--batch", "cases.jsonl", flag]);
  expect([ran.exitCode, ran.out, ran.err]).toEqual([2, "", expect.stringContaining(`not from ${flag.split("=")[0]}`)]);
});

it("decompile says which flags do nothing for a compiled model", async () => {
  const { ran } = await answerOf(["decompile", "m.safetensors", "--config", "none.json", "--interventions"]);
  expect([ran.exitCode, ran.err]).toEqual([
    0,
    "note: m.safetensors: it is a compiled model, for which --config, --interventions do nothing\n",
  ]);
});

it("a flag is a value only where it is written as one", async () => {
  const { ran } = await answerOf(["eval", "p.rasp", "--sop", "x", "--input", "--causal"]);
  expect([ran.exitCode, ran.err.split("\n")[0]]).toEqual([2, "error: --input has no value: --causal is a flag"]);
  const { ran: written } = await answerOf(["eval", "p.rasp", "--sop", "x", "--input=--causal"]);
  expect([written.exitCode, written.out]).toEqual([0, "[0, 1, 2, 3, 4, 5, 6, 7] (ints)\n"]);
});

it("answers.md is the table of these answers", async () => {
  const head = [
    "# What commands answer to odd words",
    "",
    "Which odd words get a result (exit code 0, or 1 where it says so). The others get exit code 2 and an error that names the flag or the",
    "value, and nothing is written. `answers.test.ts` has the words and writes this table.",
    "",
    "| command | of | words with a result |",
    "| --- | --- | --- |",
  ];
  await expect(`${[...head, ...rows].join("\n")}\n`).toMatchFileSnapshot("answers.md");
});

/** Texts that people and programs write: RASP, lines for the REPL, cases, reports, and the words of the command line. */
import { Environment, evaluate, RaspError, render, displayValue, type Value } from "@selectron/rasp";
import type { Rng } from "@selectron/core";
import { demand, type Kind, type Reading, type Sample } from "../kind.js";
import { editBytes } from "../mutate/bytes.js";
import { editJsonLines } from "../mutate/json.js";
import { editProgram } from "../mutate/text.js";
import { decode, demandPlain, encode, filesIn, reads, selectron } from "../world.js";
import { programs } from "./programs.js";

const editText: Kind["edit"] = (bytes, rng, others) =>
  rng.int(12) === 0 ? editBytes(bytes, rng) : encode(editProgram(decode(bytes), rng, decode(rng.pick(others).bytes)));
const editLines: Kind["edit"] = (bytes, rng) =>
  rng.int(6) === 0 ? editBytes(bytes, rng) : encode(editJsonLines(decode(bytes), rng));

/** Small limits, so that the time is spent on many programs. */
const LIMITS = { steps: 20_000, nodes: 2_000, memory: 50_000, recursion: 400 };

/** Runs a program, shows the outcomes of its statements, and evaluates them on another input. */
function runProgram(bytes: Uint8Array): string {
  const environment = new Environment({ limits: LIMITS, readFile: () => "y = 1;" });
  const values: Value[] = [];
  const shown: string[] = [];
  try {
    environment.run(decode(bytes), "mutant.rasp", (result) => {
      if (result.kind === "value" || result.kind === "assigned") values.push(result.value);
    });
  } finally {
    demandPlain("the warnings", environment.takeWarnings().map(render).join("\n"), 100_000 + 10 * bytes.length);
    for (const value of values) {
      shown.push(displayValue(value));
      if (value.kind !== "s-op" && value.kind !== "selector") continue;
      // The input itself stands nowhere in the program.
      if (value.node.kind !== "tokens") attempt(() => evaluate(value.node, "abcab"));
    }
  }
  return shown.join("\n");
}

/** A program's error as people see it: with its place and its code, and so each of those beside it. */
function told(error: Error): string {
  if (!(error instanceof RaspError)) return error.message;
  const texts = [error.diagnostic, ...error.further].map((diagnostic) => {
    const text = render(diagnostic);
    demand(diagnostic.span !== undefined, () => `no place: ${text}`);
    demand(text.includes(diagnostic.code), () => `no code: ${text}`);
    return text;
  });
  return texts[0]!;
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    told(error);
  }
}

const raspSamples = (): readonly Sample[] => programs().map(({ name, text }) => ({ name, bytes: encode(text) }));

/** The last name that a program sets: what its file is about. */
const lastName = (text: string): string => [...text.matchAll(/(?:^|;)\s*([a-z_]\w*)\s*=/gm)].at(-1)?.[1] ?? "tokens";

/** A command on a program file. */
const command =
  (...args: readonly string[]) =>
  (bytes: Uint8Array): Promise<Reading> => {
    const name = lastName(decode(bytes));
    return reads(
      args.map((arg) => (arg === "NAME" ? name : arg)),
      filesIn({ "p.rasp": bytes, "a.rasp": "y = 1;" }),
    );
  };

const commandKind = (name: string, share: number, ...args: readonly string[]): Kind => ({
  name,
  share,
  edit: editText,
  samples: raspSamples,
  read: command(name.split("-")[0]!, "p.rasp", ...args),
  documented: [],
});

const INPUTS = ["--vocab", "a,b,c", "--max-length", "3"];

const SESSION = `set example "abcab"
x = tokens == "a";
:explain x 1
:cost x
s = select(tokens, tokens, ==);
selector_width(s)
;
:compile x a,b 3
show example
examples off
def f(a) { return a + 1; }
f(indices);
:names
full seq display on
s;
load "a";
:help
exit
`;

const CASES = [
  { id: "a", program: "", expr: "tokens", inputSrc: '"hello"' },
  { id: 2, program: "x = indices + 1;", expr: "x * 2", inputSrc: "[1,2]" },
  { program: "def f(a) { return a; }", expr: "f(length)", inputSrc: '"ab"' },
  { id: null, program: 'load "a";', expr: "select(tokens, tokens, ==)", inputSrc: '{"a": 1}' },
];

/** What `selectron verify --shard` wrote for each of three parts. */
async function reports(): Promise<readonly Sample[]> {
  const files = filesIn({ "p.rasp": "same = selector_width(select(tokens, tokens, ==));" });
  const lines: string[] = [];
  for (const part of ["1/3", "2/3", "3/3"]) {
    const { out } = await selectron(
      ["verify", "p.rasp", "--sop", "same", ...INPUTS, "--exhaustive", "--shard", part, "--json"],
      files,
    );
    lines.push(out);
  }
  return [{ name: "reports", bytes: encode(lines.join("")) }];
}

/** The figures of a merged report must be possible together. */
async function merge(bytes: Uint8Array): Promise<Reading> {
  const reading = await reads(["merge", "r.jsonl", "--json"], filesIn({ "r.jsonl": bytes }));
  if (!reading.accepted) return reading;
  const { ok, inputs, wrong, withoutValue, upToFloat32 } = JSON.parse(reading.text) as Record<string, number | boolean>;
  const said = (): string => `merged: ${reading.text.slice(0, 300)}`;
  demand(ok === (wrong === 0), said);
  demand(inputs === 3 + 9 + 27, said);
  demand(Number(wrong) + Number(withoutValue) <= Number(inputs) && Number(upToFloat32) <= Number(inputs), said);
  return reading;
}

const WORDS: readonly (readonly string[])[] = [
  ["eval", "p.rasp", "--sop", "x", "--input", "abc"],
  ["eval", "--expr", 'tokens == "a"', "--input", '["a",1,2.5,True]', "--json"],
  ["cost", "p.rasp", "--sop", "x", "--attention", "window:2", ...INPUTS],
  ["draw", "p.rasp", "--sop", "x", "--input", "abc", "--width", "360"],
  ["compile", "p.rasp", "--sop", "x", ...INPUTS, "-o", "m.safetensors", "--promise", "tokens == tokens"],
  ["verify", "p.rasp", "--sop", "x", ...INPUTS, "--runs", "5", "--seed", "1", "--shard", "1/2"],
  ["tour", "p.rasp", "--sop", "x", ...INPUTS, "--input", "ab"],
  ["dataset", "--count", "1", "--seed", "1", "--vocab", "a,b", "--max-length", "3", "--lines", "2", "--examples", "2"],
  ["merge", "r.jsonl", "--json"],
  ["check", "m.safetensors", "--steps", "10"],
  ["decompile", "m.safetensors", "--budget", "1s", "--shard", "1/1"],
  ["help", "compile"],
];

const ODD_WORDS = [
  "",
  "0",
  "-1",
  "1e9",
  "99999999999",
  "NaN",
  "1.5",
  "a,,b",
  "[1,",
  "[]",
  "é",
  "\u001b[31m",
  "--",
  "-",
  "--json",
  "--x",
  "/",
  "..",
  "1/0",
  "2/1",
];

/** Edits of the words of a command line, one on each line. */
function editWords(bytes: Uint8Array, rng: Rng, others: readonly Sample[]): Uint8Array {
  const words = decode(bytes).split("\n");
  const at = rng.int(words.length);
  const other = rng.pick(decode(rng.pick(others).bytes).split("\n"));
  switch (rng.int(6)) {
    case 0:
      words.splice(at, 1);
      break;
    case 1:
      words.splice(at, 0, rng.pick(words));
      break;
    case 2:
      words.splice(at, rng.int(2), other);
      break;
    case 3:
      words[at] = editProgram(words[at]!, rng, other).replaceAll("\n", " ");
      break;
    default:
      words[at] = rng.pick(ODD_WORDS);
  }
  return encode(words.join("\n"));
}

/** Two commands end only after seconds of honest work: training, and long verifications. */
const isLong = (words: readonly string[]): boolean =>
  words[0] === "train" || words.some((word) => /^\d{4,}$/.test(word) && !/^9{5}/.test(word));

export const textKinds: readonly Kind[] = [
  { name: "program", share: 60, edit: editText, samples: raspSamples, read: runProgram, documented: [RaspError], told },
  commandKind("eval", 3, "--sop", "NAME", "--input", "abcab"),
  commandKind("cost", 2, "--sop", "NAME"),
  commandKind("draw", 1, "--sop", "NAME"),
  commandKind("compile", 0.3, "--sop", "NAME", ...INPUTS, "-o", "m.safetensors"),
  commandKind("verify", 0.2, "--sop", "NAME", ...INPUTS, "--exhaustive", "--json"),
  {
    name: "repl",
    share: 4,
    edit: editText,
    samples: () => [{ name: "session", bytes: encode(SESSION) }, ...raspSamples()],
    read: (bytes) => reads(["repl"], filesIn({ "a.rasp": "y = 1;" }), decode(bytes)),
    documented: [],
  },
  {
    name: "cases",
    share: 4,
    edit: editLines,
    samples: () => [{ name: "cases", bytes: encode(CASES.map((each) => JSON.stringify(each)).join("\n")) }],
    read: (bytes) => reads(["eval", "--batch", "-", "--json"], filesIn({ "a.rasp": "y = 1;" }), decode(bytes)),
    documented: [],
  },
  { name: "merge", share: 10, edit: editLines, samples: reports, read: merge, documented: [] },
  {
    name: "words",
    share: 3,
    edit: editWords,
    samples: () => WORDS.map((words) => ({ name: words[0]!, bytes: encode(words.join("\n")) })),
    read: (bytes) => {
      const words = decode(bytes).split("\n");
      if (isLong(words)) return { accepted: false, text: "not tried" };
      return reads(words, filesIn({ "p.rasp": 'x = tokens == "a";', "r.jsonl": "" }));
    },
    documented: [],
  },
];

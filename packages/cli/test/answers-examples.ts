/** Example calls of every command and flag, and the odd words that answers.test.ts puts into them. */
import { Rng } from "@selectron/core";
import { parserTask, Transformer } from "@selectron/nn";
import { compile, compileLooped, encodeReport, gpt2Folder, load, verify } from "@selectron/rasp";
import { encodeSequenceModel } from "../src/files/sequence-model.js";
import { LESSONS } from "../src/commands/examples.js";
import { PAGE } from "../src/commands/playground.js";

export const LETTERS = "x".repeat(10_000);

/** Words that are no sensible value of most flags, and all of them by what the table calls them. */
const PLAIN = ["NaN", "Infinity", "-1", "0", "1.5", "1e99", "999999999999", "abc"];
export const ODD: Readonly<Record<string, string>> = {
  empty: "",
  ...Object.fromEntries([...PLAIN, "[", "{"].map((word) => [word, word])),
  "a folder": ".",
  "no file": "missing/none.rasp",
  "control characters": "a\u001b[31m\u0007\r",
  "10,000 letters": LETTERS,
};

/** Arguments by position, and the flags that the command has to have or that make it quick. */
export interface Example {
  readonly args: readonly string[];
  readonly flags?: Flags;
  /** Further flags: a value that is accepted ("" for flags without one), the flags that it goes with (null leaves one out), and the arguments. */
  readonly more?: Readonly<Record<string, readonly [string, Flags?, (readonly string[])?]>>;
  /** What is fine and would take long: odd words by flag, and for * what is done with every flag. */
  readonly long?: Readonly<Record<string, readonly string[]>>;
}
/** Further odd words of flags whose values have parts. */
export const PARTS: Readonly<Record<string, readonly string[]>> = {
  "--attention": ["window:", "window:-1", `window:${"9".repeat(400)}`, "strides:0x1", "globals:2,"],
  "--budget": ["0s", "-1s", `${"9".repeat(400)}h`, "NaNs"],
  "--shard": ["0/0", "2/1", "1/0", "-1/2", `1/${"9".repeat(400)}`],
  "--sop": [",", "x,x", "x,"],
  "--vocab": ["a,a", ",", "[]", "[1,", "[a]", "[tokens]", "[1e999]"],
};
/** What errors call the value of a flag or argument, where they do not quote it. */
export const SAID: Readonly<Record<string, readonly string[]>> = {
  "--expr": ["<expr>"],
  "--input": ["input", "token"],
  "--max-length": ["length"],
  "`<file>`": ["two files"],
  "`<program>`": ["two files"],
  "`<reports>`": ["shard 1/1"],
};
export type Flags = Readonly<Record<string, string | null>>;

const source = "x = indices;";
const loop = "repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }";
const program = load(source);
const inputs = { vocabulary: "ab", maxLength: 2 };
const model = compile(program.sop("x"), inputs);
const decoder = compile(program.sop("x"), { ...inputs, causal: true });
const report = encodeReport(verify(program.sop("x"), model, { exhaustive: true, shard: { index: 1, count: 1 } }));
export const files = {
  "p.rasp": source,
  "loop.rasp": loop,
  "report.jsonl": JSON.stringify({ sop: "x", ...report }),
  "edges.json": '[["hook_embed","blocks.0.hook_mlp_in"]]',
  "cases.jsonl": '{"id":1,"expr":"indices","inputSrc":"\\"ab\\""}',
};
const gpt2 = gpt2Folder(compile(program.sop("x"), { ...inputs, causal: true, format: "gpt2" }));
const small = { hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 8 };
export const models = {
  ...Object.fromEntries(
    [...gpt2].map(([name, bytes]) => [
      `g/${name}`,
      typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
    ]),
  ),
  "m.safetensors": model.toSafetensors(),
  "d.safetensors": decoder.toSafetensors(),
  "loop.safetensors": compileLooped(load(loop).sop("x"), inputs).toSafetensors(),
  "t.safetensors": encodeSequenceModel(new Transformer({ ...parserTask.config, ...small }, new Rng(1)), parserTask, 1),
  [`${LESSONS}/01-reverse.rasp`]: new TextEncoder().encode("reverse = tokens;\n"),
  [`${PAGE}/index.html`]: new TextEncoder().encode("<!doctype html>"),
};

const sizes = { "--sop": "x", "--vocab": "a,b", "--max-length": "2" };
const compiled = {
  "--causal": [""],
  "--precision": ["float32"],
  "--promise": ["tokens == tokens"],
  "--mark": [""],
} as const;
const json = { "--json": [""] } as const;

export const examples: Readonly<Record<string, Example>> = {
  repl: { args: [], more: json },
  examples: { args: ["lessons"] },
  playground: { args: [], flags: { "--port": "0" } },
  tour: { args: ["p.rasp"], flags: { ...sizes, "--input": "ab" }, more: { ...compiled, ...json } },
  eval: {
    args: ["p.rasp"],
    flags: { "--sop": "x" },
    more: {
      "--expr": ["x", { "--sop": null }],
      "--input": ["ab"],
      "--batch": ["cases.jsonl", { "--sop": null }, []],
      "--causal": [""],
      "--steps": [""],
      ...json,
    },
  },
  cost: {
    args: ["p.rasp"],
    flags: { ...sizes, "--attention": "window:3" },
    more: { "--causal": [""], ...json },
  },
  draw: {
    args: ["p.rasp"],
    flags: { "--sop": "x", "--output": "x.svg" },
    more: { "--input": ["ab"], "--width": ["300"], ...json },
  },
  task: { args: ["parser"], flags: { "--show": "2", "--seed": "1" }, more: { "--test": ["t.safetensors"], ...json } },
  describe: { args: ["m.safetensors"], flags: { "--length": "2" }, more: { "--flops": [""], ...json } },
  compile: {
    args: ["p.rasp"],
    flags: { ...sizes, "--output": "new.safetensors" },
    more: {
      ...compiled,
      "--format": ["transformerlens", { "--output": "new" }],
      "--circuit": ["circuit.json"],
      "--looped": ["", {}, ["loop.rasp"]],
      "--scratchpad": ["", {}, ["loop.rasp"]],
      ...json,
    },
  },
  run: {
    args: ["d.safetensors"],
    flags: { "--input": "ab" },
    more: {
      "--attention": [""],
      "--generate": ["1"],
      "--trace": ["", { "--program": "p.rasp" }],
      "--steps": ["", {}, ["loop.safetensors"]],
      "--program": ["p.rasp", { "--trace": "" }],
      ...json,
    },
  },
  verify: {
    args: ["p.rasp"],
    flags: { ...sizes, "--runs": "1" },
    more: {
      ...compiled,
      "--format": ["gpt2", { "--sop": null, "--vocab": null, "--max-length": null }, ["g", "p.rasp"]],
      "--scratchpad": ["", {}, ["loop.rasp"]],
      "--exhaustive": ["", { "--runs": null }],
      "--looped": ["", {}, ["loop.rasp"]],
      "--seed": ["1"],
      "--shard": ["1/1"],
      "--jobs": ["2"],
      ...json,
    },
    long: { "--runs": ["999999999999"] },
  },
  check: {
    args: ["m.safetensors"],
    more: { "--program": ["p.rasp"], "--sop": ["x", { "--program": "p.rasp" }], "--steps": ["1000"], ...json },
  },
  circuit: {
    args: ["p.rasp"],
    flags: sizes,
    more: {
      ...compiled,
      "--format": ["gpt2", { "--causal": "" }],
      "--output": ["circuit.json"],
      "--edges": ["edges.json"],
      "--seed": ["1"],
      ...json,
    },
  },
  circuits: {
    args: [],
    flags: { "--count": "1", "--seed": "1", "--max-length": "2" },
    more: { "--format": ["gpt2"], ...json },
    long: { "--count": ["999999999999"] },
  },
  merge: { args: ["report.jsonl"], more: json },
  dataset: {
    args: [],
    flags: {
      "--count": "1",
      "--seed": "1",
      "--max-length": "2",
      "--lines": "2",
      "--examples": "1",
      "--output": "data",
    },
    more: {
      "--vocab": ["a,b"],
      "--format": ["selectron"],
      "--families": ["plain", { "--format": "selectron" }],
      "--layers": ["1", { "--format": "selectron" }],
      "--unproved": ["", { "--format": "selectron" }],
      ...json,
    },
    long: { "--count": ["999999999999"] },
  },
  decompile: {
    args: ["m.safetensors"],
    more: {
      "--config": ["c.json"],
      "--data": ["d.jsonl"],
      "--fresh": ["f.jsonl"],
      "--output": ["out.rasp"],
      "--checkpoint": ["reports"],
      "--shard": ["1/1"],
      "--budget": ["1s"],
      "--seed": ["1"],
      "--interventions": [""],
      "--jobs": ["2"],
      ...json,
    },
  },
  train: {
    args: ["p.rasp"],
    flags: { ...sizes, "--width": "4", "--ffn": "4", "--steps": "1", "--batch": "1", "--output": "runs" },
    more: {
      "--bos": ["§"],
      "--causal": [""],
      "--supervise": [""],
      "--from-compiled": ["", { "--width": null, "--ffn": null }],
      "--distill": ["", { "--width": "1", "--ffn": null }],
      "--noise": ["0.001", { "--from-compiled": "", "--width": null, "--ffn": null }],
      "--freeze": ["embedding", { "--from-compiled": "", "--width": null, "--ffn": null }],
      "--layers": ["1"],
      "--heads": ["1"],
      "--seed": ["2"],
      "--checkpoint-every": ["1"],
      "--jobs": ["2", { "--batch": "16" }],
      ...json,
    },
    long: {
      "--steps": ["999999999999"],
      "--max-length": ["999999999999"],
      "--vocab": PLAIN,
      "--bos": PLAIN,
      "--output": [...PLAIN, LETTERS],
      "*": ["twice"],
    },
  },
};

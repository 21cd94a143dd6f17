/**
 * `npm run recompile --workspace @selectron/bench -- FOLDER --programs PROGRAMS`: compiles decompiled programs back to weights, and compares the
 * model with the text on fresh sequences, and its size and speed with the model that was decompiled.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Rng } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import { compileVector, load, RaspError, type VectorModel } from "@selectron/rasp";
import { parseData, readTask, RunnableProgram, type Sequence } from "@selectron/rasp/decompile";
import { enableWasm } from "@selectron/wasm-simd";
import { Command } from "commander";
import { collected, count, place } from "../arguments.js";
import { freshData } from "./samplers.js";

interface Config {
  readonly task: string;
  readonly vocab: readonly string[];
  readonly n_ctx: number;
}

interface Options {
  readonly programs: string;
  readonly fresh: number;
  readonly only?: readonly string[];
}

/** Sequences whose forward passes are timed, each alone, after some that warm up. */
const [TIMED, WARM] = [200, 20];

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** Milliseconds of a forward pass, in the mean. */
function meanTime(sequences: readonly Sequence[], run: (sequence: Sequence) => void): number {
  sequences.slice(0, WARM).forEach(run);
  const timed = sequences.slice(0, TIMED);
  const began = performance.now();
  timed.forEach(run);
  return (performance.now() - began) / timed.length;
}

/** A line of the table. */
function recompiled(folder: string, programs: string, name: string, fresh: number): string {
  const config = readJson(`${folder}/models/${name}.json`) as Config;
  const before = Gpt2.fromSafetensors(readFileSync(`${folder}/models/${name}.safetensors`), config);
  const task = readTask(config, before.config.vocabularySize);
  const { vocabulary } = task;
  const data = freshData(config.task, config.vocab, config.n_ctx, fresh, new Rng(7));
  const sequences = parseData(data, task, before.config.maxLength);
  const text = readFileSync(`${programs}/${name}.rasp`, "utf8");
  const program = new RunnableProgram(text, task);
  const after = compileVector(load(text).vector("logits"), {
    vocabulary,
    maxLength: Math.max(...sequences.map(({ ids }) => ids.length)),
    positions: before.config.maxLength,
  });
  const tokens = ({ ids }: Sequence): string[] => ids.map((id) => vocabulary[id]!);
  const same = sequences.filter((sequence) => {
    const logits = after.logits(tokens(sequence), sequence.offset);
    const decisions = program.decisions(sequence);
    return sequence.scored.every((i, s) => {
      const row = logits.subarray(i * vocabulary.length, (i + 1) * vocabulary.length);
      return decided(row, task.sigmoid).join() === decisions[s]!.join();
    });
  }).length;
  const [slow, quick] = [
    meanTime(sequences, ({ ids, offset }) => void before.forward([ids], [ids.map((_, i) => offset + i)])),
    meanTime(sequences, (sequence) => void after.logits(tokens(sequence), sequence.offset)),
  ];
  const parameters = [...before.parameters.values()].reduce((sum, { data: weights }) => sum + weights.length, 0);
  const { layers, heads, dModel } = before.config;
  return [
    name,
    `${same} of ${sequences.length}`,
    `${layers} × ${heads}, ${dModel}`,
    sizesOf(after),
    parameters,
    `${after.parameterCount}, ${after.nonZeros}`,
    `${slow.toFixed(2)}, ${quick.toFixed(2)}`,
  ].join(" | ");
}

const sizesOf = ({ model: { config } }: VectorModel): string =>
  `${config.blocks.map(({ heads, dFf }) => (dFf > 0 ? `${heads} + ${dFf}` : heads)).join(", ") || "none"}; ${config.dModel}`;

/** The ids of positive logits, or of the first of the largest. */
function decided(logits: Float32Array, sigmoid: boolean): number[] {
  if (sigmoid) return [...logits.keys()].filter((id) => logits[id]! > 0);
  return [logits.reduce((best, logit, id) => (logit > logits[best]! ? id : best), 0)];
}

const program = new Command("npm run recompile --workspace @selectron/bench --")
  .argument("<folder>", "with models/NAME.safetensors and models/NAME.json")
  .requiredOption("--programs <folder>", "with NAME.rasp, as `selectron decompile --checkpoint` writes them")
  .option("--fresh <n>", "sequences on which model and text are compared", count, 2000)
  .option("--only <name>", "the model of that name; once or more", collected)
  .showHelpAfterError("(--help says more)")
  .parse();
const options = program.opts<Options>();
const [folder, programs] = [place(program.args[0]!), place(options.programs)];
for (const needed of [`${folder}/models`, programs]) {
  if (!existsSync(needed)) program.error(`error: there is no folder ${needed}.`);
}
const names = readdirSync(programs)
  .filter((file) => file.endsWith(".rasp") && existsSync(`${folder}/models/${file.replace(".rasp", ".json")}`))
  .map((file) => file.replace(".rasp", ""));
if (names.length === 0) program.error(`error: ${programs} has no program of a model of ${folder}/models.`);
const unknown = options.only?.find((name) => !names.includes(name));
if (unknown !== undefined) program.error(`error: --only ${unknown}: the programs are ${names.join(", ")}.`);

await enableWasm();
console.log(
  "| model | same decisions | layers × heads, width | heads + hidden units by layer; width | parameters | recompiled: all, not 0 | ms a sequence: before, after |",
);
console.log("|---|---|---|---|---|---|---|");
for (const name of names.filter((each) => options.only?.includes(each) ?? true)) {
  try {
    console.log(`| ${recompiled(folder, programs, name, options.fresh)} |`);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    console.log(`| ${name} | refused: ${error.message} | | | | | |`);
  }
}

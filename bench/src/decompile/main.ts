/**
 * `npm run decompile --workspace @selectron/bench -- FOLDER`: decompiles every model of a folder with one call each, scores the programs'
 * text on fresh sequences, and writes the table into a document between its marks.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Rng } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import { decompile, parseData, readTask } from "@selectron/rasp/decompile";
import { enableWasm } from "@selectron/wasm-simd";
import { Command, InvalidArgumentError } from "commander";
import { collected, count, duration, place } from "../arguments.js";
import { freshData } from "./samplers.js";
import { writeTable, type Reported, type Row } from "./table.js";

interface Config {
  readonly task: string;
  readonly vocab: readonly string[];
  readonly n_ctx: number;
}

interface Options {
  readonly document?: string;
  readonly only?: readonly string[];
  readonly fresh: number;
  readonly budget: number;
  readonly shard: Shard;
  readonly results: string;
}

interface Shard {
  readonly part: number;
  readonly parts: number;
}

function shardOf(value: string): Shard {
  const [part, parts] = /^\d+\/\d+$/.test(value) ? value.split("/").map(Number) : [];
  if (!(part! >= 1 && part! <= parts!)) throw new InvalidArgumentError("It is i/n, from 1/n to n/n.");
  return { part: part!, parts: parts! };
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** The row of the table for one model. */
function decompiled(folder: string, name: string, { fresh: sequences, budget }: Options): Row {
  const config = readJson(`${folder}/models/${name}.json`) as Config;
  const model = Gpt2.fromSafetensors(readFileSync(`${folder}/models/${name}.safetensors`), config);
  const task = readTask(config, model.config.vocabularySize);
  const read = (text: string) => parseData(text, task, model.config.maxLength);
  const data = read(readFileSync(`${folder}/tasks/${config.task}.jsonl`, "utf8"));
  const fresh = read(freshData(config.task, config.vocab, config.n_ctx, sequences, new Rng(7)));
  // Processor time, so that what else the machine does changes no result.
  const began = process.cpuUsage();
  const seconds = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  const expired = (share = 1): boolean => seconds() > share * budget;
  const result = decompile(model, task, data, { fresh, clock: { expired } });
  return { name, seconds: Math.round(seconds()), result };
}

function line({ name, seconds, result: { match, lines, refusal, interchange } }: Row): string {
  const followed = interchange?.variables.map(({ accuracy }) => accuracy.share.toFixed(3)).join(", ");
  return `${name}: match ${match.share.toFixed(3)}, interchange ${followed}, ${lines} lines, ${seconds} s${refusal ? `; refused: ${refusal}` : ""}`;
}

const program = new Command("npm run decompile --workspace @selectron/bench --")
  .argument("<folder>", "with models/NAME.safetensors, models/NAME.json, tasks/TASK.jsonl and reported.json")
  .option("--document <file>", "put the table into this document, between its marks")
  .option("--only <name>", "the model of that name; once or more", collected)
  .option("--fresh <n>", "sequences that programs are scored on", count, 2000)
  .option("--budget <seconds>", "of processor time for each model", duration, 480)
  .option("--shard <i/n>", "every n-th model from the i-th on", shardOf, { part: 1, parts: 1 })
  .option("--results <folder>", "where rows of the table are kept", "bench/results/decompile")
  .showHelpAfterError("(--help says more)")
  .parse();
const options = program.opts<Options>();
const folder = place(program.args[0]!);
if (!existsSync(`${folder}/models`)) program.error(`error: there is no folder ${folder}/models.`);
const names = readdirSync(`${folder}/models`)
  .filter((file) => file.endsWith(".safetensors"))
  .map((file) => file.replace(".safetensors", ""));
const unknown = options.only?.find((name) => !names.includes(name));
if (unknown !== undefined) program.error(`error: --only ${unknown}: the models are ${names.join(", ")}.`);
const document = options.document === undefined ? undefined : place(options.document);
if (document !== undefined && !existsSync(document)) program.error(`error: there is no document ${document}.`);

await enableWasm();
const results = place(options.results);
mkdirSync(results, { recursive: true });
for (const [n, name] of names.entries()) {
  if (n % options.shard.parts !== options.shard.part - 1 || options.only?.includes(name) === false) continue;
  const row = decompiled(folder, name, options);
  writeFileSync(`${results}/${name}.json`, `${JSON.stringify(row, null, 1)}\n`);
  console.log(line(row));
}
if (document !== undefined) {
  const rows = names
    .filter((name) => existsSync(`${results}/${name}.json`))
    .map((name) => readJson(`${results}/${name}.json`) as Row);
  writeTable(document, rows, readJson(`${folder}/reported.json`) as Reported);
}

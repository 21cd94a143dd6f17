/**
 * `npm run decompile --workspace @selectron/bench -- FOLDER [--document FILE] [--only NAME] [--fresh N] [--budget SECONDS] [--shard i/n]`:
 * decompiles every model of a folder like ../shared/models with one call each, scores the programs' text on fresh sequences, and writes the table
 * into a document between its marks.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Rng } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import { decompile, parseData, readTask } from "@selectron/rasp/decompile";
import { enableWasm } from "@selectron/wasm-simd";
import { freshData } from "./samplers.js";
import { writeTable, type Reported, type Row } from "./table.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    document: { type: "string" },
    only: { type: "string" },
    fresh: { type: "string", default: "2000" },
    budget: { type: "string", default: "480" },
    shard: { type: "string", default: "1/1" },
    results: { type: "string", default: "bench/results/decompile" },
  },
});
const [folder] = positionals.map((path) => resolve(process.env["INIT_CWD"] ?? ".", path));
if (folder === undefined) {
  console.error("usage: npm run decompile --workspace @selectron/bench -- FOLDER [--document FILE] [--only NAME]");
  process.exit(2);
}

interface Config {
  readonly task: string;
  readonly vocab: readonly string[];
  readonly n_ctx: number;
}

const at = (path: string): string => resolve(process.env["INIT_CWD"] ?? ".", path);
const results = at(values.results);
mkdirSync(results, { recursive: true });
await enableWasm();

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const names = readdirSync(`${folder}/models`)
  .filter((file) => file.endsWith(".safetensors"))
  .map((file) => file.replace(".safetensors", ""));

const [part, parts] = values.shard.split("/").map(Number);
for (const [n, name] of names.entries()) {
  if (n % parts! !== part! - 1) continue;
  if (values.only !== undefined && !values.only.split(",").includes(name)) continue;
  const config = readJson(`${folder}/models/${name}.json`) as Config;
  const model = Gpt2.fromSafetensors(readFileSync(`${folder}/models/${name}.safetensors`), config);
  const task = readTask(config, model.config.vocabularySize);
  const read = (text: string) => parseData(text, task, model.config.maxLength);
  const data = read(readFileSync(`${folder}/tasks/${config.task}.jsonl`, "utf8"));
  const fresh = read(freshData(config.task, config.vocab, config.n_ctx, Number(values.fresh), new Rng(7)));
  const began = performance.now();
  const result = decompile(model, task, data, {
    fresh,
    clock: { expired: (share = 1) => performance.now() - began > 1000 * share * Number(values.budget) },
  });
  const row: Row = { name, seconds: Math.round((performance.now() - began) / 1000), result };
  writeFileSync(`${results}/${name}.json`, `${JSON.stringify(row, null, 1)}\n`);
  const { match, lines, refusal } = result;
  console.log(
    `${name}: match ${match.share.toFixed(3)}, ${lines} lines, ${row.seconds} s${refusal ? `; refused: ${refusal}` : ""}`,
  );
}

if (values.document !== undefined) {
  const rows = names
    .filter((name) => existsSync(`${results}/${name}.json`))
    .map((name) => readJson(`${results}/${name}.json`) as Row);
  writeTable(at(values.document), rows, readJson(`${folder}/reported.json`) as Reported);
}

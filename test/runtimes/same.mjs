/**
 * What must be the same on every runtime, because it has a seed: a training, its weights and its log, random programs, and the programs that
 * are read back out of trained and compiled models. The commands are those of a user, in a world of their own; the outcome is one line
 * of JSON, by name.
 */
import { readFileSync } from "node:fs";
import { run } from "@selectron/cli";

const files = new Map();
const decoder = new TextDecoder();
const missing = (path) => Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });

async function selectron(...args) {
  let out = "";
  let err = "";
  const bytes = (path) => {
    if (!files.has(path)) throw missing(path);
    return files.get(path);
  };
  const exitCode = await run(args, {
    readFile: (path) => (path.startsWith("examples/") ? readFileSync(path, "utf8") : decoder.decode(bytes(path))),
    readBytes: bytes,
    writeBytes: (path, written) => void files.set(path, written),
    isFolder: (path) => path === "." || [...files.keys()].some((name) => name.startsWith(`${path}/`)),
    makeFolder: () => undefined,
    appendFile: (path, text) =>
      void files.set(path, Uint8Array.of(...(files.get(path) ?? []), ...new TextEncoder().encode(text))),
    listFolder: (path) =>
      [...files.keys()].filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1)),
    removeFile: (path) => void files.delete(path),
    readStdin: () => "",
    onInterrupt: () => () => undefined,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  if (exitCode > 1) throw new Error(`selectron ${args.join(" ")}: ${err}`);
  return out;
}

/** A hash of bytes, FNV-1a. */
function digest(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}

const inputs = ["--vocab", "a,b,c", "--max-length", "5"];
await selectron(
  "train",
  "examples/02-histogram.rasp",
  "--sop",
  "hist_bos",
  "--bos",
  "§",
  ...inputs,
  "--supervise",
  "--steps",
  "500",
  "--checkpoint-every",
  "500",
  "-o",
  "run",
);
await selectron("compile", "examples/04-sort.rasp", "--sop", "sort_bos", ...inputs, "-o", "sort.safetensors");
const loop = [
  "examples/15-cancelling.rasp",
  "--sop",
  "unmatched",
  "--vocab",
  "(,),[,]",
  "--max-length",
  "5",
  "--looped",
];
await selectron("compile", ...loop, "-o", "loop.safetensors");
await selectron("compile", ...loop, "-o", "loop.onnx");
await selectron("dataset", "--count", "3", "--seed", "1", ...inputs, "-o", "data");
await selectron("dataset", "--format", "transformerlens", "--count", "6", "--seed", "1", ...inputs, "-o", "benchmark");
for (const model of ["run/model", "sort"]) await selectron("decompile", `${model}.safetensors`, "-o", `${model}.rasp`);

/** Of all files in a folder. */
const digestOf = (folder) =>
  digest([...files].filter(([path]) => path.startsWith(`${folder}/`)).flatMap(([, bytes]) => [...bytes]));
const text = (path) => decoder.decode(files.get(path));
console.log(
  JSON.stringify({
    "trained weights": digest(files.get("run/model.safetensors")),
    "training log": digest(files.get("run/log.jsonl")),
    "trained model, decompiled": text("run/model.rasp"),
    "compiled weights": digest(files.get("sort.safetensors")),
    "looped weights": digest(files.get("loop.safetensors")),
    "looped weights in ONNX": digest(files.get("loop.onnx")),
    "compiled model, decompiled": text("sort.rasp"),
    "random programs": digestOf("data"),
    "a benchmark": digestOf("benchmark"),
  }),
);

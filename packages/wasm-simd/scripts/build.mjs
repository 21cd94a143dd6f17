/**
 * Compiles assembly/ to src/binary.ts, which carries the module as base64: no fetch, no file system and no import.meta.url
 * at run time, so that every bundler and runtime loads it alike. src/threads/binary.ts is the same code on a memory that
 * threads share; src/relaxed has both with fused multiplications and additions. A binary whose sources have not changed is
 * left as it is. Beside those of one thread is a simd.wasm with the same bytes, for hosts that compile ahead of time.
 *
 *     node scripts/build.mjs [--list]     --list only names the binaries that would be compiled
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isFresh, writeFresh } from "./fresh.mjs";

/** What users download at most, in bytes before compression. */
const BUDGET = 25_000;
/** The memory that threads share must say how far it may grow: 1 GiB. In pages. */
const PAGES = { initial: 16, maximum: 16_384 };

const pages = ["--initialMemory", `${PAGES.initial}`, "--maximumMemory", `${PAGES.maximum}`];
const shared = ["--enable", "threads", "--importMemory", "--sharedMemory", ...pages];
const relaxed = ["--enable", "relaxed-simd"];
const binaries = [
  { file: "binary.ts", flags: [], isShared: false },
  { file: "threads/binary.ts", flags: shared, isShared: true },
  { file: "relaxed/binary.ts", flags: relaxed, isShared: false },
  { file: "relaxed/threads/binary.ts", flags: [...relaxed, ...shared], isShared: true },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = [
  ...readdirSync(`${root}/assembly`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `assembly/${path.replaceAll("\\", "/")}`)
    .sort(),
  "src/abi.ts",
];
const read = (path) => readFileSync(`${root}/${path}`, "utf8");

/** All that the binaries are made from. */
const inputs = [
  ...sources.flatMap((path) => [path, read(path)]),
  read("scripts/build.mjs"),
  read("scripts/fresh.mjs"),
  createRequire(import.meta.url)("assemblyscript/package.json").version,
];

async function compile(flags) {
  // Loaded only here: it takes longer than to find that there is nothing to do.
  const { default: asc } = await import("assemblyscript/asc");
  const fixed = ["--baseDir", root, "--outFile", "module.wasm", "-O3", "--runtime", "stub", "--enable", "simd"];
  let wasm;
  const { error, stderr } = await asc.main(["assembly/index.ts", ...fixed, ...flags], {
    readFile(name, folder) {
      // A source that is no input would not be missed when it changes.
      try {
        const text = readFileSync(`${folder}/${name}`, "utf8");
        if (!sources.includes(name)) throw new Error(`wasm-simd: ${name} is compiled and not among the inputs.`);
        return text;
      } catch (cause) {
        if (cause.code === "ENOENT") return null;
        throw cause;
      }
    },
    writeFile: (name, contents) => void (name === "module.wasm" && (wasm = contents)),
  });
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
  return wasm;
}

async function build({ file, flags, isShared }) {
  const wasm = await compile(flags);
  console.error(`wasm-simd: ${wasm.length} bytes of WebAssembly in src/${file}`);
  if (wasm.length > BUDGET) throw new Error(`wasm-simd: ${wasm.length} bytes exceed the budget of ${BUDGET}.`);
  const base64 = Buffer.from(wasm).toString("base64");
  const code = `/** The WebAssembly module, base64. */\nexport const binary =\n  "${base64}";\n`;
  const memory = `\n/** The memory that it imports, in pages of 64 KiB. */\nexport const pages = ${JSON.stringify({ ...PAGES, shared: true })};\n`;
  writeFresh(`${root}/src/${file}`, inputs, isShared ? code + memory : code);
}

/** Writes the bytes of a binary beside it, where they are not there yet. */
function extract({ file }) {
  const place = `${root}/src/${file.replace("binary.ts", "simd.wasm")}`;
  const [, base64] = /"([\w+/=]+)"/.exec(read(`src/${file}`));
  const bytes = Buffer.from(base64, "base64");
  if (existsSync(place) && readFileSync(place).equals(bytes)) return;
  writeFileSync(place, bytes);
}

const stale = binaries.filter(({ file }) => !isFresh(`${root}/src/${file}`, inputs));
if (process.argv.includes("--list")) {
  for (const { file } of stale) console.log(file);
} else {
  // One after the other: the compiler needs as long for its first run as for two later ones, so threads of it save nothing.
  for (const binary of stale) await build(binary);
  for (const binary of binaries.filter(({ isShared }) => !isShared)) extract(binary);
}

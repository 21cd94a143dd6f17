/** Every code block of the documents is true: rasp loads, ts runs and prints what it says, console transcripts replay. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { nodeIo, run, type Io } from "@selectron/cli";
import { load } from "@selectron/rasp";
import { afterAll, describe, expect, it, vi } from "vitest";
import { checkPuzzle } from "../packages/playground/src/puzzles/check.js";
import { parsePuzzles } from "../packages/playground/src/puzzles/puzzle.js";

const root = fileURLToPath(new URL("..", import.meta.url));

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "docs/architecture.md",
  "docs/chapter.md",
  "docs/checker.md",
  "docs/claims.md",
  "docs/circuits.md",
  "docs/compiler.md",
  "docs/decisions.md",
  "docs/decompiler.md",
  "docs/interop.md",
  "docs/scale.md",
  "docs/numerics.md",
  "docs/look-inside.md",
  "docs/transformer.md",
  "docs/training.md",
  "docs/playground.md",
  "bench/README.md",
  ...readdirSync(join(root, "docs/guides")).map((name) => `docs/guides/${name}`),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
];

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: body, index }) => ({
    language: language!,
    text: body!,
    line: text.slice(0, index).split("\n").length,
  }));
}

const scratch = join(root, "test", ".snippets");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a snippet as a module; what it prints must be what its `// →` comments say, in order. */
async function runTypeScript(name: string, text: string): Promise<void> {
  mkdirSync(scratch, { recursive: true });
  const file = join(scratch, `${name}.ts`);
  writeFileSync(file, text);
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...args: unknown[]) => void printed.push(format(...args)));
  try {
    await import(/* @vite-ignore */ file);
  } finally {
    log.mockRestore();
  }
  expect(printed.flatMap((text) => text.split("\n"))).toEqual(
    [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, said]) => said),
  );
}

/** A shell's words: spaces separate, quotes keep together. */
const words = (command: string): string[] =>
  [...command.matchAll(/(?:"((?:\\.|[^"])*)"|'([^']*)'|([^\s"']+))/g)].map(
    ([, double, single, bare]) => double?.replace(/\\(.)/g, "$1") ?? single ?? bare!,
  );

/**
 * Replays `$ selectron …` and `$ npx selectron …` lines; the lines below each are what it prints, and a line `...` matches any lines.
 * `$ echo 'TEXT' > FILE` writes a program for the lines after it.
 */
async function replay(transcript: string): Promise<void> {
  const binaries = new Map<string, Uint8Array>();
  const texts = new Map<string, string>();
  for (const step of transcript.split(/^(?=\$ )/m)) {
    const [command, ...expected] = step.trimEnd().split("\n");
    const [prompt, program, ...args] = words(command!.replace(/^\$ npx /, "$ "));
    if (program === "echo" && args[1] === ">") {
      texts.set(args[2]!, `${args[0]!}\n`);
      continue;
    }
    expect([prompt, program]).toEqual(["$", "selectron"]);
    let printed = "";
    const io: Io = {
      ...nodeIo,
      readFile: (path) => texts.get(path) ?? nodeIo.readFile(join(root, path)),
      readBytes: (path) => binaries.get(path) ?? nodeIo.readBytes(resolve(root, path)),
      writeBytes: (path, bytes) => void binaries.set(path, bytes),
      isFolder: (path) => path === ".",
      makeFolder: () => undefined,
      out: (text) => void (printed += text),
      err: (text) => void (printed += text),
    };
    await run(args, io);
    const pattern = expected.map((line) => (line === "..." ? "(?:.*\n)*?" : `${escape(line)}\n`)).join("");
    expect(printed).toMatch(new RegExp(`^${pattern}$`));
  }
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** What `.ci/run`, the test command and `npm run runtimes` (`js`) do themselves, what is a drawing, and what other systems read. */
const NOT_RUN = new Set(["", "sh", "text", "pbtxt", "yaml", "python", "js"]);

describe.each(documents)("%s", (document) => {
  const blocks = blocksOf(document).filter(({ language }) => !NOT_RUN.has(language));
  it("is there", () => {
    expect(readFileSync(join(root, document), "utf8")).toMatch(/^# /);
  });
  it.each(blocks)("line $line ($language) is true", async ({ language, text, line }) => {
    switch (language) {
      case "rasp":
        load(text, { file: document });
        break;
      case "ts":
        await runTypeScript(`${document.replace(/\W/g, "-")}-${line}`, text);
        break;
      case "console":
        await replay(text);
        break;
      case "json":
        // A set of puzzles for the playground.
        for (const puzzle of parsePuzzles(text).puzzles) {
          const { judged } = checkPuzzle({ kind: "puzzle", puzzle, program: puzzle.solution });
          expect(judged).toMatchObject({ status: "solved" });
        }
        break;
      default:
        throw new Error(`no way to run a block of ${language}`);
    }
  });
});

it("CI runs what the README says", () => {
  const commands = blocksOf("README.md").filter(({ language }) => language === "sh");
  const script = readFileSync(join(root, ".ci/run"), "utf8");
  for (const { text } of commands) {
    for (const command of text.trim().split(" && ")) expect(script).toContain(`${command}\n`);
  }
});

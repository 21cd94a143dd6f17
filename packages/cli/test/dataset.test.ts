/** `selectron dataset`, as a user calls it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeIo, run } from "../src/index.js";
import { selectron } from "./harness.js";

const write = async (...args: string[]): Promise<Map<string, Uint8Array>> => {
  const binaries = new Map<string, Uint8Array>();
  const ran = await selectron(["dataset", "-o", "d", "--max-length", "5", "--examples", "6", ...args], { binaries });
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  return binaries;
};

type Line = {
  id: string;
  program: string;
  model: string;
  examples: { input: string[]; output: unknown[]; kinds: string }[];
};

const linesOf = (files: ReadonlyMap<string, Uint8Array>): Line[] =>
  new TextDecoder()
    .decode(files.get("d/programs.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

it("writes equal bytes for equal options", async () => {
  const files = await write("--count", "3", "--seed", "8");
  expect([...files.keys()].sort()).toEqual([
    "d/models/000000.safetensors",
    "d/models/000001.safetensors",
    "d/models/000002.safetensors",
    "d/programs.jsonl",
  ]);
  expect(await write("--count", "3", "--seed", "8")).toEqual(files);
  expect(linesOf(await write("--count", "3", "--seed", "9"))).not.toEqual(linesOf(files));
});

it("writes examples that both the program and its model give", async () => {
  const binaries = await write("--count", "4", "--seed", "2");
  for (const { program, model, examples } of linesOf(binaries)) {
    expect(examples).toHaveLength(6);
    const { input, output, kinds } = examples[0]!;
    const literal = JSON.stringify(input);
    const alone = await selectron(["run", `d/${model}`, "--input", literal, "--json"], { binaries });
    expect(JSON.parse(alone.out)).toEqual({ sop: "result", value: output, kinds });
    const files = { "p.rasp": program };
    const evaluated = await selectron(["eval", "p.rasp", "--sop", "result", "--input", literal, "--json"], { files });
    expect(JSON.parse(evaluated.out)).toMatchObject({ value: output });
  }
});

it("makes its folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "selectron-dataset-"));
  const io = { ...nodeIo, out: () => undefined, err: () => undefined };
  try {
    expect(await run(["dataset", "--count", "1", "--seed", "1", "-o", join(folder, "a", "b")], io)).toBe(0);
    expect(readdirSync(join(folder, "a", "b")).sort()).toEqual(["models", "programs.jsonl"]);
    expect(readFileSync(join(folder, "a", "b", "programs.jsonl"), "utf8")).toMatch(/^\{"id":"000000",.*\}\n$/);
    expect(await run(["dataset", "--count", "1", "--seed", "1", "-o", "/dev/null/x"], io)).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  [["--count", "0", "--seed", "1"], "whole number, 1 or more"],
  [["--count", "1", "--seed", "1", "--vocab", "[1,2]"], "token 1 is not a string"],
  [["--count", "9", "--seed", "1", "--vocab", "a", "--max-length", "1", "--lines", "2"], "allow more lines"],
])("%s is refused", async (args, message) => {
  const { exitCode, err } = await selectron(["dataset", ...args]);
  expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
});

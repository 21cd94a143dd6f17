/** `selectron dataset`, as a user calls it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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

describe("a benchmark", () => {
  const benchmark = async (binaries: Map<string, Uint8Array>, ...args: string[]) =>
    selectron(["dataset", "-o", "d", "--max-length", "4", "--examples", "5", "--seed", "4", ...args], { binaries });
  const indexOf = (files: ReadonlyMap<string, Uint8Array>) =>
    JSON.parse(new TextDecoder().decode(files.get("d/benchmark_metadata.json"))) as {
      cases: { family: string; files: { url: string }[]; proved: boolean; grade: { layers: number } }[];
    };

  it("has a folder for each case and an index; equal options give equal bytes", async () => {
    const [files, again] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
    const ran = await benchmark(files, "--format", "selectron", "--count", "4");
    expect(ran).toMatchObject({ exitCode: 0, err: "" });
    expect(ran.out).toBe("wrote d/benchmark_metadata.json and d/cases: 4 models, seed 4\n");
    const { cases } = indexOf(files);
    expect(cases.map(({ family }) => family)).toEqual(["plain", "layer-norm", "rotated", "superposed"]);
    expect(cases.every(({ proved, grade }) => proved && grade.layers === 1)).toBe(true);
    const named = cases.flatMap((one) => one.files.map(({ url }) => `d/${url}`));
    expect([...files.keys()].sort()).toEqual([...named, "d/benchmark_metadata.json"].sort());
    await benchmark(again, "--format", "selectron", "--count", "4");
    expect(again).toEqual(files);
    // Other commands take the models.
    const [line] = new TextDecoder().decode(files.get("d/cases/000002/test.jsonl")).split("\n");
    const { input, output } = JSON.parse(line!) as { input: string[]; output: unknown[] };
    const model = ["run", "d/cases/000002/model.safetensors", "--input", JSON.stringify(input), "--json"];
    const answered = await selectron(model, { binaries: files });
    expect(JSON.parse(answered.out)).toMatchObject({ sop: "result", value: output });
  });

  it("has the families that are asked for, in TransformerLens' format", async () => {
    const files = new Map<string, Uint8Array>();
    await benchmark(files, "--format", "transformerlens", "--families", "superposed", "--count", "1", "--layers", "1");
    expect([...files.keys()].map((name) => name.replace("d/cases/000000/", "")).sort()).toEqual(
      [
        [
          "README.md",
          "bridge.safetensors",
          "card.json",
          "circuit.json",
          "config.json",
          "hooked.safetensors",
          "load.py",
        ],
        ["program.rasp", "test.jsonl", "train.jsonl", "d/benchmark_metadata.json"],
      ]
        .flat()
        .sort(),
    );
  });

  it("does not overwrite one with other options, and says which families there are", async () => {
    const files = new Map<string, Uint8Array>();
    const plain = ["--format", "selectron", "--families", "plain", "--count", "1"];
    await benchmark(files, ...plain);
    const other = await benchmark(files, ...plain, "--layers", "2");
    expect(other).toMatchObject({ exitCode: 2 });
    expect(other.err).toContain('"d" has a benchmark with other options: d/benchmark_metadata.json');
    const unknown = await benchmark(files, ...plain, "--families", "round");
    expect(unknown.err).toContain('there is no family "round"; there are plain, layer-norm, rotated, superposed');
    const stranger = await benchmark(new Map(), "--format", "gpt2", "--families", "plain", "--count", "1");
    expect(stranger.err).toContain("no layer norm");
  });
});

describe("a data set that was stopped", () => {
  const args = (...more: string[]): string[] => ["dataset", "-o", "d", "--max-length", "5", "--examples", "6", ...more];
  const four = ["--count", "4", "--seed", "2"];
  const PART = "d/programs.jsonl.part";

  /** The folder as it was when the n-th program had been written. */
  async function stopped(n: number): Promise<Map<string, Uint8Array>> {
    const binaries = new Map<string, Uint8Array>();
    let appended = 0;
    const full = (): void => {
      if (appended++ === n) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    };
    const { exitCode, err } = await selectron(args(...four), { binaries, appended: full });
    expect([exitCode, err]).toEqual([2, expect.stringContaining(`cannot write "${PART}": no space is left`)]);
    return binaries;
  }

  const lines = (binaries: Map<string, Uint8Array>): string[] =>
    Buffer.from(binaries.get(PART)!).toString().split("\n");

  it.each<[string, number, (lines: string[]) => string[]]>([
    ["with all of its lines", 2, (part) => part],
    ["with half a line", 2, (part) => [...part.slice(0, -1), part[1]!.slice(0, 99)]],
    [
      "with a damaged line",
      1,
      (part) => part.map((line, i) => (i === 2 ? line.replace("result", "resulted") : line).slice(i === 2 ? 1 : 0)),
    ],
    ["with a line that is none", 1, (part) => [...part.slice(0, 2), "null", ...part.slice(2)]],
    ["with a line twice", 1, (part) => [...part.slice(0, 2), part[1]!, ...part.slice(2)]],
    ["with nothing but its options", 0, (part) => part.slice(0, 1)],
    ["before it had written its options", 0, () => []],
  ])("goes on where it was %s", async (_, left, change) => {
    const whole = await write(...four);
    const binaries = await stopped(2);
    expect([...binaries.keys()]).not.toContain("d/programs.jsonl");
    binaries.set(PART, Buffer.from(change(lines(binaries)).join("\n")));
    const { exitCode, err } = await selectron(args(...four), { binaries });
    expect([exitCode, err]).toEqual([0, left === 0 ? "" : `Going on after program ${left}, from d.\n`]);
    expect(new Map([...binaries].sort())).toEqual(new Map([...whole].sort()));
  });

  it("goes on before a model that is damaged or gone", async () => {
    const whole = await write(...four);
    for (const change of [
      (files: Map<string, Uint8Array>) => files.delete("d/models/000001.safetensors"),
      (files: Map<string, Uint8Array>) => files.get("d/models/000001.safetensors")!.fill(7, -1),
    ]) {
      const binaries = await stopped(2);
      change(binaries);
      const { err } = await selectron(args(...four), { binaries });
      expect(err).toBe("Going on after program 1, from d.\n");
      expect(new Map([...binaries].sort())).toEqual(new Map([...whole].sort()));
    }
  });

  it("is continued by a smaller and by a larger one", async () => {
    for (const count of ["1", "5"]) {
      const binaries = await stopped(2);
      await selectron(args("--count", count, "--seed", "2"), { binaries });
      const alone = await write("--count", count, "--seed", "2");
      expect(new Map([...binaries].sort())).toEqual(new Map([...alone].sort()));
    }
  });

  it("is not overwritten by another one, nor is a finished one", async () => {
    for (const [name, binaries] of [
      ["programs.jsonl.part", await stopped(2)],
      ["programs.jsonl", await write(...four)],
    ] as const) {
      const before = new Map(binaries);
      const { exitCode, err } = await selectron(args("--count", "2", "--seed", "3"), { binaries });
      expect([exitCode, err]).toEqual([
        2,
        `error: "d" has a data set with other options: d/${name}\n  help: use -o with another folder, or remove this one\n`,
      ]);
      expect(binaries).toEqual(before);
    }
  });
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
  [["--count", "1", "--seed", "1", "--max-length", "1001"], "whole number, from 1 to 1000"],
  [["--count", "1", "--seed", "1", "--lines", "1001"], "whole number, from 2 to 1000"],
  [["--count", "1", "--seed", "1", "--examples", "100001"], "whole number, from 1 to 100000"],
  [["--count", "1", "--seed", "1", "--vocab", "[1,2]"], "token 1 is not a string"],
  [["--count", "9", "--seed", "1", "--vocab", "a", "--max-length", "1", "--lines", "2"], "allow more lines"],
])("%s is refused", async (args, message) => {
  const { exitCode, err } = await selectron(["dataset", ...args]);
  expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
});

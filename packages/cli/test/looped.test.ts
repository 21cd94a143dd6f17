/** compile, run and verify with --looped, and what other commands say of the files. */
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, withChecksum } from "@selectron/core";
import { selectron } from "./harness.js";

const files = {
  "loop.rasp": `repeat (x = 0, left = True) until (not left) at most 9 {
  x = x + 1;
  left = x < indices;
}
y = x * 2;
plain = indices + 1;
`,
};
const binaries = new Map<string, Uint8Array>();
const call = (...args: string[]) => selectron(args, { files, binaries });
const inputs = ["--vocab", "a,b", "--max-length", "4"];
const loop = ["loop.rasp", "--sop", "y", ...inputs, "--looped"];
const compiled = call("compile", ...loop, "-o", "m.safetensors");

describe("compile --looped", () => {
  it("says how many layers are in the loop, and that every number of steps is proved", async () => {
    const { exitCode, out, err } = await compiled;
    expect([exitCode, err]).toEqual([0, ""]);
    const lines = out.split("\n");
    expect(lines[0]).toBe("wrote m.safetensors: y, up to 4 tokens");
    expect(lines[2]).toMatch(/^\d layers? before the loop, \d in it, \d after it$/);
    expect(lines[5]).toMatch(
      /^proved for every input of 1 to 4 tokens and every number of steps: there is nothing to round$/,
    );
    expect(lines[6]).toBe(
      "compare every step with the program: selectron verify --looped m.safetensors loop.rasp --runs 1000",
    );
  });

  it("writes JSON, and the same model as ONNX", async () => {
    const { out, err } = await call("compile", ...loop, "-o", "m.onnx", "--json");
    expect(err).toBe("");
    const json = JSON.parse(out) as { stats: Record<string, number> };
    expect(json).toMatchObject({ output: "m.onnx", sop: "y", looped: true, certificate: { proved: true } });
    const { layers, before, loop: inside, after } = json.stats;
    expect(before! + inside! + after!).toBe(layers);
    expect((await call("run", "m.onnx", "--input", "aba")).out).toBe("[2, 2, 4] (ints)\n");
    expect(new TextDecoder("latin1").decode(binaries.get("m.onnx"))).toContain("Loop");
  });

  it.each([
    [["--precision", "bfloat16"], "a looped model is compiled for float32, and not for bfloat16"],
    [["--promise", 'tokens == "a"'], "a looped model is compiled for every input, without a promise"],
    [["--mark"], "a looped model has no marks"],
    [["--format", "gpt2"], "a looped model is one file, and no folder for --format gpt2"],
    [["--circuit", "c.json"], "looped models have no circuit yet"],
    [["--sop", "x,y"], "a looped model has one answer at each position, and --sop names x,y"],
    [["--sop", "plain"], 'cannot compile "plain": it has no loop'],
  ])("does not go with %s", async (more, message) => {
    const { exitCode, err } = await call("compile", ...loop, "-o", "other.safetensors", ...more);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
    expect(binaries.has("other.safetensors")).toBe(false);
  });
});

describe("run on a looped model", () => {
  const run = async (...args: string[]) => {
    await compiled;
    return call("run", "m.safetensors", ...args);
  };

  it("gives the answer, and with --steps the states", async () => {
    expect(await run("--input", "aba")).toEqual({ exitCode: 0, out: "[2, 2, 4] (ints)\n", err: "" });
    const { out } = await run("--input", "aba", "--steps");
    expect(out.split("\n")).toEqual([
      "the loop of x, left took 2 steps:",
      "        x      left",
      "     1  1 1 1  False False True",
      "     2  1 1 2  False False False",
      "[2, 2, 4] (ints)",
      "",
    ]);
    const json = JSON.parse((await run("--input", "aba", "--json", "--steps")).out) as unknown;
    const first = [
      [1, 1, 1],
      [false, false, true],
    ];
    expect(json).toMatchObject({ sop: "y", value: [2, 2, 4], steps: 2, states: ["x", "left"], moments: [first, {}] });
  });

  it.each(["--attention", "--trace"])("refuses %s", async (option) => {
    const { exitCode, err } = await run("--input", "ab", option);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(`${option} is for models without a loop`)]);
  });

  it("refuses unknown tokens, and --steps for a model without a loop", async () => {
    expect(await run("--input", "abc")).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('token "c"') as unknown,
    });
    await call("compile", "loop.rasp", "--sop", "plain", ...inputs, "-o", "plain.safetensors");
    const { exitCode, err } = await call("run", "plain.safetensors", "--input", "ab", "--steps");
    expect([exitCode, err]).toEqual([2, expect.stringContaining("--steps is for models with a loop")]);
  });
});

describe("verify --looped", () => {
  it("compares every step, of a program and of a file", async () => {
    const line = "y: the model agrees with the program on all 30 inputs of 1 to 4 tokens, in each of 70 steps.\n";
    expect(await call("verify", ...loop, "--exhaustive")).toEqual({ exitCode: 0, out: line, err: "" });
    await compiled;
    expect(await call("verify", "--looped", "m.safetensors", "loop.rasp", "--exhaustive")).toMatchObject({ out: line });
    const { out } = await call("verify", "--looped", "m.safetensors", "loop.rasp", "--runs", "5", "--json");
    expect(JSON.parse(out)).toMatchObject({
      sop: "y",
      looped: true,
      ok: true,
      inputs: 5,
      seed: 0,
      counterexample: null,
    });
  });

  it("shows the first wrong step with its s-op and place", async () => {
    await compiled;
    const { tensors, metadata } = decodeSafetensors(binaries.get("m.safetensors")!);
    const unsealed = Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.includes("checksum")));
    const card = JSON.parse(metadata["card"]!) as {
      layers: { before: number; loop: number };
      states: { first: number; classes: unknown[] }[];
    };
    const [x] = card.states;
    const { data, shape } = tensors.get(
      `blocks.${card.layers.before + card.layers.loop - 2}.feedForward.output.weight`,
    )!;
    for (let row = 0; row < shape[0]!; row++) data[row * shape[1]! + x!.first + 2] = 0;
    binaries.set("wrong.safetensors", encodeSafetensors(tensors, withChecksum(tensors, unsealed)));
    const { exitCode, out, err } = await call("verify", "--looped", "wrong.safetensors", "loop.rasp", "--exhaustive");
    expect([exitCode, err]).toEqual([1, ""]);
    expect(out.split("\n")).toEqual([
      "y: the model is WRONG on 24 of all 30 inputs of 1 to 4 tokens.",
      "The smallest input on which it differs:",
      "  input     [a]*3 (strings)",
      "The first wrong state is x after step 2 (loop.rasp:2:7), at position 2:",
      "  program   [1, 1, 2] (ints)",
      "  model     [1, 1, 0] (ints)",
      "",
    ]);
    const json = await call("verify", "--looped", "wrong.safetensors", "loop.rasp", "--exhaustive", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      counterexample: { step: 2, name: "x", position: 2, place: { file: "loop.rasp", line: 2, column: 7 } },
    });
  });

  it("shows the first wrong s-op inside a step", async () => {
    const own = {
      "seen.rasp": `repeat (x = 0, y = 0) until (x > indices) at most 9 {
  seen = selector_width(select(indices, x, <=) and select(tokens, "b", ==));
  y = y + 2 * seen;
  x = x + 1;
}
`,
    };
    const cli = (...args: string[]) => selectron(args, { files: own, binaries });
    const saved = ["--vocab", "a,b", "--max-length", "3", "--looped", "-o", "seen.safetensors"];
    await cli("compile", "seen.rasp", "--sop", "y", ...saved);
    const { tensors, metadata } = decodeSafetensors(binaries.get("seen.safetensors")!);
    const unsealed = Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.includes("checksum")));
    for (const [name, { data }] of tensors) if (name.endsWith("attention.value.weight")) data.fill(0);
    binaries.set("inside.safetensors", encodeSafetensors(tensors, withChecksum(tensors, unsealed)));
    const verifying = ["verify", "--looped", "inside.safetensors", "seen.rasp", "--exhaustive"];
    const { out } = await cli(...verifying);
    expect(out.split("\n").at(-2)).toMatch(
      /^Inside the step the first wrong s-op is seen \(seen\.rasp:2:10\), after the attention sublayer of its layer \d, at position 0: it should be 1\.$/,
    );
    const json = JSON.parse((await cli(...verifying, "--json")).out) as { counterexample: { firstWrong: object } };
    expect(json.counterexample.firstWrong).toMatchObject({ name: "seen", sublayer: "attention", position: 0 });
  });

  it.each([
    [[...loop, "--runs", "5", "--shard", "1/2"], "reports of looped models are not merged yet"],
    [["--looped", "loop.rasp", "--sop", "y", "--runs", "5"], "required option '--vocab <tokens>' not specified"],
    [["--looped", "m.safetensors", "loop.rasp", "--runs", "5", "--max-length", "3"], "--max-length is what the model"],
    [["--looped", "plain.safetensors", "loop.rasp", "--runs", "5"], '"plain.safetensors" is no looped model'],
    [["--looped", "m.safetensors", "loop.rasp"], "verify needs either --exhaustive or --runs N"],
    [["m.safetensors", "loop.rasp", "--runs", "5"], "a looped model and its program with --looped"],
  ])("refuses %s", async (args, message) => {
    await compiled;
    await call("compile", "loop.rasp", "--sop", "plain", ...inputs, "-o", "plain.safetensors");
    const { exitCode, err } = await call("verify", ...args);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

it.each([
  [["check", "m.safetensors"], "check does not follow loops yet"],
  [["decompile", "m.safetensors"], '"m.safetensors" is a looped model: decompile does not read them yet'],
  [["decompile", "m.onnx"], '"m.onnx" is a looped model: decompile does not read them yet'],
])("%s says that it takes none", async (args, message) => {
  await compiled;
  await call("compile", ...loop, "-o", "m.onnx");
  const { exitCode, err } = await call(...args);
  expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
  expect(err).toContain("selectron verify --looped");
});

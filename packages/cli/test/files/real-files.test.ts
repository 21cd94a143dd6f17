/**
 * Every reader on real files: as Node's Buffer, whose `slice` does not copy and which can begin inside its memory, as a view at an odd
 * offset, and as the ArrayBuffer that `fetch` gives. Bytes that are made and read in memory would not show a confusion of these.
 */
import { decodeSafetensors, encodeSafetensors, randn, Rng, tensor, type FileBytes, type Tensor } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes, SGD, constant, train } from "@selectron/nn";
import { compile, CompiledModel, decodeTables, encodeTables, Evaluation, inputAtoms, load } from "@selectron/rasp";
import { isCompiledModel, isTrainedEncoder, readTrainedEncoder } from "@selectron/rasp/decompile";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../../src/index.js";
import { nodeIo } from "../../src/files/io.js";

const folder = mkdtempSync(join(tmpdir(), "selectron-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const program = "reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);";
const model = compile(load(program).sop("reverse"), { vocabulary: "abc", maxLength: 5 });

const gpt2Sizes = { n_layer: 1, n_head: 2, n_embd: 4, n_positions: 5, vocab_size: 3, n_inner: 8 };
const gpt2Weights = new Map(
  [...gpt2Shapes(gpt2Config(gpt2Sizes))].map(([name, shape]): [string, Tensor] => [name, randn(shape, new Rng(1))]),
);

const tables = encodeTables(
  { bases: { letters: ["a", "b"], units: 2 }, tables: { t: ["letters", "units"] }, opaque: [] },
  new Map([["t", Float32Array.of(1, 2, 3, 4)]]),
);

/** A file as `selectron train` writes it, with the weights of the compiled model. */
const encoder = encodeSafetensors(model.model.parameters(), {
  "selectron.encoder": JSON.stringify({
    config: model.model.config,
    inputs: { vocabulary: { value: ["BOS", "a", "b", "c"], kinds: "ssss" }, maxLength: 6, bos: true },
    outputs: { value: ["a", "b", "c"], kinds: "sss" },
  }),
});

interface Reader {
  readonly name: string;
  readonly contents: Uint8Array;
  /** The contents of the file as plain values. */
  readonly read: (file: FileBytes) => unknown;
  readonly expected: unknown;
}

const readers: readonly Reader[] = [
  {
    name: "decodeSafetensors",
    contents: encodeSafetensors({ x: tensor([1, -2, 3.5]), y: tensor([[4], [5]]) }, { a: "b" }),
    read: (file) => {
      const { tensors, metadata } = decodeSafetensors(file);
      return [[...tensors].map(([name, value]) => [name, value.toArray()]), metadata];
    },
    expected: [
      [
        ["x", [1, -2, 3.5]],
        ["y", [[4], [5]]],
      ],
      { a: "b" },
    ],
  },
  {
    name: "CompiledModel.fromSafetensors",
    contents: model.toSafetensors(),
    read: (file) => CompiledModel.fromSafetensors(file).run("abca"),
    expected: ["a", "c", "b", "a"],
  },
  {
    name: "CompiledModel.fromOnnx",
    contents: model.toOnnx(),
    read: (file) => {
      const read = CompiledModel.fromOnnx(file);
      return [read.run("abca"), read.toSafetensors()];
    },
    expected: [["a", "c", "b", "a"], model.toSafetensors()],
  },
  {
    name: "Gpt2.fromSafetensors",
    contents: encodeSafetensors(gpt2Weights),
    read: (file) =>
      Gpt2.fromSafetensors(file, gpt2Sizes)
        .forward([[0, 2, 1]])
        .toArray(),
    expected: new Gpt2(gpt2Config(gpt2Sizes), gpt2Weights).forward([[0, 2, 1]]).toArray(),
  },
  {
    name: "decodeTables",
    contents: tables,
    read: (file) => {
      const vector = load('v = project(tokens, table("t"));', { tables: decodeTables(file) }).vector("v");
      return [...new Evaluation(inputAtoms("ba")).vector(vector).data];
    },
    expected: [3, 4, 1, 2],
  },
  {
    name: "readTrainedEncoder",
    contents: encoder,
    read: (file) => {
      const read = readTrainedEncoder(file);
      return [
        isTrainedEncoder(file),
        isCompiledModel(file),
        read.vocabulary,
        [...read.model.parameters().keys()].length,
      ];
    },
    expected: [true, false, ["BOS", "a", "b", "c"], model.model.parameters().size],
  },
];

const shapes: readonly (readonly [string, (name: string) => FileBytes])[] = [
  ["a Buffer", (name) => readFileSync(path(name))],
  ["a view at an odd offset", (name) => shifted(readFileSync(path(name)))],
  ["a Buffer at an odd offset", (name) => Buffer.from(shifted(readFileSync(path(name))).buffer, 3).subarray(0, -5)],
  ["an ArrayBuffer", (name) => Uint8Array.from(readFileSync(path(name))).buffer],
];

/** The bytes from byte 3 of a larger buffer, with other bytes on both sides. */
function shifted(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 8).fill(0xa5);
  larger.set(bytes, 3);
  return larger.subarray(3, 3 + bytes.length);
}

describe.each(readers)("$name", ({ name, contents, read, expected }) => {
  it.each(shapes)("reads a file as %s", (_, open) => {
    writeFileSync(path(name), contents);
    expect(read(open(name))).toEqual(expected);
  });

  it.each([["text"], [null], [{ length: 8 }]])("says that %j has no bytes", (wrong) => {
    expect(() => read(wrong as unknown as FileBytes)).toThrow("the bytes of a file were expected");
  });
});

it.each(shapes)("a training resumes from a checkpoint that is read as %s", async (_, open) => {
  const learn = async (steps: number): Promise<readonly [number, readonly number[]]> => {
    const weight = tensor([1, -2], [2], { requiresGrad: true });
    let done = 0;
    await train({
      optimizer: new SGD(new Map([["weight", weight]]), { momentum: 0.9 }),
      schedule: constant(0.1),
      steps,
      seed: 1,
      forward: () => ({ loss: weight.mul(weight).sum(), correct: 0, counted: 1, tokens: 1 }),
      onStep: () => void done++,
      checkpoints: { storage, every: 1 },
    });
    return [done, [...weight.data]];
  };
  let kept = new Set<string>();
  const storage = {
    names: () => [...kept],
    read: (name: string) => open(name),
    write: (name: string, bytes: Uint8Array) => (writeFileSync(path(name), bytes), void kept.add(name)),
    remove: (name: string) => void kept.delete(name),
  };
  const whole = await learn(4);
  kept = new Set();
  await learn(2);
  expect(await learn(4)).toEqual([2, whole[1]]);
});

describe("selectron", () => {
  const rasp = path("program.rasp");
  const words = ["--sop", "reverse", "--vocab", "a,b,c", "--max-length", "5"];
  const call = async (...args: readonly string[]): Promise<[number, string]> => {
    let printed = "";
    const code = await run(args, { ...nodeIo, out: (text) => void (printed += text), err: () => undefined });
    return [code, printed];
  };

  it.each(["reverse.safetensors", "reverse.onnx"])("compiles to %s, runs it and decompiles it", async (name) => {
    writeFileSync(rasp, `${program}\n`);
    expect((await call("compile", rasp, ...words, "-o", path(name)))[0]).toBe(0);
    expect(await call("run", path(name), "--input", "abc")).toEqual([0, "[c, b, a] (strings)\n"]);
    const [code, text] = await call("decompile", path(name));
    expect(code).toBe(0);
    expect(text).toContain("reverse = aggregate(");
  });
});

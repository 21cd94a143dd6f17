/** What the binaries and their callers must agree on is written once, or read here from both and compared. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as abi from "../src/abi.js";
import { byName, matmulValues } from "../src/calls.js";
import { compile, instantiate } from "../src/module.js";

const root = new URL("..", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const sources = (folder: string): string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith("binary.ts"))
    .map((path) => `${folder}/${path}`);

/** The parameters of the functions that a pattern finds, by the name of each. */
function parameters(text: string, pattern: RegExp): Map<string, string[]> {
  const found = [...text.matchAll(pattern)].map(({ groups }): [string, string[]] => {
    const names = [...groups!["list"]!.matchAll(/(\w+):/g)].map(([, name]) => name!);
    return [groups!["name"]!, names];
  });
  return new Map(found);
}

const assembly = sources("assembly").map(read).join("\n");
const exported = parameters(assembly, /^export function (?<name>\w+)\((?<list>[^)]*)\): \w+ \{/gm);
const declared = parameters(read("src/exports.ts"), /^ {2}(?<name>\w+)\((?<list>[^)]*)\): \w+;/gm);

it("every export of the binary is declared", () => {
  const { exports } = new WebAssembly.Instance(compile());
  expect(Object.keys(exports).sort()).toEqual(["memory", ...declared.keys()].sort());
});

it.each([...declared])("%s has the parameters that it is declared with, in order", (name, list) => {
  expect(exported.get(name)).toEqual(list);
});

it.each(Object.keys(abi))("%s of src/abi.ts is declared nowhere else", (name) => {
  const declares = new RegExp(`\\b(?:const|let|enum|function|type|interface|class) ${name}\\b`);
  const places = [...sources("assembly"), ...sources("src")].filter((path) => declares.test(read(path)));
  expect(places).toEqual(["src/abi.ts"]);
});

describe("a product", () => {
  const order = declared.get("matmul")!;
  const named = Object.fromEntries(order.map((name, i) => [name, i])) as unknown as Parameters<typeof matmulValues>[0];

  it("gets what it is called with by name in the order declared", () => {
    expect(matmulValues(named)).toEqual(order.map((_, i) => i));
  });

  it("is called by name with what it gets in order", () => {
    let call: unknown;
    byName((values) => (call = values))(...matmulValues(named));
    expect(call).toEqual(named);
  });
});

describe("the operations that src/abi.ts numbers", () => {
  const wasm = instantiate(compile());
  const floats = new Float32Array(wasm.memory.buffer);
  const at = wasm.heapBase();
  const numbers = (operations: object): [string, number][] =>
    Object.entries(operations).filter((entry): entry is [string, number] => typeof entry[1] === "number");

  it.each(numbers(abi.Unary))("%s is %i in the binary", (name, code) => {
    floats.set([0.5, 0.5, 0.5, 0.5], at / 4);
    wasm.unary(code, at, at, 4);
    const results: Readonly<Record<string, number>> = {
      neg: -0.5,
      exp: 1.6487212,
      log: -0.6931472,
      sqrt: 0.7071068,
      abs: 0.5,
      tanh: 0.4621172,
      sigmoid: 0.6224593,
      erf: 0.5204999,
      relu: 0.5,
      gelu: 0.345714,
      geluExact: 0.3457312,
    };
    expect(floats[at / 4]).toBeCloseTo(results[name]!, 6);
  });

  it.each(numbers(abi.Binary))("%s is %i in the binary", (name, code) => {
    floats.set([3, 3, 3, 3, 2, 2, 2, 2], at / 4);
    wasm.binary(code, at, at + 16, at, 4);
    const results: Readonly<Record<string, number>> = { add: 5, sub: 1, mul: 6, div: 1.5 };
    expect(floats[at / 4]).toBe(results[name]);
  });
});

/** A benchmark's models compute their programs, its circuits are theirs, and equal options give equal bytes. */
import { decodeUtf8 } from "@selectron/core";
import { describe, expect, it } from "vitest";
import {
  benchmark,
  benchmarkIndex,
  causal,
  CompiledModel,
  load,
  readGpt2Folder,
  verify,
  type BenchmarkCase,
  type BenchmarkOptions,
  type Circuit,
} from "../../../src/index.js";
import { atomKey } from "../../../src/language/atom/compare.js";
import { breadth } from "../../../../../test/long.js";

const options: BenchmarkOptions = {
  count: breadth({ short: 8, long: 16 }),
  seed: 3,
  families: ["plain", "layer-norm", "rotated", "superposed"],
  format: "selectron",
  vocabulary: ["a", "b", "c"],
  maxLength: 5,
  lines: 6,
  layers: 2,
  examples: 10,
};
const cases = [...benchmark(options)];
const bytesOf = ({ files }: BenchmarkCase, name: string): Uint8Array => files.get(name) as Uint8Array;
const textOf = ({ files }: BenchmarkCase, name: string): string => {
  const contents = files.get(name)!;
  return typeof contents === "string" ? contents : decodeUtf8(contents);
};

/** The model in a case's files. */
const modelOf = (one: BenchmarkCase) =>
  one.family === "layer-norm"
    ? readGpt2Folder((name) => bytesOf(one, name))
    : CompiledModel.fromSafetensors(bytesOf(one, "model.safetensors"));

it("has each program in every family, and programs of 1, 2, … layers", () => {
  expect(cases).toHaveLength(options.count);
  for (const [n, one] of cases.entries()) {
    expect(one.family).toBe(options.families[n % 4]);
    expect(one.program).toBe(cases[n - (n % 4)]!.program);
    expect(one.sizes.layers).toBe(1 + (Math.floor(n / 4) % 2));
    expect(one.certificate.proved).toBe(true);
  }
  expect(new Set(cases.map(({ program }) => program)).size).toBe(options.count / 4);
});

describe.each(cases)("$name, $family", (one) => {
  it("computes its program on every input of up to 5 tokens, from its files alone", () => {
    const result = load(textOf(one, "program.rasp"), { example: "abc" }).sop("result");
    const sop = one.family === "layer-norm" ? causal(result) : result;
    expect(verify(sop, modelOf(one), { exhaustive: true })).toMatchObject({ ok: true, wrong: 0, inputs: 363 });
  });

  it("has inputs to train on and others to test on, with the answers", () => {
    const [train, test] = ["train.jsonl", "test.jsonl"].map((name) =>
      textOf(one, name)
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { input: string[]; output: unknown[] }),
    );
    expect(train!.length).toBeGreaterThanOrEqual(2);
    const inputs = [...train!, ...test!].map(({ input }) => input.join());
    expect(new Set(inputs).size).toBe(inputs.length);
    const answers = modelOf(one).outputs(one.train.map(({ input }) => input))[0]!;
    expect(answers.map((values) => values.map(atomKey))).toEqual(one.train.map(({ output }) => output.map(atomKey)));
  });

  it("has a circuit in its own basis", () => {
    const circuit = JSON.parse(textOf(one, "circuit.json")) as Circuit;
    expect(circuit.certificate.proved).toBe(true);
    expect(circuit.sizes.layers).toHaveLength(one.sizes.layers);
    expect(circuit.edges.length).toBeGreaterThan(0);
    const isTurned = one.family !== "plain";
    for (const { basis } of circuit.subspaces) expect("vectors" in basis).toBe(isTurned);
  });
});

it("the basis of a rotated circuit is where the model has the values: a token's vector is in its embedding", () => {
  for (const one of cases.filter(({ family }) => family === "rotated" || family === "superposed")) {
    const { subspaces } = JSON.parse(textOf(one, "circuit.json")) as Circuit;
    const tokens = subspaces.find(({ label, writer }) => label === "tokens" && writer === "embedding");
    if (!tokens || !("vectors" in tokens.basis)) continue;
    const { vectors } = tokens.basis;
    const table = CompiledModel.fromSafetensors(bytesOf(one, "model.safetensors"))
      .model.parameters()
      .get("embedding.token.weight")!;
    const width = table.shape[1]!;
    tokens.values.forEach(({ vector }, v) => {
      for (let d = 0; d < width; d++) {
        const held = vector.reduce((sum, x, c) => sum + x * vectors[c]![d]!, 0);
        expect(table.data[(v + 1) * width + d]).toBeCloseTo(held, 5);
      }
    });
  }
});

it("equal options give equal bytes, and a smaller count the beginning", () => {
  const few = { ...options, count: 4 };
  const again = [...benchmark(few)];
  const contents = (list: readonly BenchmarkCase[]) =>
    list.map(({ files }) => [...files].map(([name, bytes]) => `${name} ${bytes.toString()}`).join("\n"));
  expect(contents(again)).toEqual(contents(cases.slice(0, 4)));
  expect(benchmarkIndex(few, again)).toBe(benchmarkIndex(few, cases.slice(0, 4)));
});

it("the index says where everything is, and what is proved", () => {
  const index = JSON.parse(benchmarkIndex(options, cases)) as {
    cases: {
      case_id: string;
      files: { file_name: string; url: string }[];
      circuit_file_url: string;
      proved: boolean;
    }[];
  };
  index.cases.forEach(({ case_id, files, circuit_file_url, proved }, n) => {
    expect(case_id).toBe(cases[n]!.name);
    expect(files.map(({ file_name }) => file_name)).toEqual([...cases[n]!.files.keys()]);
    expect(files.map(({ url }) => url)).toContain(circuit_file_url);
    expect(proved).toBe(true);
  });
});

it("models that are not proved are left out unless asked for, and then marked", () => {
  const deep = { ...options, count: 3, seed: 2, families: ["rotated"] as const, layers: 3, maxLength: 7, lines: 7 };
  const all = [...benchmark({ ...deep, unproved: true })];
  expect(all.map(({ certificate }) => certificate.proved)).toEqual([true, false, true]);
  for (const { certificate, entry } of all) expect(entry["proved"]).toBe(certificate.proved);
});

it("a GPT-2 has layer norm, and no other family is one", () => {
  expect(() => [...benchmark({ ...options, format: "gpt2" })]).toThrow(
    'models of the family "plain" have no layer norm',
  );
  expect(() => [...benchmark({ ...options, families: [] })]).toThrow("families is empty");
});

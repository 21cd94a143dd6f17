/** The data set is reproducible and varied, and its programs, models and pairs agree. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { CompiledModel, cost, dataset, evaluate, load, verify, type DatasetOptions } from "../../../src/index.js";
import { atomKey } from "../../../src/language/atom/compare.js";
import { randomProgram } from "../../../src/compiler/dataset/random-program.js";

const options: DatasetOptions = {
  count: 40,
  seed: 5,
  vocabulary: ["a", "b", "c"],
  maxLength: 5,
  lines: 6,
  examples: 20,
};
const samples = [...dataset(options)];

it("programs load, and their values are those of the pairs", () => {
  for (const { program, examples } of samples) {
    const result = load(program, { example: "abc" }).sop("result");
    for (const { input, output } of examples) {
      expect(evaluate(result, input as string[])).toEqual(
        output.map((value) => (typeof value === "bigint" ? Number(value) : value)),
      );
    }
  }
});

it("a model's file alone gives the pairs", () => {
  for (const { model, examples } of samples) {
    const file = CompiledModel.fromSafetensors(model.toSafetensors());
    const answers = file.values(examples.map(({ input }) => input));
    expect(answers.map((values) => values.map(atomKey))).toEqual(examples.map(({ output }) => output.map(atomKey)));
  }
});

it("models compute their programs on every input", () => {
  for (const { sop, model } of samples.slice(0, 12)) {
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 363 });
  }
});

it("equal seeds give equal data, byte for byte, and a smaller count its beginning", () => {
  const bytes = (seed: number, count: number): string[] =>
    [...dataset({ ...options, seed, count })].map(({ program, model, examples }) =>
      [
        program,
        model.toSafetensors().join(),
        examples.map(({ input, output }) => `${input.join()} ${output.map(atomKey).join()}`).join(),
      ].join("\n"),
    );
  expect(bytes(5, 8)).toEqual(bytes(5, 8));
  expect(bytes(5, 3)).toEqual(bytes(5, 8).slice(0, 3));
  expect(bytes(6, 3)).not.toEqual(bytes(5, 3));
});

describe("variety", () => {
  it("no program occurs twice, and each attends", () => {
    expect(new Set(samples.map(({ program }) => program)).size).toBe(samples.length);
    expect(samples.filter(({ sop }) => cost(sop).layers > 0).length).toBeGreaterThan(30);
  });

  it("values of every type, several depths", () => {
    const kinds = new Set(
      samples.flatMap(({ examples }) => examples.flatMap(({ output }) => output.map((value) => typeof value))),
    );
    expect([...kinds].sort()).toEqual(["bigint", "boolean", "number", "string"]);
    expect(new Set(samples.map(({ model }) => model.stats.layers)).size).toBeGreaterThan(2);
  });

  it("no program has one value everywhere", () => {
    for (const { examples } of samples) {
      expect(new Set(examples.flatMap(({ output }) => output.map(atomKey))).size).toBeGreaterThan(1);
    }
  });
});

it("every line of a random program is needed", () => {
  const rng = new Rng(1);
  const lengths = new Set<number>();
  for (let n = 0; n < 200; n++) {
    const lines = randomProgram(rng, ["a", "b"], 8).trimEnd().split("\n");
    lengths.add(lines.length);
    lines.slice(0, -1).forEach((line, at) => {
      const name = /^\w+/.exec(line)![0];
      expect(lines.slice(at + 1).some((later) => new RegExp(`\\b${name}\\b`).test(later))).toBe(true);
    });
  }
  expect([...lengths].sort()).toEqual([2, 3, 4, 5, 6, 7, 8]);
});

it("options that leave no program are refused", () => {
  expect(() => [...dataset({ ...options, count: 500, vocabulary: ["a"], maxLength: 1, lines: 2 })]).toThrow(RangeError);
});

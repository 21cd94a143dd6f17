/** `describe`, `draw` on models, and `task`: what a model and a task are made of. */
import { Rng } from "@selectron/core";
import { copyTask, nestedParserTask, Transformer } from "@selectron/nn";
import { compile, load } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { encodeSequenceModel } from "../src/files/sequence-model.js";
import { selectron } from "./harness.js";

const sizes = { hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 8 };
const trained = (task: typeof copyTask): Uint8Array =>
  encodeSequenceModel(new Transformer({ ...task.config, ...sizes }, new Rng(1)), task, 1);
const compiled = compile(load("x = aggregate(select(indices, length - 1 - indices, ==), tokens);").sop("x"), {
  vocabulary: ["a", "b"],
  maxLength: 3,
});
const binaries = new Map([
  ["copy.safetensors", trained(copyTask)],
  ["nested.safetensors", trained(nestedParserTask)],
  ["m.safetensors", compiled.toSafetensors()],
]);
const ran = (...words: string[]) => selectron(words, { binaries });

describe("describe", () => {
  it("counts layers, as text and as JSON", async () => {
    const { exitCode, out } = await ran("describe", "m.safetensors", "--flops", "--length", "3");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^\d+ parameters in float32, a row of 3 tokens; a multiply-add is two operations\nlayer/);
    expect(out).toContain("multiply-adds");
    const json = JSON.parse((await ran("describe", "copy.safetensors", "--json")).out) as {
      layers: { layer: string }[];
    };
    expect(json.layers.map(({ layer }) => layer)).toContain("decoder.blocks.0.crossAttention");
    expect((await ran("describe", "copy.safetensors")).out).not.toContain("multiply-adds");
  });

  it("says what it cannot read", async () => {
    const { exitCode, err } = await ran("describe", "m.safetensors", "--length", "0");
    expect([exitCode, err]).toEqual([2, expect.stringContaining("It must be a whole number, from 1 to 32768.")]);
  });
});

describe("draw", () => {
  it("draws the architecture of compiled and trained models", async () => {
    expect((await ran("draw", "m.safetensors")).out).toMatch(/^<svg [\s\S]*unembedding[\s\S]*<\/svg>\n$/);
    expect((await ran("draw", "copy.safetensors")).out).toContain("cross-attention");
  });

  it("says which options are for programs", async () => {
    expect((await ran("draw", "m.safetensors", "--sop", "x")).err).toContain(
      '--sop is for a program, and "m.safetensors" is a model',
    );
    expect((await ran("draw", "p.rasp")).err).toContain("a program needs --sop");
  });
});

describe("task", () => {
  it("explains and shows examples", async () => {
    const { out } = await ran("task", "nested-parser", "--show", "2");
    expect(out).toMatch(/^nested-parser: it reads an assignment with three operators/);
    expect(out).toContain("input [1, 9], target [1, 9], ids from 0 to 24");
    expect(out.match(/ {2}tree {4}\["ASSIGN","[xyz]",/g)).toHaveLength(2);
    const json = JSON.parse((await ran("task", "copy", "--json")).out) as {
      examples: { source: number[]; target: number[] }[];
    };
    expect(json.examples[0]!.source).toEqual(json.examples[0]!.target);
  });

  it("tests a model, and refuses another task's", async () => {
    const { out } = await ran("task", "nested-parser", "--test", "nested.safetensors", "--show", "3");
    expect(out).toMatch(
      /^(x=1\+2\*3-4 → .*\n)(.*\n){2}500 held-out examples: .* exact, .* of the tokens, .* of the trees' forms\n$/,
    );
    expect((await ran("task", "copy", "--test", "nested.safetensors")).err).toContain(
      "learnt nested-parser, and not copy",
    );
    expect((await ran("task", "copy", "--test", "m.safetensors")).err).toContain("is no model of a small task");
    expect((await ran("task", "sort")).err).toContain('there is no task "sort"');
  });
});

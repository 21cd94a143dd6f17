/**
 * Interchange accuracy where a program is right, and where it should be low: a random program of the same variables, a program of another
 * model, and the same program on the same model with its heads shuffled.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Rng, tensor } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import { observe, parseData, readTask, type Interchange } from "@selectron/rasp/decompile";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../../test/long.js";
import { split } from "../../../../src/decompiler/gpt2/data/sequences.js";
import { atPosition, everything } from "../../../../src/decompiler/gpt2/heads/named-patterns.js";
import { fitReadout } from "../../../../src/decompiler/gpt2/readout/fit.js";
import { Readout } from "../../../../src/decompiler/gpt2/readout/readout.js";
import { interchangeOf } from "../../../../src/decompiler/gpt2/swaps/index.js";
import { halvesOf, SwappedModel } from "../../../../src/decompiler/gpt2/swaps/swapped-model.js";
import {
  attendVariable,
  positionModuloVariable,
  tokenVariable,
} from "../../../../src/decompiler/gpt2/variables/basic.js";
import { combine } from "../../../../src/decompiler/gpt2/variables/elementwise.js";
import type { Variable } from "../../../../src/decompiler/gpt2/variables/variable.js";

const folder = fileURLToPath(new URL("../../../../../../../shared/models/", import.meta.url));
const present = existsSync(`${folder}models`);
if (!present) console.warn(`\n*** SKIPPED: no trained models at ${folder}; controls of swaps are NOT tested. ***\n`);

const PAIRS = breadth({ short: 40, long: 150 });

/** A model with the decisions that a program is fitted to and swaps are drawn from. */
function loaded(name: string, change: (model: Gpt2) => Gpt2 = (model) => model) {
  const config = JSON.parse(readFileSync(`${folder}models/${name}.json`, "utf8")) as { readonly task: string };
  const model = change(Gpt2.fromSafetensors(readFileSync(`${folder}models/${name}.safetensors`), config));
  const task = readTask(config, model.config.vocabularySize);
  const data = parseData(readFileSync(`${folder}tasks/${config.task}.jsonl`, "utf8"), task, model.config.maxLength);
  const sequences = split(data, model.config.maxLength, new Rng(3)).tune.slice(0, breadth({ short: 60, long: 150 }));
  const observed = sequences.map((sequence) => observe(model, task, sequence, false));
  return {
    model,
    task,
    observed,
    swapped: swappedOf(),
    fit: (variables: Variable[]) => fitReadout(task, variables, observed),
  };

  function swappedOf(): SwappedModel {
    const half = observed.length / 2;
    return new SwappedModel(
      model,
      task,
      halvesOf(task, observed.slice(0, half), observed.slice(half), new Rng(1), PAIRS),
    );
  }
}

/** The least and the mean accuracy of the variables of which swaps tell anything. */
function accuracies({ variables }: Interchange): { readonly least: number; readonly mean: number } {
  const shares = variables.flatMap(({ accuracy }) => (accuracy.of > 0 ? [accuracy.share] : []));
  return { least: Math.min(...shares), mean: shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length) };
}

/** The same variables with random tables. */
function withRandomTables({ task, projections, constant }: Readout, rng: Rng): Readout {
  const drawn = projections.map(({ variable, table }) => ({
    variable,
    identity: 0,
    successor: 0,
    table: table.map((entry) => (entry === 0 ? 0 : rng.int(7) - 3)),
  }));
  return new Readout(task, drawn, constant, 0);
}

/** The outputs of the heads of each layer in the other order: each head's values go through the next one's map. */
function withShuffledHeads(model: Gpt2): Gpt2 {
  const { dModel, heads } = model.config;
  const parameters = [...model.parameters].map(([name, value]): [string, typeof value] => {
    if (!name.endsWith("attn.c_proj.weight")) return [name, value];
    const block = (dModel / heads) * dModel;
    const data = value.data.map((_, at) => value.data[(at + block) % value.data.length]!);
    return [name, tensor(data, value.shape)];
  });
  return new Gpt2(model.config, new Map(parameters));
}

describe.skipIf(!present)("controls", () => {
  const own = positionModuloVariable(2);
  const comparison = combine(own, attendVariable(atPosition(0), own));

  it("a histogram is followed, random programs of it are not", () => {
    const { swapped, fit, task } = loaded("bin_majority-1l1h16");
    const readout = fit([attendVariable(everything, tokenVariable(task))]);
    expect(accuracies(interchangeOf(swapped, readout)).least).toBeGreaterThan(0.95);
    const rng = new Rng(5);
    const random = Array.from({ length: 6 }, () => interchangeOf(swapped, withRandomTables(readout, rng)));
    const means = random.map(accuracies).flatMap(({ mean }) => (Number.isNaN(mean) ? [] : [mean]));
    expect(means.reduce((a, b) => a + b, 0) / means.length).toBeLessThan(0.7);
  });

  it("a program of another model is not followed", () => {
    const { task, fit, swapped } = loaded("tomita2-1l1h16");
    const readout = fit([tokenVariable(task)]);
    expect(accuracies(interchangeOf(swapped, readout)).least).toBeGreaterThan(0.95);
    expect(accuracies(interchangeOf(loaded("tomita4-2l2h16").swapped, readout)).mean).toBeLessThan(0.5);
  });

  it("positions are followed, but not where the heads are shuffled", () => {
    const { swapped, fit } = loaded("aastar-1l2h16");
    const readout = fit([comparison]);
    expect(accuracies(interchangeOf(swapped, readout)).least).toBeGreaterThan(0.8);
    const shuffled = loaded("aastar-1l2h16", withShuffledHeads);
    expect(accuracies(interchangeOf(shuffled.swapped, readout)).mean).toBeLessThan(0.7);
  });
});

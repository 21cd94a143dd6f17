import { Rng } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { expect, it } from "vitest";
import { readTrainedEncoder } from "../../../src/decompiler/index.js";
import { load, ProgramTask, trainedFile } from "../../../src/index.js";

it("is read back with its weights, tokens and classes", () => {
  const sop = load("a = selector_width(select(tokens, tokens, ==)) * 0.5;").sop("a");
  const task = new ProgramTask(sop, { vocabulary: ["a", 1n, 2.5], maxLength: 4, bos: "§" });
  const model = new TransformerEncoder(task.config({ dModel: 8, dFf: 8 }), new Rng(1));
  const read = readTrainedEncoder(trainedFile(model, task, { program: "a", seed: 1 }));
  expect(read).toMatchObject({ vocabulary: ["a", 1n, 2.5, "§"], hasBos: true, maxLength: 4, notes: [] });
  expect(read.classes).toEqual(task.classes);
  expect(read.model.config).toEqual(model.config);
  for (const [name, { data }] of model.parameters()) expect(read.model.parameters().get(name)!.data).toEqual(data);
});

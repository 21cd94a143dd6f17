/** Files of decoders with a scratchpad that were damaged: each is refused with the documented error, or can be used. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import {
  compileScratchpad,
  load,
  ModelFileError,
  ModelInputError,
  RaspError,
  ScratchpadModel,
  CompiledModel,
  compile,
  tokens,
} from "../../src/index.js";
import { breadth } from "../../../../test/long.js";
import { withMutatedCard } from "../../../../test/model-mutations.js";
import { damagedBytes } from "../../../../test/mutations.js";

const loop = load("repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }").sop("x");
const bytes = compileScratchpad(loop, { vocabulary: "ab", maxLength: 3 }).toSafetensors();

/** Whether it is refused. What is read must write, though it may know other tokens, or find no end. */
function isRefused(damaged: Uint8Array): boolean {
  let model: ScratchpadModel;
  try {
    model = ScratchpadModel.fromSafetensors(damaged);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
    return true;
  }
  try {
    model.write("aba");
  } catch (error) {
    const known = [ModelFileError, ModelInputError, RaspError].some((documented) => error instanceof documented);
    if (!known) throw error;
  }
  return false;
}

it("a damaged file gives the documented error, or works", () => {
  const rng = new Rng(1);
  let refused = 0;
  for (let i = breadth({ short: 40, long: 400 }); i > 0; i--) refused += Number(isRefused(damagedBytes(bytes, rng)));
  for (let i = breadth({ short: 60, long: 600 }); i > 0; i--) {
    refused += Number(isRefused(withMutatedCard(bytes, "card", rng)));
  }
  expect(refused).toBeGreaterThan(50);
  expect(isRefused(bytes)).toBe(false);
});

it("a description that contradicts itself says where", () => {
  const read = CompiledModel.fromSafetensors(bytes);
  const refusal = (change: object): string => {
    const card = { ...read.card, scratchpad: { ...read.card.scratchpad!, ...change } };
    try {
      CompiledModel.fromSafetensors(new CompiledModel(read.model, card).toSafetensors());
    } catch (error) {
      if (error instanceof ModelFileError) return error.message;
      throw error;
    }
    return "works";
  };
  expect(refusal({})).toBe("works");
  expect(refusal({ inputs: 3 })).toMatch(/it has 3 tokens of the input, 1 that ends it and \d+ that are written/);
  expect(refusal({ maxSteps: 1e6 })).toMatch(/scratchpad.maxSteps/);
  expect(refusal({ lines: [] })).toMatch(/there are none/);
  expect(refusal({ maxLength: 2 })).toMatch(/they must be given for 2 positions/);
});

it("another model writes no scratchpad", () => {
  const other = compile(tokens, { vocabulary: "ab", maxLength: 2 });
  expect(() => new ScratchpadModel(other)).toThrow("this model writes no scratchpad");
});

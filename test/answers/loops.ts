/** Example calls of rasp's public functions for loops. */
import * as rasp from "@selectron/rasp";
import { entry, whole, type Registry } from "./registry.js";

const ATOMS = "any array of tokens";

const loop = (): rasp.SOp => whole(rasp.load("repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }").sop("x"));
let looped: rasp.LoopedModel | undefined;
const model = (): rasp.LoopedModel => (looped ??= rasp.compileLooped(loop(), { vocabulary: "ab", maxLength: 2 }));
const onModel = { on: model };

export const loopEntries: Registry["entries"] = {
  repeat: entry(
    () => [
      {
        states: whole({ n: 0 }),
        until: ({ n }: { n: rasp.SOp<number> }) => rasp.gt(n, 1),
        step: ({ n }: { n: rasp.SOp<number> }) => ({ n: rasp.add(n, 1) }),
        atMost: 9,
        all: false,
      },
    ],
    {},
    { says: ["until", "step", "the condition"] },
  ),
  compileLooped: entry(() => [loop(), { vocabulary: "ab", maxLength: 2, name: "x", causal: false }], {
    "1.vocabulary": ATOMS,
  }),
  verifyLooped: entry(() => [loop(), model(), { runs: 2, seed: 1 }]),
  isLoopedModel: entry(() => [model().toSafetensors()], { 0: "any bytes" }, { says: ["the file"] }),
  LoopedModel: entry(() => [model().model, whole(model().card), []]),
  "LoopedModel.run": entry(() => ["ab"], { 0: ATOMS }, onModel),
  "LoopedModel.steps": entry(() => ["ab"], { 0: ATOMS }, onModel),
  "LoopedModel.idOf": entry(() => ["a"], { 0: "any atom" }, onModel),
  "LoopedModel.encode": entry(() => [["a", "b"]], {}, onModel),
  "LoopedModel.toSafetensors": entry(() => [], {}, onModel),
  "LoopedModel.toOnnx": entry(() => [], {}, onModel),
  "LoopedModel.fromOnnx": entry(() => [model().toOnnx()], {}, { says: ["onnx", "model"] }),
  "LoopedModel.fromSafetensors": entry(() => [model().toSafetensors()], {}, { says: ["safetensors", "model"] }),
};

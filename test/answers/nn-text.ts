/** Example calls of nn's trees, subwords and rounded gradients. */
import { tensor } from "@selectron/core";
import * as nn from "@selectron/nn";
import { IDS, parameters } from "./nn-examples.js";
import { entry, type Registry } from "./registry.js";

export const textEntries: Registry["entries"] = {
  nestedParserExample: entry(() => ["x=1+2*3-4"]),
  parseTree: entry(() => [[6, 11, 16]], { "0": IDS, "0.0": IDS }),
  structuralAccuracy: entry(() => [[[6, 11, 16]], [[6, 11, 17]]], {
    "0.0": IDS,
    "1.0": IDS,
    "0.0.0": "what is no token makes no tree",
    "1.0.0": "what is no token makes no tree",
  }),
  bytePairs: entry(() => [new Map([["ab", 2]]), 3]),
  bytePairPieces: entry(() => ["ab", [["a", "b"]]], {
    "1.0": "a pair in any list",
    "1.0.0": "a piece that never occurs",
  }),
  wordPieces: entry(() => ["ab", new Set(["a", "##b"])]),
  unigramPieces: entry(() => ["ab", new Map([["a", -1], ["b", -2]])]), // prettier-ignore
  roundHalf: entry(() => ["float16", 0.1], { "1": "numbers of any size, as floats have them" }),
  LossScaler: entry(() => [{ format: "float16", scale: 2, every: 10 }], { "0.every: Infinity": "never" }),
  "LossScaler.scaled": entry(() => [tensor([1])], {}, { on: () => new nn.LossScaler() }),
  "LossScaler.unscale": entry(() => [parameters()], {}, { changes: true, on: () => new nn.LossScaler() }),
};

/** Layers of one's own models: made by `buildModel`, with errors for what JavaScript callers do. */
import { Rng, tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";
import {
  buildModel,
  Embedding,
  FeedForward,
  LayerNorm,
  Linear,
  MultiHeadAttention,
  type ParameterScope,
} from "../src/index.js";

describe("layers without a scope", () => {
  const untyped = { Embedding, Linear, LayerNorm, FeedForward, MultiHeadAttention } as unknown as Record<
    string,
    new (...args: unknown[]) => unknown
  >;
  it.each([
    ["Embedding", [5, 4], "5"],
    ["Linear", [2, 8, new Rng(1)], "2"],
    ["LayerNorm", [8], "8"],
    ["FeedForward", [], "undefined"],
    ["MultiHeadAttention", [{ dModel: 4, heads: 2, dHead: 2 }], "an object with dModel, heads, dHead"],
  ])("new %s(%s) says what to pass", (name, args, given) => {
    expect(() => new untyped[name]!(...args)).toThrow(
      new TypeError(
        `new ${name}(scope, …): the first argument is a ParameterScope, which names and draws the layer's parameters, and not ${given}. ` +
          `buildModel gives one: buildModel(new Rng(1), (scope) => new ${name}(scope.child("name"), …)).`,
      ),
    );
  });
});

describe("buildModel", () => {
  const build = (scope: ParameterScope) => ({
    table: new Embedding(scope.child("table"), 3, 2),
    map: new Linear(scope.child("map"), 2, 2),
  });

  it("draws parameters by name, and takes them again", () => {
    const drawn = buildModel(new Rng(1), build);
    expect([...drawn.parameters.keys()]).toEqual(["table.weight", "map.weight", "map.bias"]);
    expect([...drawn.parameters.values()].every(({ requiresGrad }) => requiresGrad)).toBe(true);
    const again = buildModel(drawn.parameters, build);
    const run = ({ table, map }: ReturnType<typeof build>): unknown =>
      map.forward(table.forward(tensor([2, 0]))).toArray();
    expect(run(again.layers)).toEqual(run(drawn.layers));
  });

  it("refuses two layers of one name, whose parameters would not all be trained", () => {
    const twice = (scope: ParameterScope) => [new Linear(scope, 2, 3), new Linear(scope, 3, 2)];
    expect(() => buildModel(new Rng(1), twice)).toThrow("Parameter weight is declared twice; give each layer a scope");
  });
});

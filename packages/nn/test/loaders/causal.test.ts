/** Models of the Llama kind and GPT-NeoX beside plain loops: logits, caches, padding, callbacks, gradients. */
import { Rng, type Tensor } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import {
  generate,
  GptNeoX,
  Llama,
  llamaShapes,
  neoXShapes,
  trace,
  uncached,
  withHooks,
  type LlamaConfig,
  type NeoXConfig,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { plainLlama, plainNeoX } from "../plain/causal.js";
import { distance, plainParameters, randomParameters, randomTokens } from "../support.js";

const llama: LlamaConfig = {
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  dHead: 6,
  dModel: 10,
  dFf: 12,
  vocabularySize: 9,
  maxLength: 16,
  epsilon: 1e-5,
  base: 100,
};
const neox: NeoXConfig = {
  layers: 2,
  heads: 3,
  dModel: 12,
  dFf: 10,
  vocabularySize: 9,
  maxLength: 16,
  epsilon: 1e-5,
  rotaryColumns: 2,
  base: 100,
};

interface Case {
  readonly name: string;
  readonly shapes: Map<string, readonly number[]>;
  readonly build: (parameters: Map<string, Tensor>) => Llama | GptNeoX;
  readonly plain: (parameters: Map<string, Tensor>, ids: readonly number[]) => number[][];
}

const ofLlama = (name: string, changes: Partial<LlamaConfig>): Case => {
  const config = { ...llama, ...changes };
  return {
    name: `Llama: ${name}`,
    shapes: llamaShapes(config),
    build: (parameters) => new Llama(config, parameters),
    plain: (parameters, ids) => plainLlama(config, plainParameters(parameters), ids),
  };
};
const ofNeoX = (name: string, changes: Partial<NeoXConfig>): Case => {
  const config = { ...neox, ...changes };
  return {
    name: `GPT-NeoX: ${name}`,
    shapes: neoXShapes(config),
    build: (parameters) => new GptNeoX(config, parameters),
    plain: (parameters, ids) => plainNeoX(config, plainParameters(parameters), ids),
  };
};

const cases: readonly Case[] = [
  ofLlama("columns in halves", {}),
  ofLlama("columns side by side", { pairing: "interleaved" }),
  ofLlama("one key for all heads", { keyValueHeads: 1 }),
  ofLlama("a key for each head, tied", { keyValueHeads: 4, tied: true }),
  ofLlama("biases", { attentionBias: true, outputBias: true, feedForwardBias: true }),
  ofLlama("biases of queries, keys and values", { attentionBias: true }),
  ofLlama("gelu", { activation: "gelu" }),
  ofLlama("linear scaling", { scaling: { kind: "linear", factor: 3 } }),
  ofLlama("scaling of Llama 3", {
    base: 10000,
    dHead: 16,
    scaling: { kind: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 200 },
  }),
  ofNeoX("in parallel", {}),
  ofNeoX("one after the other", { parallel: false }),
  ofNeoX("all columns turn", { rotaryColumns: 4 }),
  ofNeoX("no column turns, tied", { rotaryColumns: 0, tied: true }),
  ofNeoX("gelu in the tanh form", { activation: "gelu" }),
  ofNeoX("no biases in attention", { attentionBias: false }),
];

describe.each(cases)("$name", ({ shapes, build, plain }) => {
  const rng = new Rng(7);
  const parameters = randomParameters(shapes, rng);
  const model = build(parameters);
  const rows = randomTokens(rng, 2, 7, 9);
  const logits = model.forward(rows).toArray() as number[][][];

  it("has the logits of the equations", () => {
    rows.forEach((row, b) => expect(distance(logits[b], plain(parameters, row))).toBeLessThan(1e-4));
  });

  it("generates with its cache what it generates without", () => {
    const step = model.begin();
    expect(
      distance(
        step.advance(rows.map((row) => row.slice(0, 4))).toArray(),
        logits.map((row) => row[3]),
      ),
    ).toBeLessThan(1e-4);
    expect(
      distance(
        step.advance(rows.map((row) => row.slice(4, 6))).toArray(),
        logits.map((row) => row[5]),
      ),
    ).toBeLessThan(1e-4);
    const swapped = step
      .reordered([1, 0])
      .advance([[rows[1]![6]!], [rows[0]![6]!]])
      .toArray();
    expect(distance(swapped, [logits[1]![6], logits[0]![6]])).toBeLessThan(1e-4);
    const slow = uncached((tokens) => model.forward(tokens), 16);
    expect(generate(model, [1, 2], { maxTokens: 30 })).toMatchObject({
      tokens: generate(slow, [1, 2], { maxTokens: 30 }).tokens,
      ended: "context",
    });
  });

  it("gives a padded row the logits of the row alone, wherever the padding is", () => {
    const row = rows[0]!.slice(0, 3);
    const tokens = [
      [...row, 0, 0],
      [0, 0, ...row],
      [row[0]!, 5, row[1]!, 5, row[2]!],
    ];
    const places = [
      [0, 1, 2],
      [2, 3, 4],
      [0, 2, 4],
    ];
    const padding = places.map((at) => tokens[0]!.map((_, i) => at.includes(i)));
    const padded = model.forward(tokens, { padding }).toArray() as number[][][];
    places.forEach((at, b) =>
      expect(
        distance(
          at.map((i) => padded[b]![i]),
          logits[0]!.slice(0, 3),
        ),
      ).toBeLessThan(1e-4),
    );
  });

  it("is watched by name", () => {
    const { result, activations } = trace((watching) => model.forward(rows, watching));
    expect(distance(result.toArray(), logits)).toBeLessThan(1e-4);
    const layer = (l: number): string[] =>
      ["attention.pattern", "feedForward.hidden", "residual"].map((name) => `layers.${l}.${name}`);
    expect([...activations.keys()]).toEqual(["embedding", ...layer(0), ...layer(1)]);
    const pattern = activations.get("layers.1.attention.pattern")!;
    expect(pattern.shape).toEqual([2, "heads" in model.config ? model.config.heads : 0, 7, 7]);
    expect(distance(pattern.sum(-1).toArray(), pattern.sum(-1).mul(0).add(1).toArray())).toBeLessThan(1e-5);
    const silent = withHooks({ "layers.*.attention.pattern": (x) => x.mul(0) }, (watching) =>
      model.forward(rows, watching),
    );
    expect(distance(silent.toArray(), logits)).toBeGreaterThan(1e-3);
  });
});

describe("gradients", () => {
  it.each([
    ofLlama("grouped", {
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      dHead: 2,
      dModel: 3,
      dFf: 2,
      vocabularySize: 3,
      epsilon: 1e-3,
    }),
    ofLlama("interleaved", {
      layers: 1,
      heads: 1,
      keyValueHeads: 1,
      dHead: 4,
      dModel: 3,
      dFf: 2,
      vocabularySize: 3,
      epsilon: 1e-3,
      pairing: "interleaved",
    }),
    ofNeoX("a part", { layers: 1, heads: 1, dModel: 4, dFf: 2, vocabularySize: 3, epsilon: 1e-3 }),
  ])("$name", ({ shapes, build }) => {
    const parameters = randomParameters(shapes, new Rng(1));
    const names = [...parameters.keys()];
    gradcheck(
      (...values) =>
        build(new Map(names.map((name, i) => [name, values[i]!]))).forward([
          [0, 1, 2],
          [2, 1, 1],
        ]),
      names.map((name) => parameters.get(name)!),
      { tolerance: 1e-5 },
    );
  });
});

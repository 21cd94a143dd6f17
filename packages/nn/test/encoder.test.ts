import { ones, Rng, ShapeError, zeros, type Tensor } from "@selectron/core";
import { TransformerEncoder, type EncoderConfig, type Patcher } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainEncoder } from "./plain/encoder.js";
import { distance, plainParameters, randomParameters } from "./support.js";

const config: EncoderConfig = {
  vocabularySize: 3,
  maxLength: 4,
  dModel: 5,
  blocks: [{ heads: 2, dHead: 3, dFf: 7 }],
  outputs: 2,
};

const configs: fc.Arbitrary<EncoderConfig> = fc.record({
  vocabularySize: fc.integer({ min: 1, max: 5 }),
  maxLength: fc.integer({ min: 1, max: 6 }),
  dModel: fc.integer({ min: 1, max: 9 }),
  blocks: fc.array(fc.record({ heads: fc.nat(3), dHead: fc.integer({ min: 1, max: 4 }), dFf: fc.nat(9) }), {
    maxLength: 3,
  }),
  outputs: fc.integer({ min: 1, max: 4 }),
  layerNorm: fc.boolean(),
  causal: fc.boolean(),
});

describe("forward", () => {
  it("agrees with plain float64 loops, activations included", () => {
    fc.assert(
      fc.property(configs, fc.integer(), fc.boolean(), (sizes, seed, padded) => {
        const rng = new Rng(seed);
        const parameters = randomParameters(TransformerEncoder.parameterShapes(sizes), rng);
        const encoder = new TransformerEncoder(sizes, parameters);
        const length = 1 + rng.int(sizes.maxLength);
        const grid = <T>(draw: () => T): T[][] => [1, 2, 3].map(() => Array.from({ length }, draw));
        const tokens = grid(() => rng.int(sizes.vocabularySize));
        const padding = padded ? grid(() => rng.int(4) > 0) : undefined;

        const recorded: Record<string, unknown> = {};
        const logits = encoder.forward(tokens, {
          padding,
          record: (name, value) => (recorded[name] = value.toArray()),
        });
        const expected = plainEncoder(sizes, plainParameters(parameters), tokens, padding);

        expect(logits.shape).toEqual([3, length, sizes.outputs]);
        expect(Object.keys(recorded)).toEqual(Object.keys(expected.activations));
        const scale = Math.max(1, ...expected.logits.flat(2).map(Math.abs));
        expect(distance(logits.toArray(), expected.logits) / scale).toBeLessThan(1e-4);
        for (const [name, value] of Object.entries(expected.activations)) {
          const most = Math.max(1, ...(value.flat(4) as number[]).map(Math.abs));
          expect(distance(recorded[name], value) / most, name).toBeLessThan(1e-4);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("sees no later key if it is causal", () => {
    const encoder = new TransformerEncoder(
      { ...config, causal: true },
      randomParameters(TransformerEncoder.parameterShapes(config), new Rng(1)),
    );
    const [a, b] = [[0, 1, 0], [0, 1, 2]].map((row) => encoder.forward([row])); // prettier-ignore
    expect(a!.slice(0, 2, 1).toArray()).toEqual(b!.slice(0, 2, 1).toArray());
    expect(a!.toArray()).not.toEqual(b!.toArray());
  });

  it("continues with what a patch returns", () => {
    const encoder = new TransformerEncoder(
      config,
      randomParameters(TransformerEncoder.parameterShapes(config), new Rng(2)),
    );
    const activations = (tokens: number[], patch?: Patcher): Map<string, Tensor> => {
      const seen = new Map<string, Tensor>();
      const logits = encoder.forward([tokens], { record: (name, value) => void seen.set(name, value), patch });
      return seen.set("logits", logits);
    };
    const [clean, other] = [activations([0, 1, 2]), activations([2, 2, 0])];
    for (const name of [...clean.keys()].filter((key) => key !== "logits")) {
      const patched = activations([0, 1, 2], (at, value) => (at === name ? other.get(at)! : value));
      expect(patched.get(name)).toBe(other.get(name));
      expect(distance(patched.get("logits")!.toArray(), clean.get("logits")!.toArray()), name).toBeGreaterThan(1e-3);
    }
    // What comes before the last residual no longer matters.
    const last = "blocks.0.feedForward.residual";
    const patched = activations([0, 1, 2], (at, value) => (at === last ? other.get(at)! : value));
    expect(patched.get("logits")!.toArray()).toEqual(other.get("logits")!.toArray());
    expect(() => activations([0], (_, value) => value.transpose())).toThrow(
      new RangeError("patch: the tensor for embedding has shape [1, 5, 1]; it must be [1, 1, 5]."),
    );
  });

  it("does not see padded keys", () => {
    const encoder = new TransformerEncoder(
      config,
      randomParameters(TransformerEncoder.parameterShapes(config), new Rng(1)),
    );
    const padding = [[true, true, false]];
    const a = encoder.forward([[0, 1, 0]], { padding }).slice(0, 2, 1);
    const b = encoder.forward([[0, 1, 2]], { padding }).slice(0, 2, 1);
    expect(a.toArray()).toEqual(b.toArray());
    expect(encoder.forward([[0, 1]]).toArray()).toEqual(a.toArray());
  });
});

describe("parameters", () => {
  it("have the names and shapes that the compiler relies on, in order", () => {
    expect(Object.fromEntries(TransformerEncoder.parameterShapes(config))).toEqual({
      "embedding.token.weight": [3, 5],
      "embedding.position.weight": [4, 5],
      "blocks.0.attention.query.weight": [5, 6],
      "blocks.0.attention.query.bias": [6],
      "blocks.0.attention.key.weight": [5, 6],
      "blocks.0.attention.key.bias": [6],
      "blocks.0.attention.value.weight": [5, 6],
      "blocks.0.attention.value.bias": [6],
      "blocks.0.attention.output.weight": [6, 5],
      "blocks.0.attention.output.bias": [5],
      "blocks.0.feedForward.hidden.weight": [5, 7],
      "blocks.0.feedForward.hidden.bias": [7],
      "blocks.0.feedForward.output.weight": [7, 5],
      "blocks.0.feedForward.output.bias": [5],
      "unembedding.weight": [5, 2],
      "unembedding.bias": [2],
    });
    const without = { ...config, blocks: [{ heads: 0, dHead: 0, dFf: 0 }] };
    expect([...TransformerEncoder.parameterShapes(without).keys()]).toEqual([
      "embedding.token.weight",
      "embedding.position.weight",
      "unembedding.weight",
      "unembedding.bias",
    ]);
    const norms = [...TransformerEncoder.parameterShapes({ ...config, layerNorm: true }).keys()].filter((name) =>
      name.includes("norm"),
    );
    expect(norms).toEqual([
      "blocks.0.attention.norm.weight",
      "blocks.0.attention.norm.bias",
      "blocks.0.feedForward.norm.weight",
      "blocks.0.feedForward.norm.bias",
      "norm.weight",
      "norm.bias",
    ]);
  });

  it("are zeros, and ones for the gains of layer norms, unless given", () => {
    const weight = ones([3, 5]);
    const encoder = new TransformerEncoder(
      { ...config, layerNorm: true },
      new Map([["embedding.token.weight", weight]]),
    );
    const parameters = encoder.parameters();
    expect(parameters.get("embedding.token.weight")).toBe(weight);
    expect(parameters.get("norm.weight")?.toArray()).toEqual([1, 1, 1, 1, 1]);
    expect(parameters.get("unembedding.weight")?.sum().item()).toBe(0);
    expect(encoder.parameterCount).toBe([...parameters.values()].reduce((sum, { size }) => sum + size, 0));
    expect([...parameters].map(([name, { shape }]) => [name, shape])).toEqual([
      ...TransformerEncoder.parameterShapes(encoder.config),
    ]);
  });

  it("are refused by name if they do not fit", () => {
    const build = (name: string, shape: number[]) => () =>
      new TransformerEncoder(config, new Map([[name, zeros(shape)]]));
    expect(build("blocks.0.attention.key.weight", [6, 5])).toThrow(
      new ShapeError("Parameter blocks.0.attention.key.weight: expected shape [5, 6], got [6, 5]."),
    );
    expect(build("blocks.1.attention.key.weight", [5, 6])).toThrow(
      /^Unknown parameters: blocks\.1\.attention\.key\.weight\. This configuration has: embedding\.token\.weight, /,
    );
  });
});

describe("input is checked", () => {
  const encoder = new TransformerEncoder(config);

  it.each([
    [[[0, 3]], "tokens: id 3 at row 0, position 1 is outside the vocabulary; use 0 to 2."],
    [[[0.5]], "tokens: id 0.5 at row 0, position 0 is outside the vocabulary; use 0 to 2."],
    [[[0, 1], [0]], "tokens: row 1 has length 1, but 2 is expected. Pad the shorter rows and pass `padding`."], // prettier-ignore
    [[[0, 0, 0, 0, 0]], "tokens: rows of length 5 exceed maxLength 4; shorten them."],
    [[], "tokens: the batch is empty; pass one row of ids or more."],
  ])("%j", (tokens, message) => {
    expect(() => encoder.forward(tokens)).toThrow(message);
  });

  it("padding must fit the tokens", () => {
    expect(() => encoder.forward([[0, 1]], { padding: [] })).toThrow(
      "padding: 0 rows, but 1 rows of tokens; pass one row for each.",
    );
    expect(() => encoder.forward([[0, 1]], { padding: [[true]] })).toThrow(
      "padding: row 0 has length 1, but 2 is expected. Pass one flag for each token.",
    );
  });

  it("sizes must be whole numbers in range", () => {
    expect(() => new TransformerEncoder({ ...config, dModel: 0 })).toThrow(
      new RangeError("EncoderConfig: dModel is 0; it must be an integer, 1 or more."),
    );
    expect(() => new TransformerEncoder({ ...config, blocks: [{ heads: 1, dHead: 0, dFf: 0 }] })).toThrow(
      new RangeError("EncoderConfig.blocks[0]: dHead is 0; it must be an integer, from 1 to 1048576."),
    );
  });
});

it("without a recorder, by the fused kernel, the logits are the same", () => {
  fc.assert(
    fc.property(configs, fc.integer(), fc.boolean(), (sizes, seed, padded) => {
      const rng = new Rng(seed);
      const encoder = new TransformerEncoder(sizes, randomParameters(TransformerEncoder.parameterShapes(sizes), rng));
      const length = 1 + rng.int(sizes.maxLength);
      const grid = <T>(draw: () => T): T[][] => [1, 2, 3].map(() => Array.from({ length }, draw));
      const tokens = grid(() => rng.int(sizes.vocabularySize));
      const padding = padded ? grid(() => rng.int(4) > 0) : undefined;
      const fused = encoder.forward(tokens, { padding }).toArray();
      const plain = encoder.forward(tokens, { padding, record: () => undefined });
      const scale = plain.abs().max().item() + 1;
      expect(distance(fused, plain.toArray()) / scale).toBeLessThan(1e-5);
    }),
    { numRuns: 100 },
  );
});

import { Rng } from "@selectron/core";
import { Transformer, transformerConfig, transformerDefaults, type TransformerConfig } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainTransformer } from "./plain/transformer.js";
import { distance, plainParameters, randomParameters, randomTokens } from "./support.js";

const small: Partial<TransformerConfig> = {
  vocabSize: 7,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 12,
  maxPositionEmbeddings: 16,
};

const configs: fc.Arbitrary<TransformerConfig> = fc
  .record({
    vocabSize: fc.integer({ min: 2, max: 6 }),
    numAttentionHeads: fc.integer({ min: 1, max: 3 }),
    numHiddenLayers: fc.nat(2),
    intermediateSize: fc.integer({ min: 1, max: 9 }),
    layerNorm: fc.constantFrom("pre" as const, "post" as const),
    activation: fc.constantFrom("relu" as const, "gelu" as const, "geluExact" as const),
    layerNormEps: fc.constantFrom(1e-12, 1e-5, 0.1),
    scaleEmbeddings: fc.boolean(),
    bias: fc.boolean(),
    tied: fc.boolean(),
    width: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ width, ...changes }) => transformerConfig({ ...changes, hiddenSize: width * changes.numAttentionHeads }));

describe("forward", () => {
  it("agrees with plain float64 loops in every configuration, padded or not", () => {
    fc.assert(
      fc.property(configs, fc.integer(), fc.boolean(), (config, seed, padded) => {
        const rng = new Rng(seed);
        const parameters = randomParameters(Transformer.parameterShapes(config), rng);
        const model = new Transformer(config, parameters);
        const [m, n] = [1 + rng.int(5), 1 + rng.int(5)];
        const source = randomTokens(rng, 2, m, config.vocabSize);
        const target = randomTokens(rng, 2, n, config.vocabSize);
        const flags = (length: number): boolean[][] | undefined =>
          padded ? [0, 1].map(() => Array.from({ length }, () => rng.int(3) > 0)) : undefined;
        const [sourcePadding, targetPadding] = [flags(m), flags(n)];
        const actual = model.forward(source, target, { sourcePadding, targetPadding });
        const expected = source.map((row, b) =>
          plainTransformer(config, plainParameters(parameters), row, target[b]!, {
            source: sourcePadding?.[b],
            target: targetPadding?.[b],
          }),
        );
        expect(actual.shape).toEqual([2, n, config.vocabSize]);
        const scale = 1 + Math.max(...expected.flat(2).map(Math.abs));
        expect(distance(actual.toArray(), expected) / scale).toBeLessThan(1e-3);
      }),
      { numRuns: 100 },
    );
  });

  it("gives probabilities", () => {
    const model = new Transformer(small, new Rng(1));
    const total = model
      .forward([[1, 2, 3]], [[4, 5]])
      .exp()
      .sum(-1);
    expect(distance(total.toArray(), [[1, 1]])).toBeLessThan(1e-6);
  });

  it("gives the same by the fused kernel and, when watched, by the pattern", () => {
    const model = new Transformer(small, new Rng(2));
    const [source, target] = [randomTokens(new Rng(3), 3, 6, 7), randomTokens(new Rng(4), 3, 5, 7)];
    const names: string[] = [];
    const seen = model.forward(source, target, { record: (name) => names.push(name) });
    expect(distance(model.forward(source, target).toArray(), seen.toArray())).toBeLessThan(1e-5);
    const sublayers = (path: string, attentions: string[]): string[] => [
      `${path}.embedding`,
      ...[0, 1].flatMap((i) => [
        ...attentions.flatMap((name) => [
          `${path}.blocks.${i}.${name}.pattern`,
          `${path}.blocks.${i}.${name}.heads`,
          `${path}.blocks.${i}.${name}.residual`,
        ]),
        `${path}.blocks.${i}.feedForward.hidden`,
        `${path}.blocks.${i}.feedForward.residual`,
      ]),
    ];
    expect(names).toEqual([
      ...sublayers("encoder", ["attention"]),
      ...sublayers("decoder", ["attention", "crossAttention"]),
    ]);
  });
});

describe("dropout", () => {
  const model = new Transformer(small, new Rng(5));
  const [source, target] = [[[1, 2, 3]], [[4, 5]]];
  const pass = (rng?: Rng): unknown => model.forward(source, target, { rng }).toArray();

  it("happens if an Rng is passed, and is the same for the same seed", () => {
    expect(pass()).toEqual(pass());
    expect(pass(new Rng(1))).toEqual(pass(new Rng(1)));
    expect(pass(new Rng(1))).not.toEqual(pass(new Rng(2)));
    expect(pass(new Rng(1))).not.toEqual(pass());
  });

  it("happens in the embeddings, the sublayers' outputs and the patterns", () => {
    /** The activations that dropout changes, in the order of computation. */
    const changedBy = (changes: Partial<TransformerConfig>): string[] => {
      const half = new Transformer(
        { ...small, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, ...changes },
        new Rng(6),
      );
      const changed: string[] = [];
      const plain: Record<string, unknown> = {};
      half.forward(source, target, { record: (name, value) => void (plain[name] = value.toArray()) });
      half.forward(source, target, {
        rng: new Rng(7),
        record: (name, value) => void (distance(value.toArray(), plain[name]) > 0 && changed.push(name)),
      });
      return changed;
    };
    expect(changedBy({})).toEqual([]);
    expect(changedBy({ hiddenDropoutProb: 0.5 })[0]).toBe("encoder.embedding");
    // Patterns are recorded before dropout, so what heads give is the first to differ.
    expect(changedBy({ attentionProbsDropoutProb: 0.5 })[0]).toBe("encoder.blocks.0.attention.heads");
  });
});

describe("configuration", () => {
  it("has these defaults", () => {
    expect(transformerDefaults).toMatchObject({
      vocabSize: 30000,
      hiddenSize: 768,
      numHiddenLayers: 12,
      numAttentionHeads: 12,
      intermediateSize: 3072,
      hiddenDropoutProb: 0.1,
      attentionProbsDropoutProb: 0.1,
      maxPositionEmbeddings: 512,
      layerNormEps: 1e-12,
    });
  });

  it.each([
    [
      { hiddenSize: 10, numAttentionHeads: 3 },
      "TransformerConfig: numAttentionHeads 3 does not divide hiddenSize 10; each head gets an equal part.",
    ],
    [{ ...small, vocabSize: 0 }, "TransformerConfig: vocabSize is 0; it must be an integer, 1 or more."],
    [
      { ...small, hiddenDropoutProb: 1 },
      "TransformerConfig: hiddenDropoutProb is 1; it must be 0 or more and less than 1.",
    ],
  ])("%j is refused", (config, message) => {
    expect(() => new Transformer(config)).toThrow(new RangeError(message));
  });

  it("pairs of batches must fit", () => {
    expect(() => new Transformer(small).forward([[1]], [])).toThrow(
      new RangeError("forward: 1 source rows, but 0 target rows; pass pairs."),
    );
  });
});

it("an Rng draws the parameters: the same for the same seed, and all of them require gradients", () => {
  const [a, b] = [new Transformer(small, new Rng(1)).parameters(), new Transformer(small, new Rng(1)).parameters()];
  for (const [name, value] of a) expect(b.get(name)!.toArray()).toEqual(value.toArray());
  expect([...a.values()].every(({ requiresGrad }) => requiresGrad)).toBe(true);
  const bound = Math.sqrt(6 / (8 + 12));
  const hidden = a.get("encoder.blocks.0.feedForward.hidden.weight")!;
  expect(hidden.abs().max().item()).toBeLessThanOrEqual(bound);
  expect(hidden.abs().max().item()).toBeGreaterThan(0.9 * bound);
  expect(a.get("encoder.blocks.0.feedForward.hidden.bias")!.abs().sum().item()).toBe(0);
  expect(a.get("decoder.norm.weight")!.toArray()).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
});

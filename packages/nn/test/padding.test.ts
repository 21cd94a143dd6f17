/** A padded row has the outputs of the row alone, wherever its padding is, for every positional encoding and in every model. */
import { Rng, tensor, type Tensor } from "@selectron/core";
import {
  decoderOnly,
  encoderOnly,
  generate,
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type PositionConfig,
  type Restriction,
  type TransformerConfig,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../test/long.js";
import { distance, randomParameters, randomTokens } from "./support.js";

const sizes: Partial<TransformerConfig> = {
  vocabSize: 5,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 6,
  maxPositionEmbeddings: 9,
  layerNormEps: 1e-5,
};

const encodings: PositionConfig[] = [
  { kind: "none" },
  { kind: "sinusoidal" },
  { kind: "learned" },
  { kind: "interpolated", trainedLength: 5 },
  { kind: "rope" },
  { kind: "ntk", factor: 2 },
  { kind: "shaw", maxDistance: 2 },
  { kind: "t5", buckets: 8, maxDistance: 6 },
  { kind: "clipped", maxDistance: 2 },
  { kind: "alibi" },
  { kind: "convolutional" },
  { kind: "dynamic", hidden: 4 },
  { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "alibi" } },
];

/** Rows of one length with a real token at least: padded on the right, on the left, on both sides, and anywhere. */
function paddings(rng: Rng, length: number): boolean[][] {
  const [from, to] = [rng.int(length), rng.int(length)];
  const rows = [
    (i: number) => i <= from,
    (i: number) => i >= from,
    (i: number) => i >= Math.min(from, to) && i <= Math.max(from, to),
    (i: number) => i === from || rng.int(2) === 0,
    () => true,
  ];
  return rows.map((isReal) => Array.from({ length }, (_, i) => isReal(i)));
}

const real = <T>(row: readonly T[], flags: readonly boolean[]): T[] => row.filter((_, i) => flags[i]);

/** The largest difference between the outputs [B, n, …] at real positions and those of each row alone, relative to the largest. */
function difference(
  batch: Tensor,
  tokens: readonly number[][],
  padding: readonly boolean[][],
  alone: (row: number[], b: number) => Tensor,
): number {
  const rows = batch.toArray() as unknown[][];
  return Math.max(
    ...tokens.map((row, b) => {
      const expected = alone(real(row, padding[b]!), b);
      const [only] = expected.toArray() as unknown[][];
      return distance(real(rows[b]!, padding[b]!), only) / (1 + expected.abs().max().item());
    }),
  );
}

const runs = breadth({ short: 1, long: 10 });

describe.each(encodings)("$kind positions", (positions) => {
  it("in encoders and decoders", () => {
    const rng = new Rng(1);
    for (let run = 0; run < runs; run++) {
      for (const config of [encoderOnly({ ...sizes, positions }), decoderOnly({ ...sizes, positions })]) {
        const model = new TransformerEncoder(config, randomParameters(TransformerEncoder.parameterShapes(config), rng));
        const length = runs === 1 ? 6 : 1 + rng.int(9);
        const [tokens, padding] = [randomTokens(rng, 5, length, 5), paddings(rng, length)];
        const batch = model.forward(tokens, { padding });
        expect(difference(batch, tokens, padding, (row) => model.forward([row]))).toBeLessThan(1e-5);
      }
    }
  });

  it("in encoder-decoders, of sources and of targets", () => {
    const rng = new Rng(2);
    for (let run = 0; run < runs; run++) {
      const config = { ...sizes, positions };
      const model = new Transformer(config, randomParameters(Transformer.parameterShapes(config), rng));
      const [m, n] = runs === 1 ? [6, 5] : [1 + rng.int(9), 1 + rng.int(9)];
      const [source, target] = [randomTokens(rng, 5, m, 5), randomTokens(rng, 5, n, 5)];
      const [sourcePadding, targetPadding] = [paddings(rng, m), paddings(rng, n).reverse()];
      const batch = model.forward(source, target, { sourcePadding, targetPadding });
      const alone = (row: number[], b: number): Tensor => model.forward([real(source[b]!, sourcePadding[b]!)], [row]);
      expect(difference(batch, target, targetPadding, alone)).toBeLessThan(1e-5);
    }
  });

  it("where a batch that is padded on the left is continued as each row alone is, with a cache", () => {
    const config = decoderOnly({ ...sizes, positions });
    const model = new TransformerDecoder(
      config,
      randomParameters(TransformerDecoder.parameterShapes(config), new Rng(3)),
    );
    const prompts = [[1, 2, 3, 4], [2], [4, 0]];
    const written: number[][] = prompts.map(() => []);
    for (let step = 0; step < 4; step++) {
      const rows = prompts.map((prompt, b) => [...prompt, ...written[b]!]);
      const length = Math.max(...rows.map((row) => row.length));
      const padding = rows.map((row) => Array.from({ length }, (_, i) => i >= length - row.length));
      const tokens = rows.map((row) => [...Array.from({ length: length - row.length }, () => 0), ...row]);
      const last = model.forward(tokens, { padding }).slice(-1, undefined, 1).toArray() as number[][][];
      last.forEach(([scores], b) => written[b]!.push(scores!.indexOf(Math.max(...scores!))));
    }
    expect(written).toEqual(prompts.map((prompt) => generate(model, prompt, { maxTokens: 4 }).tokens));
  });
});

describe.each<Restriction>([
  { window: 1 },
  { window: 1, globals: 2 },
  { strides: { by: 2, count: 2 } },
  { powers: true, globals: 1 },
])("restriction %j", (restriction) => {
  it.each([false, true])("causal: %s", (causal) => {
    const rng = new Rng(4);
    const config = { ...encoderOnly({ ...sizes, restriction }), causal };
    const model = new TransformerEncoder(config, randomParameters(TransformerEncoder.parameterShapes(config), rng));
    for (let run = 0; run < runs; run++) {
      const [tokens, padding] = [randomTokens(rng, 5, 9, 5), paddings(rng, 9)];
      expect(
        difference(model.forward(tokens, { padding }), tokens, padding, (row) => model.forward([row])),
      ).toBeLessThan(1e-5);
    }
  });
});

describe("what goes with a row", () => {
  const config = { ...encoderOnly(sizes), segments: 2, pooler: true };
  const model = new TransformerEncoder(
    config,
    randomParameters(TransformerEncoder.parameterShapes(config), new Rng(5)),
  );
  const [tokens, padding, segments] = [[[0, 1, 2, 3]], [[false, true, false, true]], [[0, 1, 1, 0]]];
  const alone = { tokens: [[1, 3]], segments: [[1, 0]] };

  it("segments and the pooled vector", () => {
    const batch = model.forward(tokens, { padding, segments });
    expect(
      difference(batch, tokens, padding, () => model.forward(alone.tokens, { segments: alone.segments })),
    ).toBeLessThan(1e-5);
    const pooled = model.pool(tokens, { padding, segments });
    expect(distance(pooled.toArray(), model.pool(alone.tokens, { segments: alone.segments }).toArray())).toBeLessThan(
      1e-5,
    );
  });

  it("activations, which are recorded and patched in the order of the row", () => {
    const seen = new Map<string, Tensor>();
    model.forward(tokens, { padding, record: (name, value) => void seen.set(name, value) });
    const own = new Map<string, Tensor>();
    model.forward(alone.tokens, { record: (name, value) => void own.set(name, value) });
    for (const [name, value] of own) {
      const whole = seen.get(name)!.toArray() as unknown[][];
      const part = /pattern|heads$/.test(name)
        ? [
            (whole[0] as number[][][]).map((head) =>
              [1, 3].map((i) => (name.endsWith("heads") ? head[i]! : [1, 3].map((j) => head[i]![j]!))),
            ),
          ]
        : [[1, 3].map((i) => whole[0]![i])];
      expect(distance(part, value.toArray()), name).toBeLessThan(1e-5);
    }
    const clean = model.forward(tokens, { padding, record: () => undefined }).toArray();
    expect(model.forward(tokens, { padding, patch: (_, value) => value }).toArray()).toEqual(clean);
    // What a patch writes at a place reaches that place's output alone, after the last sublayer.
    const patched = model.forward(tokens, {
      padding,
      patch: (name, value) =>
        name === "blocks.1.feedForward.residual" ? value.mul(tensor([1, 1, 1, -1], [1, 4, 1])) : value,
    });
    const changed = (patched.toArray() as number[][][])[0]!.map(
      (row, i) => distance(row, (clean as number[][][])[0]![i]!) > 1e-3,
    );
    expect(changed).toEqual([false, false, false, true]);
  });

  it("gradients", () => {
    const [a, b] = [tokens, alone.tokens].map((rows, which) => {
      const shapes = TransformerEncoder.parameterShapes(encoderOnly(sizes));
      const parameters = randomParameters(shapes, new Rng(6));
      for (const value of parameters.values()) value.requiresGrad = true;
      const logits = new TransformerEncoder(encoderOnly(sizes), parameters).forward(
        rows,
        which === 0 ? { padding } : {},
      );
      const chosen = which === 0 ? logits.reshape([4, 5]).gather([1, 3]) : logits.reshape([2, 5]);
      chosen.pow(2).sum().backward();
      return [...parameters.values()].map(({ grad }) => grad!.toArray());
    });
    expect(distance(a, b)).toBeLessThan(1e-3);
  });
});

/** Every positional encoding against its formula in plain loops. */
import { randn, Rng, tensor, type Tensor } from "@selectron/core";
import {
  encoderOnly,
  MultiHeadAttention,
  ParameterStore,
  positionsOf,
  sinusoidalTable,
  t5Bucket,
  TransformerEncoder,
  type PositionConfig,
  type Positions,
} from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainLayers, type Matrix, type PlainAttention } from "../plain/layers.js";
import { distance, plainParameters } from "../support.js";

const [B, D, H, dHead, maxLength] = [2, 12, 2, 6, 16];

/** An encoding with normal parameters, and self-attention with it. */
function build(config: PositionConfig, causal: boolean, seed: number) {
  const rng = new Rng(seed);
  const names = new ParameterStore();
  const declare = (store: ParameterStore): { positions: Positions; attention: MultiHeadAttention } => {
    const sizes = { dModel: D, maxLength, heads: H, dHead, causal };
    const positions = positionsOf(config, store.scope.child("position"), sizes);
    const scope = store.scope.child("attention");
    const relative = positions.relative?.(scope.child("position"));
    return { positions, attention: new MultiHeadAttention(scope, { dModel: D, heads: H, dHead, causal, relative }) };
  };
  declare(names);
  const values = new Map([...names.parameters].map(([name, { shape }]) => [name, randn(shape, rng)]));
  return { ...declare(new ParameterStore(values)), parameters: values, plain: plainParameters(values), rng };
}

const clip = (offset: number, most: number): number => Math.max(-most, Math.min(most, offset));

describe("inside attention", () => {
  type Formula = (parameters: Record<string, Matrix>) => PlainAttention;
  const turned = (base: number, scale = 1): PlainAttention => ({
    turn: (row, position) =>
      row.map((value, c) => {
        const angle = position / scale / base ** ((c - (c % 2)) / dHead);
        const other = row[c % 2 === 0 ? c + 1 : c - 1]!;
        return value * Math.cos(angle) + (c % 2 === 0 ? -1 : 1) * other * Math.sin(angle);
      }),
  });
  const shaw =
    (most: number): Formula =>
    (p) => ({
      score: (_, i, j, query) =>
        query.reduce((sum, q, c) => sum + q * p["attention.position.key"]![most + clip(j - i, most)]![c]!, 0) /
        Math.sqrt(dHead),
      value: (i, j) => p["attention.position.value"]![most + clip(j - i, most)]!,
    });
  const alibi: PlainAttention = { score: (h, i, j) => -[0.0625, 0.00390625][h]! * Math.abs(i - j) };

  it.each<[PositionConfig, boolean, Formula]>([
    [{ kind: "none" }, false, () => ({})],
    [{ kind: "rope" }, false, () => turned(10000)],
    [{ kind: "rope", base: 100, interpolation: 4 }, true, () => turned(100, 4)],
    [{ kind: "ntk", factor: 8 }, false, () => turned(10000 * 8 ** (6 / 4))],
    [{ kind: "shaw", maxDistance: 3 }, false, shaw(3)],
    [{ kind: "shaw", maxDistance: 1 }, true, shaw(1)],
    [{ kind: "alibi" }, true, () => alibi],
    [
      { kind: "t5", buckets: 8, maxDistance: 10 },
      false,
      (p) => ({ score: (h, i, j) => p["position.bias"]![t5Bucket(j - i, 8, 10, false)]![h]! }),
    ],
    [
      { kind: "t5", buckets: 8, maxDistance: 10 },
      true,
      (p) => ({ score: (h, i, j) => p["position.bias"]![t5Bucket(j - i, 8, 10, true)]![h]! }),
    ],
    [
      { kind: "clipped", maxDistance: 2 },
      false,
      (p) => ({ score: (h, i, j) => p["position.bias"]![2 + clip(j - i, 2)]![h]! }),
    ],
    [
      { kind: "composite", absolute: { kind: "sinusoidal" }, relative: { kind: "shaw", maxDistance: 2 } },
      false,
      (p) => {
        const { score, value } = shaw(2)(p);
        const beta = (p["position.beta"] as unknown as number[])[0]!;
        return { score: (...at) => beta * score!(...at), value: (i, j) => value!(i, j).map((v) => beta * v) };
      },
    ],
  ])("%j (causal: %j)", (config, causal, formula) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, length) => {
        const { attention, plain, rng } = build(config, causal, seed);
        const x = randn([B, length, D], rng);
        const actual = attention.forward(x).toArray();
        const layers = new PlainLayers(plain);
        const expected = (x.toArray() as Matrix[]).map(
          (row) =>
            layers.attention(row, row, "attention", H, {
              ...formula(plain as Record<string, Matrix>),
              sees: (i, j) => !causal || j <= i,
            }).output,
        );
        expect(distance(actual, expected)).toBeLessThan(2e-4);
        // With the pattern in memory the result is the same.
        const patterns: Tensor[] = [];
        const watched = attention.forward(x, { watch: (_, pattern) => (patterns.push(pattern), pattern) });
        expect(distance(watched.toArray(), actual)).toBeLessThan(1e-4);
        expect(patterns.map(({ shape }) => shape)).toEqual([[B, H, length, length]]);
      }),
      { numRuns: 25 },
    );
  });
});

describe("added to the embeddings", () => {
  const absolute = (config: PositionConfig, causal: boolean, length: number, hidden?: number[][]) => {
    const built = build(config, causal, 7);
    const x = randn([B, length, D], built.rng);
    const hiddenKeys = hidden && tensor(hidden);
    const p = built.positions.absolute!(x, { start: 0, hiddenKeys });
    const actual = p.add(x.mul(0)).toArray() as Matrix[];
    return { ...built, actual, x: x.toArray() as Matrix[] };
  };

  it("learned: the table's rows", () => {
    const { actual, plain } = absolute({ kind: "learned" }, false, 5);
    expect(actual[1]).toEqual((plain["position.weight"] as Matrix).slice(0, 5));
  });

  it("interpolated: between the rows of a shorter table", () => {
    const { actual, plain } = absolute({ kind: "interpolated", trainedLength: 6 }, false, maxLength);
    const table = plain["position.weight"] as Matrix;
    const expected = Array.from({ length: maxLength }, (_, i) => {
      const place = (6 / maxLength) * i;
      const [low, high] = [table[Math.floor(place)]!, table[Math.min(5, Math.floor(place) + 1)]!];
      return low.map((value, c) => value + (place - Math.floor(place)) * (high[c]! - value));
    });
    expect(distance(actual[0], expected)).toBeLessThan(1e-6);
    expect(table.length).toBe(6);
  });

  it.each([false, true])("convolutional: kernels of several sizes on their channels (causal: %j)", (causal) => {
    const hidden = [[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1]]; // prettier-ignore
    const { actual, plain, x } = absolute({ kind: "convolutional", kernels: [3, 5, 1, 3, 3] }, causal, 7, hidden);
    // 12 channels over 5 scales: 3, 3, 2, 2, 2.
    const scales = [3, 3, 2, 2, 2].flatMap((channels, scale) =>
      Array.from({ length: channels }, (_, c) => ({ scale, c })),
    );
    const expected = x.map((row, b) =>
      row.map((_, i) =>
        scales.map(({ scale, c }, channel) => {
          const kernel = plain[`position.kernel${scale}`] as Matrix;
          return kernel.reduce((sum, taps, k) => {
            const at = causal ? i + k - kernel.length + 1 : i + k - (kernel.length - 1) / 2;
            return sum + (hidden[b]![at] === 0 ? row[at]![channel]! : 0) * taps[c]!;
          }, 0);
        }),
      ),
    );
    expect(distance(actual, expected)).toBeLessThan(1e-5);
  });

  it.each([false, true])("dynamic: an MLP of the position and the mean of what it sees (causal: %j)", (causal) => {
    const hidden = [[0, 0, 0, 0], [0, 1, 0, 1]]; // prettier-ignore
    const { actual, plain, x } = absolute({ kind: "dynamic", hidden: 5 }, causal, 4, hidden);
    const layers = new PlainLayers(plain);
    const expected = x.map((row, b) =>
      row.map((_, i) => {
        const seen = row.filter((_, j) => hidden[b]![j] === 0 && (!causal || j <= i));
        const mean = row[0]!.map((_, c) => seen.reduce((sum, v) => sum + v[c]!, 0) / seen.length);
        const features = (sinusoidalTable(i, 1, D).toArray() as Matrix)[0]!;
        const units = layers.linear([[...features, ...mean]], "position.hidden")[0]!.map((unit) => Math.max(0, unit));
        return layers.linear([units], "position.output")[0]!;
      }),
    );
    expect(distance(actual, expected)).toBeLessThan(1e-5);
  });

  it("composite: α of one and β of the other", () => {
    const config: PositionConfig = { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "alibi" } };
    const { actual, plain } = absolute(config, false, 3);
    const alpha = (plain["position.alpha"] as number[])[0]!;
    const table = plain["position.absolute.weight"] as Matrix;
    const expected = table.slice(0, 3).map((row) => row.map((v) => alpha * v));
    expect(distance(actual[0], expected)).toBeLessThan(1e-6);
  });
});

describe("order", () => {
  const sizes = {
    vocabSize: 6,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 8,
    maxPositionEmbeddings: 8,
  };
  const kinds: PositionConfig[] = [
    { kind: "sinusoidal" },
    { kind: "learned" },
    { kind: "interpolated", trainedLength: 4 },
    { kind: "rope" },
    { kind: "ntk", factor: 2 },
    { kind: "shaw", maxDistance: 4 },
    { kind: "t5" },
    { kind: "clipped", maxDistance: 4 },
    { kind: "alibi" },
    { kind: "convolutional" },
    { kind: "dynamic" },
    { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "t5" } },
  ];
  const outcome = (positions: PositionConfig, tokens: number[]): Tensor => {
    const config = encoderOnly({ ...sizes, positions });
    const rng = new Rng(5);
    const parameters = new Map(
      [...TransformerEncoder.parameterShapes(config)].map(([name, shape]) => [name, randn(shape, rng).mul(0.3)]),
    );
    return new TransformerEncoder(config, parameters).forward([tokens]).slice(0, 1, 1);
  };
  const other = (positions: PositionConfig): number =>
    distance(outcome(positions, [1, 2, 3, 4]).toArray(), outcome(positions, [1, 4, 3, 2]).toArray());

  it("does not matter to the first position without an encoding", () => {
    expect(other({ kind: "none" })).toBeLessThan(1e-5);
  });

  it.each(kinds)("matters with $kind", (positions) => {
    expect(other(positions)).toBeGreaterThan(3e-4);
  });
});

describe("out of range", () => {
  it.each<[PositionConfig, string]>([
    [{ kind: "shaw", maxDistance: 0 }, 'Positions "shaw": maxDistance is 0; it must be an integer, 1 or more.'],
    [{ kind: "ntk", factor: 0.5 }, 'Positions "ntk": factor is 0.5; it must be a finite number, 1 or more.'],
    [{ kind: "t5", buckets: 6 }, 'Positions "t5": buckets is 6; it must be a multiple of 4.'],
    [
      { kind: "convolutional", kernels: [4] },
      'Positions "convolutional": a kernel\'s size is 4; it must be an odd integer, 1 or more.',
    ],
    [
      { kind: "composite", absolute: { kind: "alibi" }, relative: { kind: "t5" } },
      "Composite positions need an absolute encoding (sinusoidal, learned, interpolated, convolutional or dynamic) and a relative one (shaw, t5, clipped or alibi).",
    ],
    [
      { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "rope" } },
      "Composite positions weigh biases; a rotation has no weight. Use shaw, t5, clipped or alibi.",
    ],
  ])("%j is refused", (config, message) => {
    expect(() => build(config, false, 1)).toThrow(new RangeError(message));
  });

  it("rotary needs an even width, the same in all blocks", () => {
    const blocks = [
      { heads: 1, dHead: 3, dFf: 0 },
      { heads: 2, dHead: 2, dFf: 0 },
    ];
    const config = { vocabularySize: 2, maxLength: 4, dModel: 4, outputs: 2, positions: { kind: "rope" as const } };
    expect(() => new TransformerEncoder({ ...config, blocks: blocks.slice(0, 1) })).toThrow(
      "Rotary positions turn pairs of columns; dHead is 3, and must be even.",
    );
    expect(() => new TransformerEncoder({ ...config, blocks })).toThrow(
      'Positions "rope" act in every layer alike; the blocks must have equal heads and dHead.',
    );
  });
});

/** Restricted attention: equal to dense attention under a mask, at a cost that grows with the keys looked at. */
import { randn, Rng, Tensor, tensor } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import {
  DecodingCache,
  Dropout,
  decoderOnly,
  encoderOnly,
  keysOf,
  looksAt,
  TransformerDecoder,
  TransformerEncoder,
  type Restriction,
} from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { restrictedAttention, restrictionMask } from "../../src/attention/restricted.js";
import { softmax } from "../plain/layers.js";
import { distance, randomParameters, randomTokens } from "../support.js";

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const restrictions: fc.Arbitrary<Restriction> = fc.record({
  window: optional(fc.nat(4)),
  strides: optional(fc.record({ by: fc.integer({ min: 1, max: 4 }), count: fc.integer({ min: 1, max: 3 }) })),
  powers: fc.boolean(),
  globals: optional(fc.nat(3)),
});

describe("the keys of a query", () => {
  it.each<[Restriction, boolean, number[]]>([
    [{}, false, [6]],
    [{ window: 2 }, false, [4, 5, 6, 7, 8]],
    [{ window: 2 }, true, [4, 5, 6]],
    [{ strides: { by: 3, count: 2 } }, false, [0, 3, 6, 9]],
    [{ powers: true }, false, [2, 4, 5, 6, 7, 8]],
    [{ powers: true }, true, [2, 4, 5, 6]],
    [{ globals: 2, window: 1 }, false, [0, 1, 5, 6, 7]],
    [{ globals: 7 }, true, [0, 1, 2, 3, 4, 5, 6]],
  ])("%j (causal: %j), at position 6 of 10: %j", (restriction, causal, keys) => {
    expect(keysOf(restriction, causal, 6, 10)).toEqual(keys);
  });

  it("are found without testing every key", () => {
    fc.assert(
      fc.property(restrictions, fc.boolean(), fc.integer({ min: 1, max: 40 }), (restriction, causal, length) => {
        for (let query = 0; query < length; query++) {
          const all = Array.from({ length }, (_, key) => key);
          expect(keysOf(restriction, causal, query, length)).toEqual(
            all.filter((key) => looksAt(restriction, causal, query, key)),
          );
        }
      }),
    );
  });
});

describe("values", () => {
  it("are those of dense attention under the mask, in plain float64 loops", () => {
    fc.assert(
      fc.property(restrictions, fc.boolean(), fc.boolean(), fc.integer(), (restriction, causal, padded, seed) => {
        const rng = new Rng(seed);
        const keys = 1 + rng.int(12);
        const queries = causal ? 1 + rng.int(keys) : keys;
        const heads = (length: number): Tensor => randn([2, 2, length, 3], rng);
        const [query, key, value] = [heads(queries), heads(keys), heads(keys)];
        const hidden = padded
          ? [0, 1].map(() => Array.from({ length: keys }, () => (rng.int(4) === 0 ? 1 : 0)))
          : undefined;
        const actual = restrictedAttention(query, key, value, restriction, {
          causal,
          hiddenKeys: hidden && tensor(hidden),
        });
        const [q, k, v] = [query, key, value].map((x) => x.toArray() as number[][][][]);
        const expected = q!.map((batch, b) =>
          batch.map((head, h) =>
            head.map((row, i) => {
              const weights = softmax(
                k![b]![h]!.map((other, j) =>
                  looksAt(restriction, causal, i + keys - queries, j) && !hidden?.[b]![j]
                    ? row.reduce((sum, x, c) => sum + x * other[c]!, 0) / Math.sqrt(3)
                    : -Infinity,
                ),
              );
              return row.map((_, c) => weights.reduce((sum, weight, j) => sum + weight * v![b]![h]![j]![c]!, 0));
            }),
          ),
        );
        expect(distance(actual.toArray(), expected)).toBeLessThan(1e-5);
      }),
      { numRuns: 150 },
    );
  });

  it("are the same for a whole model, watched or not, and with a cache", () => {
    fc.assert(
      fc.property(restrictions, fc.integer(), (restriction, seed) => {
        const rng = new Rng(seed);
        const sizes = {
          vocabSize: 5,
          hiddenSize: 8,
          numHiddenLayers: 2,
          numAttentionHeads: 2,
          intermediateSize: 6,
          layerNormEps: 1e-5,
          restriction,
        };
        const config = decoderOnly(sizes);
        const model = new TransformerDecoder(config, randomParameters(TransformerDecoder.parameterShapes(config), rng));
        const tokens = randomTokens(rng, 2, 9, 5);
        const logits = model.forward(tokens);
        const scale = 1 + logits.abs().max().item();
        const patterns: Tensor[] = [];
        const watched = model.forward(tokens, {
          record: (name, value) => void (name.endsWith("pattern") && patterns.push(value)),
        });
        expect(distance(watched.toArray(), logits.toArray()) / scale).toBeLessThan(1e-5);
        expect(
          patterns[0]!
            .mul(restrictionMask(restriction, true, 9, 9))
            .abs()
            .sum()
            .item(),
        ).toBe(0);
        const cache = new DecodingCache();
        const part = (start: number, end: number): number[][] => tokens.map((row) => row.slice(start, end));
        const first = model.forward(part(0, 4), { cache });
        const second = model.forward(part(4, 9), { cache });
        expect(distance(first.concat([second], 1).toArray(), logits.toArray()) / scale).toBeLessThan(1e-5);
      }),
      { numRuns: 40 },
    );
  });

  it("drop weights after the softmax", () => {
    const [query, key] = [1, 2].map((seed) => randn([1, 1, 4, 3], new Rng(seed)));
    // The value of a key is its one-hot position, so the result is the pattern.
    const value = tensor([[[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]]]); // prettier-ignore
    const weights = restrictedAttention(query!, key!, value, { powers: true }, { causal: true });
    const factors = Float32Array.from({ length: 9 }, (_, at) => at);
    const dropped = restrictedAttention(
      query!,
      key!,
      value,
      { powers: true },
      { causal: true, dropout: () => factors },
    );
    // Lists: 0 | 0 1 | 0 1 2 | 1 2 3.
    const expected = [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 5, 0], [0, 6, 7, 8]]; // prettier-ignore
    expect(distance(dropped.toArray(), weights.mul(tensor(expected)).toArray())).toBeLessThan(1e-6);
  });

  it("have gradients", () => {
    const [query, key, value] = [1, 2, 3].map((seed) => randn([1, 2, 6, 3], new Rng(seed)));
    for (const restriction of [{ window: 1 }, { powers: true, globals: 1 }, { strides: { by: 2, count: 1 } }]) {
      gradcheck((q, k, v) => restrictedAttention(q!, k!, v!, restriction, { causal: false }), [query!, key!, value!]);
      const dropout = (pairs: number): Float32Array => new Dropout(0.4).factors(pairs, new Rng(4));
      gradcheck(
        (q, k, v) => restrictedAttention(q!, k!, v!, restriction, { causal: true, dropout }),
        [query!, key!, value!],
      );
    }
  });
});

describe("cost", () => {
  /** How many elements of the keys one pass over a sequence reads. */
  function work(restriction: Restriction | undefined, length: number): number {
    let numbers = 0;
    const [query, key, value] = [1, 2, 3].map((seed) => randn([1, 1, length, 4], new Rng(seed)));
    const counting = new Proxy(key!.data, {
      get: (target, at) => {
        if (typeof at === "string" && /^\d/.test(at)) numbers++;
        return Reflect.get(target, at) as unknown;
      },
    });
    const watched = new Tensor(counting, key!.shape);
    restrictedAttention(query!, watched, value!, restriction ?? { window: length }, { causal: true });
    return numbers;
  }
  const growth = (restriction: Restriction | undefined): number => work(restriction, 256) / work(restriction, 128);

  it("grows like the length, not like its square", () => {
    expect(growth({ window: 5 })).toBeLessThan(2.1);
    expect(growth({ strides: { by: 4, count: 6 }, window: 1 })).toBeLessThan(2.1);
    expect(growth({ window: 2, globals: 2 })).toBeLessThan(2.1);
    // One key more for each doubling: n log n.
    expect(growth({ powers: true })).toBeLessThan(2.35);
    expect(work({ window: 2, globals: 2 }, 128)).toBe(4 * (1 + 2 + 3 + 4 + 124 * 5));
    expect(growth(undefined)).toBeGreaterThan(3.9);
  });
});

describe("out of range", () => {
  const sizes = { vocabSize: 5, hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 6 };
  it.each<[Restriction, string]>([
    [{ window: -1 }, "Restriction: window is -1; it must be an integer, 0 or more."],
    [{ globals: 0.5 }, "Restriction: globals is 0.5; it must be an integer, 0 or more."],
    [{ strides: { by: 0, count: 1 } }, "Restriction.strides: by is 0; it must be an integer, 1 or more."],
  ])("%j", (restriction, message) => {
    expect(() => new TransformerEncoder(encoderOnly({ ...sizes, restriction }))).toThrow(new RangeError(message));
  });

  it("is refused with encodings that score all pairs", () => {
    const config = encoderOnly({ ...sizes, restriction: { window: 1 }, positions: { kind: "alibi" } });
    expect(() => new TransformerEncoder(config)).toThrow(
      new RangeError('Positions "alibi" score all pairs, which a restriction is there to avoid. Use others.'),
    );
  });
});

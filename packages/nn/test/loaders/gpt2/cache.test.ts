/** Gpt2 with a cache of keys and values: the same logits and texts as without, from new positions alone. */
import { Rng, Tensor } from "@selectron/core";
import {
  DecodingCache,
  generate,
  generateBeams,
  Gpt2,
  gpt2Config,
  gpt2Shapes,
  Transformer,
  uncached,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { distance, randomParameters, randomTokens } from "../../support.js";

const config = gpt2Config({ n_layer: 2, n_head: 2, n_embd: 8, n_positions: 12, vocab_size: 7 });
const rng = new Rng(3);
const model = new Gpt2(config, randomParameters(gpt2Shapes(config), rng));
const rows = randomTokens(rng, 3, 10, 7);
const logits = model.forward(rows).toArray() as number[][][];
const slow = uncached((tokens) => model.forward(tokens), 12);

describe("Gpt2 with a cache", () => {
  it("has the logits of all positions together, in steps of any lengths", () => {
    const cache = new DecodingCache();
    for (const [from, to] of [
      [0, 4],
      [4, 5],
      [5, 10],
    ] as const) {
      const part = model.forward(
        rows.map((row) => row.slice(from, to)),
        { cache },
      );
      expect(
        distance(
          part.toArray(),
          logits.map((row) => row.slice(from, to)),
        ),
      ).toBeLessThan(1e-5);
    }
    expect(cache.length).toBe(10);
  });

  it("gives the logits of the last position alone", () => {
    const last = model.forward(rows, { lastOnly: true });
    expect(last.shape).toEqual([3, 1, 7]);
    expect(
      distance(
        last.toArray(),
        logits.map((row) => row.slice(-1)),
      ),
    ).toBeLessThan(1e-5);
  });

  it("shows patterns over all keys", () => {
    const cache = new DecodingCache();
    model.forward([[1, 2, 3]], { cache });
    const shapes: (readonly number[])[] = [];
    model.forward([[4, 5]], { cache, record: (name, { shape }) => name.endsWith(".pattern") && shapes.push(shape) });
    expect(shapes).toEqual([
      [1, 2, 2, 5],
      [1, 2, 2, 5],
    ]);
  });

  it("writes what it writes without, also with beams and up to its context", () => {
    for (const options of [{}, { temperature: 1.5 }, { beams: 3 }, { beams: 4, stop: [0], lengthPenalty: 0.5 }]) {
      const fast = generate(model, [1, 2], { maxTokens: 30, ...options });
      expect(fast).toMatchObject({ tokens: generate(slow, [1, 2], { maxTokens: 30, ...options }).tokens });
      expect(generateBeams(model, [3], { beams: 3, maxTokens: 4 }).map(({ tokens }) => tokens)).toEqual(
        generateBeams(slow, [3], { beams: 3, maxTokens: 4 }).map(({ tokens }) => tokens),
      );
    }
    expect(generate(model, [1, 2], { maxTokens: 30 }).ended).toBe("context");
  });

  it("refuses what a cache does not know", () => {
    const cache = new DecodingCache();
    expect(() => model.forward([[1]], { cache, positions: [[0]] })).toThrow("positions and a cache exclude each other");
    expect(() => model.forward([[1]], { cache, padding: [[true]] })).toThrow("padding and a cache exclude each other");
    expect(() => model.forward([[1]], { lastOnly: true, padding: [[true]] })).toThrow("padding and lastOnly");
    model.forward([rows[0]!], { cache });
    expect(() => model.forward([[1, 2, 3]], { cache })).toThrow(
      "rows of 13 tokens are longer than the model's context of 12",
    );
  });
});

describe("DecodingCache.reordered", () => {
  const values = new Tensor(
    Float32Array.from({ length: 6 }, (_, i) => i),
    [3, 2],
  );

  it("copies no rows that stay, and none that are all the same", () => {
    const cache = new DecodingCache();
    cache.set("rows", values);
    expect(cache.reordered([0, 1, 2]).get("rows")).toBe(cache.get("rows"));
    cache.set("one", values.slice(0, 1));
    const three = cache.reordered([0, 0, 0]);
    expect(three.get("one")!.toArray()).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(three.reordered([2, 0]).get("one")!.toArray()).toEqual([
      [0, 1],
      [0, 1],
    ]);
    three.append("one", values, 1);
    expect(three.reordered([2, 0]).get("one")!.toArray()).toEqual([
      [0, 1, 4, 5],
      [0, 1, 0, 1],
    ]);
  });

  it("moves the rows of a decoder with a memory", () => {
    const translator = new Transformer(
      {
        vocabSize: 6,
        hiddenSize: 8,
        numHiddenLayers: 1,
        numAttentionHeads: 2,
        intermediateSize: 8,
        maxPositionEmbeddings: 12,
      },
      new Rng(1),
    );
    const reading = translator.reading([1, 2, 3]);
    const whole = uncached((tokens) => {
      const source = tokens.map(() => [1, 2, 3]);
      return translator.scores(translator.decode(tokens, translator.encode(source)));
    }, 12);
    expect(generateBeams(reading, [1], { beams: 3, maxTokens: 6 }).map(({ tokens }) => tokens)).toEqual(
      generateBeams(whole, [1], { beams: 3, maxTokens: 6 }).map(({ tokens }) => tokens),
    );
  });
});

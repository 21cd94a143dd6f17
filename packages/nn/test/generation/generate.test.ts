import { Rng, tensor, type Tensor } from "@selectron/core";
import {
  decoderOnly,
  distribution,
  generate,
  generateBeams,
  stream,
  streamAsync,
  Transformer,
  TransformerDecoder,
  type Forward,
  type GenerateOptions,
  type Generated,
} from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { softmax } from "../plain/layers.js";
import { randomParameters } from "../support.js";
import { logProbabilities } from "../../src/generation/sampling.js";

const V = 4;

/** A language model whose logits are random for every prefix, but always the same for the same one. */
function randomModel(seed: number): Forward {
  const logitsOf = (row: readonly number[]): number[] => {
    const rng = new Rng(row.reduce((hash, id) => (hash * 31 + id + 1) | 0, seed));
    return Array.from({ length: V }, () => 2 * rng.normal());
  };
  return (tokens) => tensor(tokens.map((row) => row.map((_, i) => logitsOf(row.slice(0, i + 1)))));
}

const logitsAfter = (model: Forward, row: readonly number[]): number[] =>
  (model([row]).toArray() as number[][][])[0]!.at(-1)!;

/** Every sequence that ends with a stop token or at the maximum length, with its log-probability. */
function everySequence(model: Forward, prompt: number[], maxTokens: number, stop: readonly number[]): Generated[] {
  const found: Generated[] = [];
  const visit = (tokens: number[], logProbability: number): void => {
    if (tokens.length === maxTokens) return void found.push({ tokens, logProbability, ended: "length" });
    softmax(logitsAfter(model, [...prompt, ...tokens])).forEach((p, token) => {
      const total = logProbability + Math.log(p);
      if (stop.includes(token)) found.push({ tokens, logProbability: total, ended: "stop" });
      else visit([...tokens, token], total);
    });
  };
  visit([], 0);
  return found;
}

describe("greedy", () => {
  it("takes the most probable token each time, until a stop token", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(8), (seed, maxTokens) => {
        const model = randomModel(seed);
        const tokens: number[] = [];
        let [logProbability, ended] = [0, "length"];
        while (tokens.length < maxTokens && ended === "length") {
          const p = softmax(logitsAfter(model, [3, ...tokens]));
          const best = p.indexOf(Math.max(...p));
          logProbability += Math.log(p[best]!);
          if (best === 2) ended = "stop";
          else tokens.push(best);
        }
        const actual = generate(model, [3], { maxTokens, stop: [2] });
        expect(actual).toMatchObject({ tokens, ended });
        expect(actual.logProbability).toBeCloseTo(logProbability, 5);
      }),
    );
  });
});

describe("beams", () => {
  it("find what an exhaustive search finds, if there are enough of them", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.subarray([0, 2, 3], { maxLength: 2 }),
        fc.constantFrom(0, 0.6, 1, 2),
        (seed, maxTokens, stop, lengthPenalty) => {
          const model = randomModel(seed);
          const score = ({ logProbability, tokens, ended }: Generated): number =>
            logProbability / ((5 + tokens.length + (ended === "stop" ? 1 : 0)) / 6) ** lengthPenalty;
          const expected = everySequence(model, [1], maxTokens, stop).sort((a, b) => score(b) - score(a));
          const beams = V ** maxTokens;
          const actual = generateBeams(model, [1], { maxTokens, stop, lengthPenalty, beams });
          expect(actual.length).toBe(expected.length);
          expected.slice(0, 5).forEach(({ tokens, logProbability, ended }, place) => {
            expect(actual[place]).toMatchObject({ tokens, ended });
            expect(actual[place]!.logProbability).toBeCloseTo(logProbability, 4);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of width 1 are greedy, and wide ones find nothing less probable", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const model = randomModel(seed);
        const options = { maxTokens: 4 };
        const greedy = generate(model, [0], options);
        expect(generateBeams(model, [0], { ...options, beams: 1 })[0]).toEqual(greedy);
        const all = generate(model, [0], { ...options, beams: V ** 3 });
        expect(all.logProbability).toBeGreaterThanOrEqual(greedy.logProbability);
      }),
    );
  });

  it("two of them find what greedy misses", () => {
    // After 0 comes 1 (0.6) or 2 (0.4); after 1 all tokens are equally likely, after 2 comes 3 for certain.
    const rows: Record<string, number[]> = {
      "0": [0, 0.6, 0.4, 0],
      "0,1": [0.25, 0.25, 0.25, 0.25],
      "0,2": [0, 0, 0, 1],
    };
    const after = (ids: readonly number[]): number[] => rows[ids.join()] ?? [1, 0, 0, 0];
    const logits = (ids: readonly number[]): number[] => after(ids).map((p) => Math.log(p + 1e-30));
    const model: Forward = (tokens) => tensor(tokens.map((row) => row.map((_, i) => logits(row.slice(0, i + 1)))));
    expect(generate(model, [0], { maxTokens: 2 }).tokens).toEqual([1, 0]);
    expect(generate(model, [0], { maxTokens: 2, beams: 2 }).tokens).toEqual([2, 3]);
  });
});

describe("distribution", () => {
  const logits = [0.5, 0.3, 0.15, 0.05].map(Math.log);
  it.each<[GenerateOptions, number[]]>([
    [{}, [0.5, 0.3, 0.15, 0.05]],
    [{ topK: 2 }, [0.625, 0.375, 0, 0]],
    [{ topK: 9 }, [0.5, 0.3, 0.15, 0.05]],
    // 0.5 + 0.3 falls short of 0.85, so the third comes in.
    [{ topP: 0.85 }, [0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0]],
    [{ topP: 0.1 }, [1, 0, 0, 0]],
    // p², normalised.
    [{ temperature: 0.5 }, [0.25, 0.09, 0.0225, 0.0025].map((p) => p / 0.365)],
    // The nucleus is taken of what topK keeps: 0.625 already reaches 0.6.
    [{ topK: 2, topP: 0.6 }, [1, 0, 0, 0]],
    [{ temperature: 0.5, topK: 3, topP: 0.9 }, [0.25 / 0.34, 0.09 / 0.34, 0, 0]],
  ])("%j", (options, expected) => {
    distribution(logits, options).forEach((p, id) => expect(p).toBeCloseTo(expected[id]!, 6));
  });

  it("is what sampling draws from", () => {
    const model: Forward = (tokens) => tensor(tokens.map((row) => row.map(() => logits)));
    const { tokens } = generate(model, [0], { maxTokens: 4000, topK: 3, rng: new Rng(5) });
    const share = (id: number): number => tokens.filter((token) => token === id).length / 4000;
    for (const [id, p] of [0.5, 0.3, 0.15].entries()) expect(Math.abs(share(id) - p / 0.95)).toBeLessThan(0.025);
    expect(share(3)).toBe(0);
  });
});

describe("seeds", () => {
  const model = randomModel(7);
  const tokens = (seed: number, options: GenerateOptions = {}): readonly number[] =>
    generate(model, [0], { maxTokens: 20, temperature: 1.5, rng: new Rng(seed), ...options }).tokens;

  it("determine the tokens", () => {
    expect(tokens(1)).toEqual(tokens(1));
    expect(tokens(1)).not.toEqual(tokens(2));
    expect(tokens(1, { beams: 3 })).toEqual(tokens(1, { beams: 3 }));
    expect(tokens(1, { beams: 2, topK: 4 })).not.toEqual(tokens(2, { beams: 2, topK: 4 }));
  });

  it("are optional", () => {
    const options = { maxTokens: 20, temperature: 2 };
    expect(generate(model, [0], options)).toEqual(generate(model, [0], { ...options, rng: new Rng(0) }));
  });
});

describe("streams", () => {
  const model = randomModel(8);
  const options = { maxTokens: 12, stop: [3], topP: 0.95, rng: undefined };

  it("give what generate gives, token by token", async () => {
    const { tokens } = generate(model, [0], options);
    expect([...stream(model, [0], options)].map(({ token }) => token)).toEqual(tokens);
    const waited: number[] = [];
    let pauses = 0;
    for await (const { token } of streamAsync(model, [0], { ...options, pause: () => Promise.resolve(pauses++) })) {
      waited.push(token);
    }
    expect(waited).toEqual(tokens);
    expect(pauses).toBe(tokens.length);
  });

  it("compute no more than is taken", () => {
    let calls = 0;
    const counted: Forward = (tokens) => (calls++, model(tokens));
    const tokens = stream(counted, [0], { maxTokens: 10 });
    tokens.next();
    tokens.next();
    expect(calls).toBe(2);
  });

  it("cannot have beams", () => {
    expect(() => stream(model, [0], { beams: 2 }).next()).toThrow("stream: beams are known only when all are finished");
  });
});

describe("models", () => {
  const sizes = {
    vocabSize: 6,
    hiddenSize: 8,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 8,
    maxPositionEmbeddings: 9,
  };
  const config = decoderOnly({ ...sizes, positions: { kind: "learned" } });
  const decoder = new TransformerDecoder(
    config,
    randomParameters(TransformerDecoder.parameterShapes(config), new Rng(3)),
  );
  const model = new Transformer(sizes, randomParameters(Transformer.parameterShapes(sizes), new Rng(4)));
  const source = [1, 2, 3];
  const forward: Forward = (tokens) => model.forward(Array<number[]>(tokens.length).fill(source), tokens);

  it.each<GenerateOptions>([{}, { beams: 3 }, { beams: 3, topK: 4, rng: undefined }, { temperature: 1.3 }])(
    "with a cache or without, decoder-only or with an encoder: %j",
    (options) => {
      const all = { maxTokens: 6, stop: [5], ...options };
      expect(generate(decoder, [1], all).tokens).toEqual(
        generate((tokens) => decoder.forward(tokens), [1], all).tokens,
      );
      expect(generate(model.reading(source), [1], all).tokens).toEqual(generate(forward, [1], all).tokens);
    },
  );

  it("end at their maximum length", () => {
    // The logits of the last position give one more token.
    expect(generate(decoder, [1, 2], { maxTokens: 50 }).tokens.length).toBe(8);
    expect(generate(decoder, [1, 2], { maxTokens: 50, beams: 2 }).tokens.length).toBe(8);
  });

  it("record nothing for gradients", () => {
    const seen: Tensor[] = [];
    const watched: Forward = (tokens) => (seen.push(decoder.forward(tokens)), seen.at(-1)!);
    generate(watched, [1], { maxTokens: 3 });
    expect(seen.map(({ tape }) => tape)).toEqual([undefined, undefined, undefined]);
  });
});

it.each<[GenerateOptions, string]>([
  [{ temperature: 0 }, "generate: temperature is 0; it must be positive. Leave it out for the best token."],
  [{ topK: 0 }, "generate: topK is 0; it must be an integer, 1 or more."],
  [{ topP: 1.5 }, "generate: topP is 1.5; it must be more than 0 and at most 1."],
  [{ beams: 0 }, "generate: beams is 0; it must be an integer, 1 or more."],
  [{ maxTokens: -1 }, "generate: maxTokens is -1; it must be an integer, 0 or more."],
])("%j is refused", (options, message) => {
  expect(() => generate(randomModel(1), [0], options)).toThrow(new RangeError(message));
});

it("an empty prompt is refused", () => {
  expect(() => generate(randomModel(1), [])).toThrow("generate: the prompt is empty");
});

describe("logits that are no distribution", () => {
  const model =
    (...logits: number[]): Forward =>
    (rows) =>
      tensor(rows.map((row) => row.map(() => logits)));

  it.each([
    ["NaN", [NaN, 1, 3], "the logit of token 0 is NaN"],
    ["+Infinity", [0, Infinity, 1], "the logit of token 1 is Infinity"],
    ["all -Infinity", [-Infinity, -Infinity, -Infinity], "every logit is -Infinity"],
  ])("%s: an error, greedy, drawn and with beams", (_, logits, message) => {
    for (const options of [{}, { rng: new Rng(1) }, { beams: 2 }]) {
      expect(() => generate(model(...logits), [0], { maxTokens: 2, ...options })).toThrow(message);
    }
  });

  it("some of -Infinity are fine: these tokens are impossible", () => {
    expect(generate(model(-Infinity, 1, -Infinity), [0], { maxTokens: 2, rng: new Rng(1) }).tokens).toEqual([1, 1]);
  });

  it("equal logits are equally probable, however large", () => {
    expect([...distribution([1e20, 1e20, -1e20], {})]).toEqual([0.5, 0.5, 0]);
    expect([...logProbabilities([1e20, 1e20])]).toEqual([-Math.LN2, -Math.LN2]);
  });

  it("a temperature near 0 gives the most probable token", () => {
    expect([...distribution([1, 3, 2], { temperature: 1e-308 })]).toEqual([0, 1, 0]);
  });
});

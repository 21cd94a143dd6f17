/** Generation at the end of a model's context, and prompts as JavaScript callers give them. */
import { Rng, tensor } from "@selectron/core";
import {
  ContextError,
  generate,
  generateBeams,
  Gpt2,
  gpt2Shapes,
  stream,
  streamAsync,
  Transformer,
  TransformerDecoder,
  type Gpt2Config,
  type LanguageModel,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";

const CONTEXT = 6;

const sizes = {
  vocabularySize: 5,
  outputs: 5,
  maxLength: CONTEXT,
  dModel: 4,
  blocks: [{ heads: 2, dHead: 2, dFf: 4 }],
};
const decoder = new TransformerDecoder(sizes, new Rng(1));

const config: Gpt2Config = {
  layers: 1,
  heads: 2,
  dModel: 4,
  dFf: 8,
  maxLength: CONTEXT,
  vocabularySize: 5,
  epsilon: 1e-5,
};
const rng = new Rng(2);
const gpt2 = new Gpt2(
  config,
  new Map(
    [...gpt2Shapes(config)].map(([name, shape]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [
        name,
        tensor(
          Float32Array.from({ length: size }, () => rng.normal()),
          shape,
        ),
      ];
    }),
  ),
);

const whole = { vocabSize: 5, hiddenSize: 4, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 4 };
const transformer = new Transformer(
  { ...whole, maxPositionEmbeddings: CONTEXT, positions: { kind: "learned" } },
  new Rng(3),
);

const models: readonly [string, LanguageModel][] = [
  ["a decoder", decoder],
  ["its forward pass alone", (tokens) => decoder.forward(tokens)],
  ["GPT-2", gpt2],
  ["its forward pass alone, GPT-2", (tokens) => gpt2.forward(tokens)],
  ["a Transformer that read a source", transformer.reading([1, 2])],
];

describe.each(models)("%s", (_, model) => {
  it.each([1, 4, CONTEXT])("returns what it has where the context ends it, after %i tokens", async (length) => {
    const prompt = Array.from({ length }, (_, i) => i % 5);
    // The last token needs no position of its own.
    const room = CONTEXT - length + 1;
    const all = generate(model, prompt);
    expect(all).toMatchObject({ ended: "context" });
    expect(all.tokens).toHaveLength(room);
    expect(generate(model, prompt, { maxTokens: room })).toEqual({ ...all, ended: "length" });
    expect(generate(model, prompt, { beams: 2 })).toMatchObject({ ended: "context", tokens: { length: room } });
    for (const beam of generateBeams(model, prompt, { beams: 3 })) {
      expect(beam).toMatchObject({ ended: "context", tokens: { length: room } });
    }
    const written: number[] = [];
    const streaming = stream(model, prompt);
    let next = streaming.next();
    for (; !next.done; next = streaming.next()) written.push(next.value.token);
    expect(next.value).toBe("context");
    expect(written).toEqual(all.tokens);
    const later: number[] = [];
    for await (const { token } of streamAsync(model, prompt)) later.push(token);
    expect(later).toEqual(all.tokens);
  });

  it("refuses a longer prompt with both numbers", () => {
    const prompt = Array.from({ length: CONTEXT + 1 }, () => 0);
    for (const run of [generate, generateBeams, (...args: Parameters<typeof stream>) => stream(...args).next()]) {
      expect(() => run(model, prompt)).toThrow(ContextError);
      expect(() => run(model, prompt)).toThrow(/\b7\b.*\b6\b/);
    }
  });

  it("ends at the first stop token all the same", () => {
    const { tokens } = generate(model, [1]);
    expect(generate(model, [1], { stop: [tokens[0]!] })).toMatchObject({ tokens: [], ended: "stop" });
  });
});

describe("JavaScript callers", () => {
  it("may give typed arrays as prompts and rows", () => {
    const ids = Int32Array.of(1, 2);
    const typed = ids as unknown as readonly number[];
    expect(generate(decoder, typed)).toEqual(generate(decoder, [1, 2]));
    expect(decoder.forward([typed, typed]).toArray()).toEqual(decoder.forward([[1, 2], [1, 2]]).toArray()); // prettier-ignore
    expect(gpt2.forward([typed]).toArray()).toEqual(gpt2.forward([[1, 2]]).toArray());
  });

  it.each([
    [
      () => generate({} as LanguageModel, [1]),
      "generate: model is an empty object; it must be a forward pass, or a model with begin()",
    ],
    [
      () => generate(decoder, "ab" as unknown as number[]),
      'generate: prompt is the string "ab"; it must be an array of numbers.',
    ],
    [
      () => generate(decoder, [1], { temprature: 2 } as object),
      'generate: there is no option "temprature"; did you mean temperature?',
    ],
    [
      () => generate(Promise.resolve(decoder) as unknown as LanguageModel, [1]),
      "generate: model is a Promise (write await before it)",
    ],
    [
      () => decoder.forward(Int32Array.of(1, 2) as unknown as number[][]),
      "tokens is an Int32Array; it must be an array of rows",
    ],
    [() => decoder.forward(["ab"] as unknown as number[][]), 'tokens: row 0 is the string "ab"'],
  ])("get a clear error otherwise: %#", (call, message) => {
    expect(call).toThrow(message);
  });
});

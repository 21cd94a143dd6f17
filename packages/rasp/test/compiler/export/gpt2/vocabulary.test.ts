/** The vocabulary and the tokenizer of a GPT-2. */
import { expect, it } from "vitest";
import { answerRows, vocabularyOf } from "../../../../src/compiler/export/gpt2/vocabulary.js";
import { descriptionFiles } from "../../../../src/compiler/export/gpt2/tokenizer.js";

const config = { layers: 1, heads: 1, dModel: 8, dFf: 4, maxLength: 5, vocabularySize: 4, epsilon: 1e-5 };

interface Tokenizer {
  readonly pre_tokenizer: {
    readonly type: string;
    readonly pattern?: Pattern;
    readonly pretokenizers?: readonly { readonly pattern?: Pattern }[];
  };
  readonly decoder: { readonly type: string } | null;
  readonly model: { readonly vocab: Record<string, number> };
}
interface Pattern {
  readonly Regex: string;
}
const tokenizerOf = (vocabulary: ReturnType<typeof vocabularyOf>): Tokenizer =>
  descriptionFiles(config, vocabulary)["tokenizer.json"] as Tokenizer;

it("answers that are tokens share their entries, others come after them", () => {
  const vocabulary = vocabularyOf(["a", "b"], ["b", 1n, 0.5, true, null]);
  expect(vocabulary.texts).toEqual(["<bos>", "a", "b", "1", "0.5", "True", "null"]);
  expect(vocabulary.classes).toEqual([undefined, undefined, 0, 1, 2, 3, 4]);
  expect(vocabulary.inputs).toBe(3);
  // What is never an answer is always smaller than the first class.
  expect(answerRows(vocabulary)).toEqual([
    { logit: 0, plus: -1 },
    { logit: 0, plus: -1 },
    { logit: 0, plus: 0 },
    { logit: 1, plus: 0 },
    { logit: 2, plus: 0 },
    { logit: 3, plus: 0 },
    { logit: 4, plus: 0 },
  ]);
});

it("an answer that is written as a token has its entry, unless another answer has", () => {
  expect(vocabularyOf(["1", "2"], [1n, 3n])).toMatchObject({
    texts: ["<bos>", "1", "2", "3"],
    classes: [undefined, 0, undefined, 1],
  });
  expect(vocabularyOf(["1"], ["1", 1n])).toMatchObject({
    texts: ["<bos>", "1", "1 (int)"],
    classes: [undefined, 0, 1],
  });
});

it("all texts are different, whatever the tokens are called", () => {
  const { texts } = vocabularyOf(["<bos>", "<s>", "1", 1n, true, "True", ""], ["<bos_>", 2n, "2"]);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts.slice(1, 8)).toEqual(["<bos>", "<s>", "1", "1 (int)", "True", '"True"', ""]);
});

it("letters need nothing between them, and longer tokens may have spaces", () => {
  const letters = tokenizerOf(vocabularyOf(["(", ")", "|"], ["T", "F"]));
  expect(letters.pre_tokenizer.pretokenizers![1]!.pattern!.Regex).toBe("\\(|\\)|\\|");
  expect(letters.decoder).toEqual({ type: "Fuse" });
  const words = tokenizerOf(vocabularyOf(["a", "ab", "abc"], ["a"]));
  const pattern = new RegExp(words.pre_tokenizer.pretokenizers![1]!.pattern!.Regex, "gu");
  expect("abcaba".match(pattern)).toEqual(["abc", "ab", "a"]);
  expect(words.decoder).toBeNull();
  expect(words.model.vocab).toEqual({ "<bos>": 0, a: 1, ab: 2, abc: 3 });
  // A token with a space: spaces no longer separate.
  expect(tokenizerOf(vocabularyOf(["a", " "], ["a"])).pre_tokenizer).toMatchObject({ type: "Split" });
});

it("a text ends where an answer is no token", () => {
  const ends = (tokens: readonly string[]): unknown =>
    (descriptionFiles(config, vocabularyOf(tokens, ["a", "."]))["generation_config.json"] as Record<string, unknown>)[
      "eos_token_id"
    ];
  expect(ends(["a", "b"])).toEqual([3]);
  expect(ends(["a", "."])).toBeUndefined();
});

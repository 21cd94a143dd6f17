import { Rng } from "@selectron/core";
import { compileVector, Evaluation, load, RaspError, type Atom } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";

const VOCABULARY = ["<bos>", "a", "b", "c"];
const [MOST, TEXT] = [24, 40];
const weights = '{"a": 1.5, "b": -2.25, "<bos>": 0.75}';
const table = '{"a": {"b": 2, "c": -1}, "b": {"b": 0.5}, "<bos>": {"a": 3}}';

/** What programs of trained models are made of. */
const programs: Readonly<Record<string, string>> = {
  "a token table": `v = project(tokens, ${table}) + {"c": 0.25};`,
  histogram: "v = attend(full_s, tokens);",
  "weights of keys": `v = 3 * attend(key_score(tokens, ${weights}), tokens);`,
  "pairs of tokens": `v = attend(score(tokens, tokens, ${table}), tokens) + tokens;`,
  recency: `v = attend(0.84 * indices + key_score(tokens, ${weights}), tokens);`,
  "one before": "v = attend(select(indices, indices - 1, ==), tokens);",
  "three before": "v = attend(select(indices, indices - 3, ==), tokens);",
  "the first": "v = attend(select(indices, 0, ==), tokens);",
  "the next, which is not there": "v = attend(select(indices, indices + 1, ==), tokens);",
  "the same token": "v = attend(select(tokens, tokens, ==), indices % 2);",
  "before, softly": "v = attend(1.5 * selected(select(indices, indices - 1, ==)) - selected(full_s), tokens);",
  "joined comparisons": 'v = attend(select(tokens, "a", ==) and not select(tokens, "b", ==), tokens);',
  products: `v = project(combine(tokens, attend(full_s, tokens)), {"a,a": {"x": 2}, "b,<bos>": {"x": -1, "a": 4}});`,
  positions: "v = combine(positions % 2, attend(select(indices, 0, ==), positions % 2));",
  induction: `
    h = attend(select(indices, indices - 1, ==), tokens);
    v = attend(9.5 * dot(tokens, h) + score(tokens, h, ${table}) - 2.5 * selected(select(indices, 0, ==)), tokens);`,
  "what came before": `
    plain = "" if tokens == "<bos>" else tokens;
    back = aggregate(select(indices, indices - 1, ==), plain, "none");
    v = attend(select(back, plain, ==), tokens) + back;`,
};

const inputOf = (rng: Rng): string[] => {
  const length = 1 + rng.int(MOST);
  return Array.from({ length }, (_, i) => VOCABULARY[i === 0 ? 0 : 1 + rng.int(3)]!);
};

describe("a vector as a Transformer", () => {
  it.each(Object.keys(programs))("computes %s", (name) => {
    const vector = load(programs[name]!).vector("v");
    const components: Atom[] = [...new Evaluation(VOCABULARY).vector(vector).basis.atoms, "absent"];
    const model = compileVector(vector, { vocabulary: VOCABULARY, maxLength: MOST, positions: TEXT, components });
    const rng = new Rng(1);
    for (let run = 0; run < breadth({ short: 12, long: 100 }); run++) {
      const input = inputOf(rng);
      const offset = rng.int(TEXT - MOST);
      const { basis, data } = new Evaluation(input, offset).vector(vector);
      const logits = model.logits(input, offset);
      input.forEach((_, i) => {
        components.forEach((atom, c) => {
          const at = basis.find(atom);
          const wanted = at < 0 ? 0 : data[i * basis.size + at]!;
          expect(Math.abs(logits[i * components.length + c]! - wanted)).toBeLessThan(2e-5);
        });
      });
    }
  });

  it("computes random tables and scores", () => {
    const rng = new Rng(2);
    const atoms = VOCABULARY.map((token) => JSON.stringify(token));
    const numbers = (): string => `{${atoms.map((atom) => `${atom}: ${(rng.normal() * 3).toFixed(2)}`).join(", ")}}`;
    const pairs = (): string => `{${atoms.map((atom) => `${atom}: ${numbers()}`).join(", ")}}`;
    for (let run = 0; run < breadth({ short: 6, long: 60 }); run++) {
      const vector = load(`
        one = attend(score(tokens, tokens, ${pairs()}) + key_score(tokens, ${numbers()}), tokens);
        two = attend(score(one, project(one, ${pairs()}), ${pairs()}) + 0.1 * indices, one + 2 * tokens);
        v = project(two, ${pairs()}) + project(one, ${pairs()}) + ${numbers()};
      `).vector("v");
      const model = compileVector(vector, { vocabulary: VOCABULARY, maxLength: MOST });
      const input = inputOf(rng);
      const { basis, data } = new Evaluation(input).vector(vector);
      const logits = model.logits(input);
      logits.forEach((logit, at) => {
        const wanted = data[Math.floor(at / 4) * basis.size + basis.find(VOCABULARY[at % 4]!)]!;
        expect(Math.abs(logit - wanted)).toBeLessThan(2e-3 * (1 + Math.abs(wanted)));
      });
    }
  });

  it("leaves nothing of a key that is not selected", () => {
    const vector = load('v = project(attend(select(indices, indices - 1, ==), tokens), {"b": {"b": 1}});').vector("v");
    const model = compileVector(vector, { vocabulary: "ab", maxLength: 300 });
    const input = Array.from({ length: 300 }, (_, i) => (i === 150 ? "b" : "a"));
    const found = [...model.logits(input)].flatMap((logit, at) => (logit === 0 ? [] : [[at, logit]]));
    expect(found).toEqual([[2 * 151 + 1, 1]]);
  });

  it("has heads and units for what is read alone, and reports its size", () => {
    const text = `
      h = attend(full_s, tokens);
      v = project(combine(tokens, h), {"a,a": {"x": 1}});
    `;
    const model = compileVector(load(text).vector("v"), { vocabulary: "ab", maxLength: 8, components: ["x"] });
    expect(model.model.config).toMatchObject({ dModel: 3, blocks: [{ heads: 1, dFf: 1 }], outputs: 1, causal: true });
    expect([model.parameterCount, model.nonZeros]).toEqual([model.model.parameterCount, 8]);
    expect([...model.logits("aba")]).toEqual([1, 0, Math.fround(2 / 3)]);
    expect(model.logits("")).toHaveLength(0);
  });

  it.each([
    [
      "v = sharpen(tokens, 2);",
      /cannot compile "v": `sharpen` has no exact weights in a Transformer without layer norm/,
    ],
    ["h = attend(full_s, tokens); v = combine(h, h);", /`combine` has exact weights where one vector is one-hot/],
    [
      "c = selector_width(select(tokens, tokens, ==)); v = attend(full_s, c);",
      /only `aggregate` of one earlier position/,
    ],
    ["v = attend(best(full_s, indices), tokens);", /no head finds the best of several keys/],
    [
      'x = indices if tokens == "a" else 0; v = attend(full_s, x);',
      /it reads token and index together|index and token/,
    ],
    ["v = attend(select(indices, indices, <), tokens);", undefined],
  ])("compiles or refuses %s", (text, message) => {
    const compiled = (): unknown => compileVector(load(text).vector("v"), { vocabulary: "ab", maxLength: 8 });
    if (message) {
      expect(compiled).toThrow(message);
      expect(compiled).toThrow(RaspError);
    } else {
      expect(compiled).not.toThrow();
    }
  });

  it("says which inputs it does not take", () => {
    const model = compileVector(load("v = attend(full_s, tokens);").vector("v"), { vocabulary: "ab", maxLength: 3 });
    expect(() => model.logits("abc")).toThrow("the model does not know the token c");
    expect(() => model.logits("abab")).toThrow("the input has 4 tokens, and the model takes up to 3");
    expect(() => model.logits("ab", -1)).toThrow(/offset/);
    expect(() =>
      compileVector(load("v = attend(full_s, tokens);").vector("v"), { vocabulary: "ab", maxLength: 0 }),
    ).toThrow(/maxLength/);
  });
});

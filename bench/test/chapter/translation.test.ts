/** The language pair, BLEU, and the benchmark that trains on them. */
import { readFileSync } from "node:fs";
import { Rng } from "@selectron/core";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { bleu } from "../../src/chapter/bleu.js";
import { drawPair, END, words } from "../../src/chapter/language-pair.js";
import {
  printTranslation,
  translationDrawing,
  translationPicture,
  translationRecord,
  type TranslationResult,
} from "../../src/chapter/translation.js";

const textOf = (ids: readonly number[]): string => ids.map((id) => words[id]).join(" ");

describe("the language pair", () => {
  it("has sentences of every length from 5 on", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 5, max: 60 }), (seed, length) => {
        const { source, target } = drawPair(new Rng(seed), length);
        expect(source).toHaveLength(length);
        // The languages have the same number of words for everything.
        expect(target).toHaveLength(length + 1);
        expect(target.at(-1)).toBe(END);
        expect(target.slice(0, -1).every((id) => id > END && id < words.length)).toBe(true);
      }),
    );
  });

  it("puts the verb last, adjectives behind, and makes them agree", () => {
    const texts = Array.from({ length: 12 }, (_, seed) => drawPair(new Rng(seed), 8)).map(({ source, target }) => [
      textOf(source),
      textOf(target),
    ]);
    expect(texts.slice(0, 4)).toMatchInlineSnapshot(`
      [
        [
          "whether the wise stones helps a red king",
          "gats sofas las dor roo uno helas cu <end>",
        ],
        [
          "the old loud kind childs sees the stone",
          "penos veas zumas bonas las gat la vidas <end>",
        ],
        [
          "a queen finds a wise old small tree",
          "dora una lum sofo veo piko uno trova <end>",
        ],
        [
          "the old queens finds a kind old queens",
          "doras veas las doras bonas veas unas trovas <end>",
        ],
      ]
    `);
  });

  it("lets a verb agree with its subject over what stands between", () => {
    const pairs = Array.from({ length: 200 }, (_, seed) => drawPair(new Rng(seed), 12));
    const far = pairs
      .map(({ target }) => textOf(target))
      .filter((text) => /^\w+ \w+ ki .* \w+$/.test(text.replace(/ <end>$/, "")));
    expect(far.length).toBeGreaterThan(5);
  });
});

describe("BLEU", () => {
  it("is 1 for the reference and 0 without a common word", () => {
    expect(bleu([[1, 2, 3, 4, 5]], [[1, 2, 3, 4, 5]])).toBe(1);
    expect(bleu([[1, 2, 3, 4]], [[5, 6, 7, 8]])).toBe(0);
    expect(bleu([[]], [[1]])).toBe(0);
  });

  it("is the formula, with clipped counts and the penalty", () => {
    // Precisions 5/6, 3/5, 2/4, 1/3.
    const answer = [1, 2, 3, 4, 9, 5];
    const reference = [1, 2, 3, 4, 5, 6];
    expect(bleu([answer], [reference])).toBeCloseTo(((5 / 6) * (3 / 5) * (2 / 4) * (1 / 3)) ** 0.25, 12);
    expect(bleu([[1, 2, 3, 4]], [[1, 2, 3, 4, 5]])).toBeCloseTo(Math.exp(1 - 5 / 4), 12);
    // Of 1 1 1 1 one word counts; no pair does.
    expect(bleu([[1, 1, 1, 1]], [[1, 2, 3, 4]])).toBe(0);
  });
});

describe("the benchmark", () => {
  const flags = { steps: 3, width: 8, batch: 2, trained: 8, longest: 10, count: 2 };

  it("trains every model, and prints what it reached", async () => {
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
    await printTranslation({ ...flags, model: ["gru", "lstm with attention", "transformer"], seed: [2] });
    log.mockRestore();
    expect(printed.map((line) => line.slice(0, 26))).toEqual([
      "model                 seed",
      "gru                      2",
      "lstm with attention      2",
      "transformer              2",
    ]);
    expect(printed[1]).toMatch(/5: \d+ \(\d+\) {2}10: \d+ \(\d+\)$/);
  });

  it.each([
    [
      { model: ["rnn"] },
      "--model rnn: the models are gru, gru with attention, lstm, lstm with attention, transformer.",
    ],
    [{ trained: 4 }, "--trained 4: sentences have 5 words or more."],
    [{ longest: 1 }, "--longest 1: sentences have 5 words or more."],
  ])("says what is wrong with %j", async (changes, message) => {
    await expect(printTranslation({ ...flags, ...changes })).rejects.toThrow(message);
  });

  it("draws what the document shows", () => {
    const result = JSON.parse(readFileSync(translationRecord, "utf8")) as TranslationResult;
    expect(translationPicture(result)).toBe(readFileSync(translationDrawing, "utf8"));
  });
});

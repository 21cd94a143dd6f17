/** Words as pieces: the published example of byte pairs, longest pieces, and the most probable ones against all ways to cut. */
import { bytePairPieces, bytePairs, unigramPieces, wordPieces } from "@selectron/nn";
import fc from "fast-check";
import { expect, it } from "vitest";

it("learns byte pairs as Sennrich et al. do", () => {
  // Their example, figure 1, has an end mark; the pairs are e s, es t, l o, …
  const words = new Map(Object.entries({ "low·": 5, "lower·": 2, "newest·": 6, "widest·": 3 }));
  const merges = bytePairs(words, 4);
  expect(merges).toEqual([["e", "s"], ["es", "t"], ["est", "·"], ["l", "o"]]); // prettier-ignore
  expect(bytePairPieces("lowest·", merges)).toEqual(["lo", "w", "est·"]);
  expect(bytePairs(new Map([["ab", 1]]), 5)).toEqual([]);
});

it("cuts “playing” into “play” and “ing” in all three ways", () => {
  const words = new Map(Object.entries({ play: 9, player: 3, playing: 2, going: 5, sing: 4 }));
  expect(bytePairPieces("playing", bytePairs(words, 5))).toEqual(["play", "ing"]);
  expect(wordPieces("playing", new Set(["play", "p", "##ing", "##i", "##ng"]))).toEqual(["play", "##ing"]);
  expect(wordPieces("playful", new Set(["play"]))).toBeUndefined();
  const pieces = new Map([["play", -2], ["ing", -3], ["pla", -4], ["ying", -4], ["playing", -6]]); // prettier-ignore
  expect(unigramPieces("playing", pieces)).toEqual(["play", "ing"]);
  expect(unigramPieces("plays", pieces)).toBeUndefined();
});

it("keeps every character, and finds the best of all ways to cut", () => {
  const word = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 7 })
    .map((letters) => letters.join(""));
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 6 }),
      word,
      fc.integer({ min: 0, max: 9 }),
      (corpus, text, merges) => {
        const words = new Map(corpus.map((each, i) => [each, i + 1]));
        expect(bytePairPieces(text, bytePairs(words, merges)).join("")).toBe(text);
        const scores = new Map([...words.keys(), "a", "b", "c"].map((piece, i) => [piece, -1 - ((7 * i) % 5) / 3]));
        const cuts = (rest: string): number[] =>
          rest === ""
            ? [0]
            : [...rest].flatMap((_, i) => {
                const own = scores.get(rest.slice(0, i + 1));
                return own === undefined ? [] : cuts(rest.slice(i + 1)).map((score) => own + score);
              });
        const best = unigramPieces(text, scores)!;
        expect(best.join("")).toBe(text);
        expect(best.reduce((sum, piece) => sum + scores.get(piece)!, 0)).toBeCloseTo(Math.max(...cuts(text)), 10);
      },
    ),
    { numRuns: 50 },
  );
});

/** What a match is worth: classes and tables against counts by hand, the uniform mix of lengths, and the size of a text. */
import { describe, expect, it } from "vitest";
import { headlineOf, refusalOfClasses, type Decided } from "../../../src/decompiler/common/headline.js";
import { uniformMatch } from "../../../src/decompiler/common/share.js";
import { numbersIn } from "../../../src/decompiler/common/size.js";

const decided = (decision: string, token = "x"): Decided => ({
  decision,
  className: decision,
  contexts: { constant: [], length: ["0"], "token table": [token], "n-gram": [token] },
});

/** Ninety no and ten yes, one decision each, as of a language that random strings are hardly ever in. */
const rare = (token: (i: number) => string = () => "x"): Decided[][] =>
  Array.from({ length: 100 }, (_, i) => [decided(i < 10 ? "yes" : "no", token(i))]);

describe("headline", () => {
  it("refuses a program that never gives the rare class", () => {
    const report = rare();
    const never = report.map((row) => row.map(() => ({ decision: "no", className: "no" })));
    const headline = headlineOf(report, report, never);
    expect(headline.baselines.map(({ match }) => match)).toEqual([0.9, 0.9, 0.9, 0.9]);
    expect(headline.classes.map(({ name, frequency, match }) => [name, frequency, match])).toEqual([
      ["no", 0.9, 1],
      ["yes", 0.1, 0],
    ]);
    expect(headline.classes[0]!.f1).toBeCloseTo(180 / 190, 12);
    expect(refusalOfClasses(headline)).toMatch(/^on no the program is no better than a table: its F1 is 0\.95/);
  });

  it("accepts one that is right, also where a table leaves nothing to be desired", () => {
    const plain = headlineOf(rare(), rare(), rare());
    expect(refusalOfClasses(plain)).toBeUndefined();
    const told = rare((i) => (i < 10 ? "a" : "b"));
    const exact = headlineOf(told, told, told);
    expect(exact.classes.map(({ baseline }) => baseline)).toEqual([
      { name: "token table", f1: 1 },
      { name: "token table", f1: 1 },
    ]);
    expect(refusalOfClasses(exact)).toBeUndefined();
    const oneWrong = told.map((row, i) => (i === 0 ? [decided("no")] : row));
    expect(refusalOfClasses(headlineOf(told, told, oneWrong))).toContain("no better than a table");
  });

  it("ties a table that decides all, but for one decision in a thousand", () => {
    const told = Array.from({ length: 2000 }, (_, i) => [decided(i % 2 ? "yes" : "no", i % 2 ? "a" : "b")]);
    const withErrors = (count: number) => told.map((row, i) => (i < count ? [decided("no", "a")] : row));
    expect(refusalOfClasses(headlineOf(told, told, withErrors(4)))).toBeUndefined();
    expect(refusalOfClasses(headlineOf(told, told, withErrors(100)))).toMatch(/no better than a table/);
  });

  it("leaves out classes of a handful of decisions", () => {
    const report = rare().slice(5);
    expect(headlineOf(report, report, report).classes.map(({ name }) => name)).toEqual(["no"]);
  });
});

it("a uniform mix counts every length alike", () => {
  const outcomes = [
    ...Array.from({ length: 90 }, () => ({ length: 1, matches: true })),
    ...Array.from({ length: 10 }, (_, i) => ({ length: 101, matches: i < 4 })),
  ];
  const { share, of, low, high } = uniformMatch(outcomes);
  expect(share).toBeCloseTo((1 + 0.4) / 2, 12);
  expect(of).toBe(100);
  // As of 36 trials, 4 / (1/90 + 1/10).
  expect(low).toBeCloseTo(0.536, 2);
  expect(high).toBeCloseTo(0.825, 2);
});

it.each<[string, number]>([
  ['h1 = attend(full_s, tokens);\nlogits = project(h1, {"a": {"a": -3, "b": 0.5}, 1: {"<eos>": 2}});', 4],
  ['count_0 = selector_width(select(tokens, "12", ==)); # 7 times', 0],
  ["p = indices % 2 + 10;", 2],
])("numbers that stand in %s", (text, count) => expect(numbersIn(text)).toBe(count));

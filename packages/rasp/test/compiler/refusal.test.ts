/** A refusal names its s-op, the reason and what would help. */
import { describe, expect, it } from "vitest";
import {
  aggregate,
  compile,
  eq,
  load,
  map,
  RaspError,
  render,
  select,
  tokens,
  verify,
  type CompileOptions,
  type SOp,
} from "../../src/index.js";
import { simplify } from "../../src/compiler/normalize/simplify.js";
import { Domain } from "../../src/compiler/values/domain.js";
import { Work } from "../../src/compiler/work.js";
import { decoderLessons, lessons, lessonSOp } from "./lessons.js";
import { breadth, isLong } from "../../../../test/long.js";

it("names the s-op whose values are too many", () => {
  const source = "cubes = indices ^ 3;\nspread = aggregate(select(tokens, tokens, ==), cubes);\n";
  const sop = load(source, { file: "spread.rasp", example: "ab" }).sop("spread");
  let refusal: unknown;
  try {
    compile(sop, { vocabulary: "ab", maxLength: 30 });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(RaspError);
  expect(render((refusal as RaspError).diagnostic)).toBe(
    [
      'spread.rasp:2:10: error RASP4001: cannot compile "spread": this mean can take more than 32768 values',
      "  2 | spread = aggregate(select(tokens, tokens, ==), cubes);",
      "    |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
      "  help: use a smaller vocabulary or maximum length, or aggregate fewer different values",
    ].join("\n"),
  );
});

it("names the s-op whose values are one number in float32 where another reads them", () => {
  // (0.1 + 0.1 + 0.1) / 3 is not 0.1. One-hots to tell them apart would be made of the same number, and so on without end.
  const source = "sums = (indices + 1) * aggregate(select(indices, indices, <=), tokens_float);";
  const sop = load(source, { example: [0.1, 0.2, 0.3] }).sop("sums");
  expect(() => compile(sop, { vocabulary: [0.1, 0.2, 0.3, 0.4], maxLength: 4 })).toThrow(
    "cannot be told apart in float32",
  );
});

const messageOf = (sop: SOp, options: CompileOptions): string => {
  try {
    compile(sop, options);
  } catch (error) {
    expect(error).toBeInstanceOf(RaspError);
    expect((error as RaspError).diagnostic.class).toBe("compile");
    return (error as RaspError).message;
  }
  return "";
};

it("names an s-op without a name by its text, and one without a text by its output", () => {
  const within = { vocabulary: "ab", maxLength: 4 };
  const source = 'x = aggregate(select(tokens,\n  tokens, ==), indices if tokens == "a" else "b") == "b";';
  expect(messageOf(load(source, { example: "aa" }).sop("x"), within)).toBe(
    "cannot compile `aggregate(select(tokens, tokens, ==), i…`: this aggregate mixes numbers and strings",
  );
  const mixed = map((token: string) => (token === "a" ? 1 : "b"), tokens);
  const sop = aggregate(select(tokens, tokens, eq), mixed);
  expect(messageOf(sop, within)).toBe('cannot compile "s-op": this aggregate mixes numbers and strings');
  expect(messageOf(sop, { ...within, name: "mix" })).toMatch(/^cannot compile "mix": /);
});

/** At most as many millions of steps as all budgets of one compile together. */
const MOST_STEPS = 4000;

describe("every length compiles, or is refused within the counted work, and the refusal names an s-op", () => {
  // Lengths between which sizes were seen to explode, and one that is too long.
  const lengths = isLong ? [60, 72, 10_000] : [10_000];
  const ofDecoders = isLong ? [40, 10_000] : [10_000];
  const cases = [
    ...lessons.flatMap((lesson) => lengths.map((maxLength) => ({ ...lesson, maxLength, causal: false }))),
    ...decoderLessons.flatMap((lesson) => ofDecoders.map((maxLength) => ({ ...lesson, maxLength, causal: true }))),
  ];

  it.each(cases)("$name to $maxLength, causal $causal", (lesson) => {
    let told = 0;
    const { vocabulary, maxLength, causal } = lesson;
    const message = messageOf(lessonSOp(lesson), { vocabulary, maxLength, causal, onProgress: () => void told++ });
    expect(message === "" || /^cannot compile ("\w+"|`[^`]+`): /.test(message), message).toBe(true);
    expect(told).toBeLessThan(MOST_STEPS);
  });
});

it("refuses by counted work: means of means whose values are slow to work out", () => {
  const source = "late = average(average(aggregate(select(tokens, tokens, ==), indices / 2)));";
  const sop = load(source, { example: "abc" }).sop("late");
  const spentAt = (maxLength: number, budget: number): string => {
    const domain = new Domain(["a", "b", "c"], maxLength, false, { work: new Work(budget) });
    const { sops } = simplify([sop], domain);
    try {
      domain.values(sops.get(sop)!);
    } catch (error) {
      return (error as RaspError).message;
    }
    return "within the budget";
  };
  expect(spentAt(4, 1e7)).toBe("within the budget");
  expect(spentAt(5, 1e7)).toContain("working out the values of this s-op would take too long");
  // Without a limit this takes over five minutes.
  expect(spentAt(6, 2e7)).toContain("because its values are too many");
});

it("refuses by counted work: keys that one comparison decides, for queries of many values", () => {
  const late = 'select(indices, count(tokens, "a") - indices, ==)';
  const source = `late = aggregate(${late} and select(tokens, "b", !=), tokens, "a");`;
  const sop = load(source, { example: "abc" }).sop("late");
  const domain = new Domain(["a", "b", "c"], 60, false, { work: new Work(1e7) });
  const { sops } = simplify([sop], domain);
  expect(() => domain.values(sops.get(sop)!)).toThrow("because its values are too many");
});

it("does not refuse a sort of 27 tokens: joint values that occur again take little work", () => {
  const sop = lessonSOp({ file: "04-sort", name: "sort_bos" });
  const tokens = [..."abcdefghijklmnopqrstuvwxyz-"];
  const domain = new Domain(tokens, breadth({ short: 48, long: 96 }), false, {
    work: new Work(breadth({ short: 1e8, long: 4e8 })),
  });
  const { sops } = simplify([sop], domain);
  expect(domain.values(sops.get(sop)!)).toEqual(expect.arrayContaining(tokens));
});

it("refuses an output with more classes than hidden units can be made for in time", () => {
  const earlier = [1, 2, 3, 4, 5, 6].map((back) => `aggregate(select(indices, indices - ${back}, ==), tokens, "-")`);
  const sop = load(`words = tokens + ${earlier.join(" + ")};`, { example: "ab" }).sop("words");
  expect(() => compile(sop, { vocabulary: "abcd", maxLength: 7 })).toThrow(
    'cannot compile "words": fitting hidden units to this s-op would take too long',
  );
});

it.each([
  "aggregate(select(indices, 0, ==), indicator(indices == 0))",
  "aggregate(select(indices, indices, ==), indicator(indices == 0))",
  "aggregate(select(indices, 0, ==) and select(tokens, tokens, ==), indicator(indices == 0))",
  "aggregate(select(indices, 1, ==), indicator(indices == 0), 0)",
  "aggregate(select(indices, 0, ==), indicator(indices == 0) - 1)",
  "aggregate(select(indices, indices - 1, ==), indices) % 2",
  "indicator(aggregate(full_s, indicator(indices == 0)) < 1)",
  "selector_width(select(indices, 0, ==) and select(indices, indices, <))",
])("takes an int that positions decide as an index: %s", (index) => {
  const sop = load(`item = ["x", "y"][${index}];`, { example: "ab" }).sop("item");
  const model = compile(sop, { vocabulary: "ab", maxLength: 3 });
  expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 14 });
});

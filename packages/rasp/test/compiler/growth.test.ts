/**
 * The work of a compile grows as the program does: what `Work` counts is compared for programs of one and of two sizes. It bounds time and
 * memory where a budget refuses, so each stage must count what it does: what a program of thousands of operations takes is
 * here, too.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { compile, load, RaspError } from "../../src/index.js";
import { countInputs } from "../../src/compiler/verify/inputs.js";
import { Work } from "../../src/compiler/work.js";
import { breadth, isLong } from "../../../../test/long.js";

const repeat = (count: number, item: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(" ");

/** Programs of a size, and the power of it with which their work may grow: 1, with a logarithm, where it is not said why it is more. */
const FAMILIES: Readonly<Record<string, readonly [program: (n: number) => string, power: number]>> = {
  "terms of a sum": [(n) => `y = indices${repeat(n, () => "+ indices")};`, 1],
  // The function of the one count that `length` is made of is looked at for each sum, which may be a count itself.
  "terms of a count": [(n) => `y = length${repeat(n, () => "+ length")};`, 2],
  "choices by position": [(n) => `y = 0; ${repeat(n, (i) => `z = ${i % 7} if indices == ${i} else y; y = z;`)}`, 1],
  "choices by token": [(n) => `y = 0; ${repeat(n, (i) => `z = ${i % 7} if tokens == "${i}" else y; y = z;`)}`, 1],
  counts: [(n) => `y = 0; ${repeat(n, (i) => `y = y + selector_width(select(tokens, "${i % 5}", ==));`)}`, 1],
  "aggregates of the input": [
    (n) => `y = 0; ${repeat(n, (i) => `y = y + aggregate(select(indices, ${i % 5}, ==), 1);`)}`,
    1,
  ],
  // Each sum is a function of one count, as before.
  "means that are rounded": [
    (n) => `y = 0; ${repeat(n, () => `y = y + round(length * aggregate(full_s, indicator(tokens == "a")));`)}`,
    2,
  ],
  "aggregates over each other": [
    (n) => `y = indices; ${repeat(n, () => "y = aggregate(select(indices, y, ==), indices);")}`,
    1,
  ],
  "comparisons of a selector": [
    (n) => `s = full_s; ${repeat(n, (i) => `s = s and select(indices, ${i}, !=);`)} y = selector_width(s);`,
    2,
  ],
  "digits of a constant": [(n) => `y = (indices + ${"7".repeat(n)}) % 3;`, 1],
  "elements of a list that is read again": [
    (n) => `l = [${repeat(n, (i) => `${i},`)} 0]; y = l[indices]${repeat(8, (i) => `+ l[indices + ${i}]`)};`,
    1,
  ],
};

afterEach(() => vi.restoreAllMocks());

/** Has each step of the program's size count as many, and adds up all steps in the result. */
function counting(times = 1): { steps: number } {
  const counted = { steps: 0 };
  for (const name of ["spend", "read", "tabulate"] as const) {
    const original = Work.prototype[name];
    vi.spyOn(Work.prototype, name).mockImplementation(function (
      this: Work,
      steps: number,
      sop: Parameters<Work["read"]>[1],
      doing = "",
    ) {
      counted.steps += steps;
      original.call(this, name === "read" ? times * steps : steps, sop, doing);
    });
  }
  return counted;
}

/** The steps that all works count while an s-op is compiled. */
function stepsOf(program: string): number {
  const sop = load(program, { example: "ab" }).sop("y");
  const counted = counting();
  compile(sop, { vocabulary: "ab", maxLength: 2 });
  vi.restoreAllMocks();
  return counted.steps;
}

describe.each(Object.entries(FAMILIES))("of %s", (_, [program, power]) => {
  it("twice as many take the work that is written down", () => {
    const [small, large] = [40, 80].map((n) => stepsOf(program(n))) as [number, number];
    // A logarithm from 40 to 80 is a factor of 1.2.
    expect(large).toBeLessThan(2 ** power * 1.2 * small);
  });
});

it("a sum of 20,000 terms compiles in a tenth of the budget", () => {
  expect(stepsOf(`y = indices${repeat(20_000, () => "+ indices")};`)).toBeLessThan(2e7);
});

/** The error of a compile. */
function refusalOf(program: string): RaspError {
  const sop = load(program, { example: "ab" }).sop("y");
  try {
    compile(sop, { vocabulary: "ab", maxLength: 2 });
  } catch (error) {
    if (error instanceof RaspError) return error;
    throw error;
  }
  throw new Error("this compiles");
}

describe("a program that is too large is refused at its place, here with a hundredth of the budget", () => {
  it.each([
    ["counts that are added", `y = length${repeat(900, () => "+ length")};`],
    ["selectors", `s = full_s; ${repeat(220, (i) => `s = s and select(indices, ${i}, !=);`)} y = selector_width(s);`],
    ["long numbers", `y = indices; ${repeat(20, (i) => `y = y * ${"9".repeat(2000)} + ${i};`)} y = y % 2;`],
  ])("%s", (_, program) => {
    counting(100);
    const { diagnostic } = refusalOf(program);
    expect(diagnostic.message).toContain("it has too many operations, or too long values");
    expect(diagnostic.suggestion).toContain("compile fewer operations");
    expect(diagnostic.span).toBeDefined();
  });
});

it.each([4097, 1e9, Number.MAX_SAFE_INTEGER])(
  "a maximum length of %d is refused before any table is made",
  (maxLength) => {
    const counted = counting();
    const sop = load("y = indices;").sop("y");
    expect(() => compile(sop, { vocabulary: "ab", maxLength })).toThrow(
      `cannot compile "indices": the maximum length is ${maxLength}; the limit is 4096`,
    );
    expect(counted.steps).toBe(0);
    expect(countInputs(3, maxLength)).toBe(Infinity);
    expect(countInputs(1, maxLength)).toBe(maxLength);
  },
);

it.each([
  ["length", "y = length;"],
  ["heads", "y = aggregate(select(indices, length - 1 - indices, ==), tokens);"],
])("the tables of %s grow as the length does: at 1000 it compiles", (_, program) => {
  const model = compile(load(program).sop("y"), { vocabulary: "ab", maxLength: breadth({ short: 520, long: 1000 }) });
  expect(model.certificate.proved).toBe(true);
});

it.runIf(isLong)("means that are too many are refused by counted work, whatever the length", () => {
  const sop = load("y = aggregate(select(tokens, tokens, ==), indices);").sop("y");
  const counted = counting();
  for (const maxLength of [80, 282]) {
    counted.steps = 0;
    expect(() => compile(sop, { vocabulary: "ab", maxLength })).toThrow("its values are too many");
    expect(counted.steps).toBeLessThan(2e9);
  }
});

it("numbers with more digits than files hold are refused, in values and in the vocabulary", () => {
  const long = "7".repeat(5001);
  expect(refusalOf(`y = indices - ${long};`).message).toContain("its values have more than 5000 digits");
  const sop = load("y = tokens;").sop("y");
  expect(() => compile(sop, { vocabulary: [BigInt(long)], maxLength: 1 })).toThrow("more than 5000 digits");
  const model = compile(load(`y = indices - ${long.slice(1)};`).sop("y"), { vocabulary: "a", maxLength: 1 });
  expect(model.run("a")).toEqual([-BigInt(long.slice(1))]);
});

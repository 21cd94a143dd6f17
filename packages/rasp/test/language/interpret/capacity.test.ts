/**
 * What the values of a program on an input take, by the counters that also refuse what takes too much. Each family of programs is grown:
 * what is counted grows as the family does, or as the bound that is written beside it.
 */
import { describe, expect, it } from "vitest";
import { load, RaspError, type SOp } from "../../../src/index.js";
import { displaySequence } from "../../../src/language/text/display.js";
import { encodeResult } from "../../../src/language/text/value-json.js";
import type { Atom } from "../../../src/language/graph/node.js";
import { Evaluation } from "../../../src/language/interpret/evaluation.js";
import { Capacity, MOST_CELL_STEPS } from "../../../src/language/limits.js";

const repeat = (count: number, item: (i: number) => string, separator = ""): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);

const letters = (length: number): readonly Atom[] =>
  Array.from({ length }, (_, i) => "abcdefghijklmnopqrstuvwx"[i % 24]!);

function taken(sop: SOp, input: readonly Atom[]): { readonly bytes: number; readonly steps: number } {
  const evaluation = new Evaluation(input);
  evaluation.sop(sop);
  return { bytes: evaluation.capacity.bytes, steps: evaluation.capacity.steps };
}

/** The program of a size, and how what is taken grows with the length of the input: 1 for n, 2 for n². */
const FAMILIES: Readonly<Record<string, readonly [(size: number) => string, byLength: number]>> = {
  "letters joined by or": [
    (k) => `s = ${repeat(k, (i) => `select(tokens, "${"abcdefghijklmnopqrstuvwx"[i % 24]!}", ==)`, " or ")};`,
    1,
  ],
  "letters joined by and of !=": [
    (k) => `s = ${repeat(k, (i) => `select(tokens, "${"abcdefghijklmnopqrstuvwx"[i % 24]!}", !=)`, " and ")};`,
    1,
  ],
  "selectors over the widths of those before": [
    (k) => `s = select(indices, indices, ==); ${repeat(k, () => "s = s or select(indices, selector_width(s), ==);")}`,
    2,
  ],
  "mixed comparisons": [
    (k) => `s = full_s; ${repeat(k, (i) => `s = s and select(indices % ${i + 2}, indices % ${i + 3}, !=);`)}`,
    2,
  ],
  complements: [(k) => `s = full_s; ${repeat(k, (i) => `s = not (s and select(indices % ${i + 2}, indices, <));`)}`, 2],
  "best of best": [(k) => `s = full_s; ${repeat(k, () => "s = best(s, indices) or best(s, -indices);")}`, 2],
  diamonds: [(k) => `y = indices; ${repeat(k, () => "y = (y + y) % 7;")} s = select(y, 1, ==);`, 1],
  "means over each other": [
    (k) => `y = indices; ${repeat(k, () => "y = aggregate(select(indices, indices, <=), y);")} s = select(y, 1, ==);`,
    1,
  ],
};

describe.each(Object.entries(FAMILIES))("%s", (_, [program, byLength]) => {
  const sop = (size: number): SOp => load(`${program(size)} w = selector_width(s);`).sop("w");

  it("take what grows as the program does", () => {
    const [small, large] = [taken(sop(24), letters(100)), taken(sop(48), letters(100))];
    expect(large.steps).toBeLessThan(2.5 * small.steps);
    expect(large.bytes).toBeLessThan(2.5 * small.bytes);
  });

  it("take what grows as the input does, or as the bound", () => {
    const [small, large] = [taken(sop(24), letters(250)), taken(sop(24), letters(500))];
    expect(large.steps).toBeLessThan(2.3 ** byLength * small.steps);
    expect(large.bytes).toBeLessThan(2.3 * small.bytes);
  });
});

it.each(["letters joined by or", "letters joined by and of !="])("24 %s take little at 5,000 tokens", (family) => {
  const sop = load(`${FAMILIES[family]![0](24)} w = selector_width(s);`).sop("w");
  const { bytes, steps } = taken(sop, letters(5000));
  // A matrix would be 25 million cells.
  expect(steps).toBeLessThan(5_000_000);
  expect(bytes).toBeLessThan(20_000_000);
});

/** The error of a computation. */
function failure(compute: () => unknown): RaspError {
  try {
    compute();
  } catch (error) {
    if (error instanceof RaspError) return error;
    throw error;
  }
  throw new Error("this was computed");
}

const SOFT = "v = attend(full_s, tokens); w = attend(indices, tokens);";

const small = (bytes = 3_000_000, steps = 20_000_000) => new Capacity({ bytes, steps });

describe("what takes too much is refused where it would be taken", () => {
  it.each([
    ["many s-ops on a long input", `y = indices; ${repeat(200, () => "y = y + 1;")}`, "memory"],
    ["many strings", `y = tokens * (indices + 600); ${repeat(9, (i) => `y = y + "${i}";`)}`, "memory"],
    ["long ints", "y = (indices + 2) ^ 20000;", "time"],
    [
      "rows",
      `s = full_s; ${repeat(40, (i) => `s = s and select(indices * ${i + 3} % 997, indices, <);`)} y = selector_width(s);`,
      "time",
    ],
  ] as const)("%s", (_, program, what) => {
    const sop = load(program).sop("y");
    const { diagnostic } = failure(() =>
      new Evaluation(
        letters(1000),
        0,
        small(what === "time" ? 1e8 : undefined, what === "time" ? 5_000_000 : undefined),
      ).sop(sop),
    );
    expect(diagnostic.message).toContain(`too much ${what} from here on`);
    expect(diagnostic.class).toBe("limit");
    expect(diagnostic.span).toBeDefined();
    expect(diagnostic.suggestion).toContain("a shorter input");
  });

  it("a matrix", () => {
    const selector = load("s = select(tokens, tokens, ==);").selector("s");
    const { message, diagnostic } = failure(() => new Evaluation(letters(4097)).selector(selector));
    expect(message).toContain("4097 tokens is a matrix of 4097² cells; the limit is 4096 tokens");
    expect(diagnostic.suggestion).toContain("aggregate over it");
    const few = new Evaluation(letters(100), 0, new Capacity({ bytes: 9_000, steps: 1e6 }));
    expect(failure(() => few.selector(selector)).message).toContain("too much memory");
  });

  it("vectors and scores", () => {
    const wide = (name: string) => load(SOFT).vector(name);
    const input = Array.from({ length: 1000 }, (_, i) => `${i}`);
    expect(failure(() => new Evaluation(input, 0, small()).vector(wide("v"))).diagnostic.class).toBe("limit");
    expect(failure(() => new Evaluation(letters(1000), 0, small()).vector(wide("w"))).diagnostic.class).toBe("limit");
  });

  it("texts of values", () => {
    const long = "a".repeat(2 ** 20);
    const values = Array.from({ length: 200 }, (_, i) => `${i}${long}`);
    expect(failure(() => displaySequence(values)).message).toContain("million characters");
    expect(failure(() => encodeResult(values)).message).toContain("million characters");
    expect(displaySequence(new Array<Atom>(200).fill(long)).length).toBeLessThan(2 ** 21);
  });
});

it("values that are dropped or fail are given back", () => {
  const chain = load(`y = indices; ${repeat(300, () => "y = y + 1;")}`).sop("y");
  const evaluation = new Evaluation(letters(1000), 0, small());
  expect(evaluation.sopOnce(chain)[1]).toBe(301n);
  expect(evaluation.capacity.bytes).toBeLessThan(100_000);

  const environment = load("");
  const held = () => environment.session.sopExample.capacity.bytes;
  environment.run("x = indices;");
  const before = held();
  for (let i = 0; i < 10; i++) expect(() => environment.run("1 / indices;")).toThrow("by zero");
  // What a failing s-op reads stays: the constants.
  expect(held() - before).toBeLessThanOrEqual(10 * 16 * 5);
});

it("each run has all steps", () => {
  const environment = load("");
  environment.run("x = selector_width(select(tokens, tokens, ==));");
  const { capacity } = environment.session.sopExample;
  expect(capacity.steps).toBeGreaterThan(0);
  capacity.steps = MOST_CELL_STEPS;
  expect(() => environment.run("y = x + 1;")).not.toThrow();
});

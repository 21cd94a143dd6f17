import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cost, displayValue, evaluate, load, RaspError } from "../../../src/index.js";
import { breadth } from "../../../../../test/long.js";

const fails = (run: () => unknown): RaspError["diagnostic"] => {
  try {
    run();
  } catch (error) {
    if (error instanceof RaspError) return error.diagnostic;
    throw error;
  }
  throw new Error("this should fail");
};

const values = (expression: string, input: string | number[] = "hello") =>
  evaluate(load(`answer = ${expression};`, { example: input }).sop("answer"), input);

describe("best", () => {
  it.each([
    ["the highest score", "aggregate(best(full_s, -indices), tokens)", ["h", "h", "h", "h", "h"]],
    ["the latest position", "aggregate(best(select(tokens,tokens,==), indices), indices)", [0, 1, 3, 3, 4]],
    ["of equal scores the earliest", "aggregate(best(select(tokens,tokens,==), 1), indices)", [0, 1, 2, 2, 4]],
    ["nothing of an empty row", 'aggregate(best(select(indices,indices,<), indices), tokens, "-")', [..."-hell"]],
    ["a position before itself", "aggregate(best(select(indices,indices,<), indices), indices, -1)", [-1, 0, 1, 2, 3]],
    ["scores of floats and bools", "aggregate(best(full_s, indices/10 + (indices==1)), indices)", [1, 1, 1, 1, 1]],
    ["at most one position", "selector_width(best(full_s, indices % 2))", [1, 1, 1, 1, 1]],
  ])("chooses %s", (_, expression, expected) => {
    expect(values(expression)).toEqual(expected);
  });

  it("combines like any selector", () => {
    const latest = "best(select(indices,indices,<), indices)";
    expect(values(`selector_width(${latest} or select(indices,indices,==))`)).toEqual([1, 2, 2, 2, 2]);
    expect(values(`selector_width(not ${latest})`)).toEqual([5, 4, 4, 4, 4]);
    expect(values(`aggregate(best(${latest} or select(indices,0,==), -indices), indices)`)).toEqual([0, 0, 0, 0, 0]);
  });

  it("has at most one position in each row", () => {
    const selector = load("s = best(select(indices,indices,<=), tokens_int % 3);", { example: "4712" }).selector("s");
    const row = (...bits: number[]) => bits.map(Boolean);
    expect(evaluate(selector, "4712")).toEqual([row(1, 0, 0, 0), row(1, 0, 0, 0), row(1, 0, 0, 0), row(0, 0, 0, 1)]);
  });

  it("requires numbers as scores, at the call", () => {
    const strings = fails(() => load("a = best(full_s, tokens);"));
    expect(strings).toMatchObject({
      code: "RASP3001",
      message: 'the scores of best are numbers, not strings such as "h"',
      suggestion: "tokens_int and tokens_float read numbers from tokens",
    });
    expect(strings.span).toMatchObject({ start: 4, end: 24 });
    expect(fails(() => load("best(full_s, tokens_float);", { example: ["nan"] }))).toMatchObject({
      class: "value",
      message: "nan is no score: it is neither above nor below another number",
    });
    expect(fails(() => load("best(indices, indices);"))).toMatchObject({
      code: "RASP3005",
      message: 'best chooses from what a selector selects, not from the s-op "indices"',
    });
    expect(fails(() => load("best(full_s);")).message).toBe('"best" takes 2 arguments (sel, score), not 1');
  });

  it("is a name that programs can set", () => {
    expect(load("best = 3;").evaluateExpression("best + 1")).toMatchObject({ kind: "atom", atom: 4n });
    expect(load("def best(a) { return a * 2; } x = best(4);").get("x")).toMatchObject({ atom: 8n });
    expect(load("def f(best) { return best; } x = f(4);").get("x")).toMatchObject({ atom: 4n });
    expect(displayValue(load("").get("best"))).toBe("function: best(sel, score)");
  });

  it("costs its selector's head, a layer after its score", () => {
    const sop = (text: string) => load(`a = ${text};`).sop("a");
    expect(cost(sop("aggregate(best(full_s, indices), tokens)")).headsPerLayer).toEqual([1]);
    expect(cost(sop("aggregate(best(full_s, length - indices), tokens)")).headsPerLayer).toEqual([1, 1]);
  });
});

describe("lesson 8", () => {
  const lesson = (file: string) =>
    load(readFileSync(new URL(`../../../../../examples/${file}.rasp`, import.meta.url), "utf8"));
  const [counting, best] = [lesson("07-dyck2"), lesson("08-dyck2-best")];

  it.each(["dyck2", "dyck3"])("%s takes 3 layers and 1 head, as in the paper", (name) => {
    expect(cost(counting.sop(`${name}_ptf`)).headsPerLayer).toEqual([1, 2, 1, 1]);
    expect(cost(best.sop(`${name}_best`)).headsPerLayer).toEqual([1, 1, 1]);
  });

  const longest = breadth({ short: 4, long: 6 });

  it(`agrees with lesson 7 on every input up to length ${longest}`, () => {
    const [seven, eight] = [counting.sop("dyck2_ptf"), best.sop("dyck2_best")];
    const extend = (words: string[]): string[] => words.flatMap((word) => [..."(){}"].map((token) => word + token));
    let words = [""];
    for (let length = 1; length <= longest; length++) {
      words = extend(words);
      for (const word of words) expect(evaluate(eight, word), word).toEqual(evaluate(seven, word));
    }
  });
});

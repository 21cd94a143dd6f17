/** Programs that run away. Each must end soon, with an error that names the limit. */
import { describe, expect, it } from "vitest";
import { load, RaspError, type LoadOptions } from "../../src/index.js";

const grow = (start: string, step: string): string => `t = ${start};\nfor i in range(1000) {\n  t = ${step};\n}`;

/** The error's class, code, and the limit that its message names. */
function ends(program: string, options: LoadOptions = {}): readonly [string, string, string | undefined] {
  try {
    load(program, options);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    const { class: errorClass, code, message, span } = error.diagnostic;
    expect(span).toBeDefined();
    expect(message.length).toBeLessThan(700);
    return [errorClass, code, /the limit "(\w+)"/.exec(message)?.[1]];
  }
  return ["ok", "", undefined];
}

const MEMORY = ["limit", "RASP6003", "memory"] as const;
const STEPS = ["limit", "RASP6001", "steps"] as const;
const NODES = ["limit", "RASP6002", "nodes"] as const;
const RECURSION = ["recursion", "RASP2005", "recursion"] as const;
const OVERFLOW = ["overflow", "RASP3202", undefined] as const;

describe("limits", () => {
  it.each([
    ["exponential list growth", grow("[1]", "t + t"), MEMORY],
    ["deep recursion", "def f(n) { return f(n + 1); }\nf(0);", RECURSION],
    ["deep recursion through s-ops", "def f(s) { return f(s + 1) if s > 3 else s; }\nf(indices);", RECURSION],
    ["two functions that call each other", "def a(n) { return b(n); }\ndef b(n) { return a(n); }\na(1);", RECURSION],
    ["a list of itself twice", grow("[1]", "[t, t]"), MEMORY],
    ["a list of itself", "t = [];\nfor i in range(900000) { t = [t]; }", MEMORY],
    ["several values at once", grow("[1]", "t, t"), MEMORY],
    ["a dict of itself twice", grow("{}", "{1: t, 2: t}"), MEMORY],
    ["what a function returns", `def two(t) { return t, t; }\n${grow("[1]", "two(t)")}`, MEMORY],
    ["zip", grow("[1]", "zip(t + t, t + t)"), MEMORY],
    ["a comprehension", `${grow("[1]", "[t for k in [1, 2]]")}`, MEMORY],
    ["a growing string", grow('"ab"', "t + t"), MEMORY],
    ["a growing string at every position", grow('tokens + "b"', "t + t"), MEMORY],
    ["a growing int", grow("2", "t * t"), OVERFLOW],
    ["a growing int at every position", grow("indices + 2", "t * t"), OVERFLOW],
    ["a power", "x = 9 ^ (9 ^ 9);", OVERFLOW],
    ["a list times an int", "x = [1] * 10 ^ 9;", OVERFLOW],
    ["a string times an int", 'x = "a" * 10 ^ 12;', OVERFLOW],
    ["a long range", "x = range(10 ^ 12);", OVERFLOW],
  ] as const)("%s ends with the limit's name", (_, program, expected) => {
    expect(ends(program)).toEqual(expected);
  });

  it.each([
    ["loops in loops", "l = range(1000);\nfor i in l { for j in l { for k in l { x = 1; } } }", STEPS],
    ["a search in a loop", "l = range(100000);\nfor i in l { x = -1 in l; }", STEPS],
    ["a comparison in a loop", "l = range(100000);\nfor i in l { x = l == l; }", STEPS],
    ["a call without end in breadth", "def f(n) { return 1 if n == 0 else f(n - 1) + f(n - 1); }\nf(60);", STEPS],
    ["s-ops in a loop", "for i in range(20000) { x = indices + i; }", NODES],
    [
      "applications in a loop",
      "t = indices;\nfor i in range(1000) { t = t + 1; }\nfor i in range(100000) { t([1, 2]); }",
      STEPS,
    ],
  ] as const)("%s ends within a tenth of the default limits", (_, program, expected) => {
    expect(ends(program, { limits: { steps: 1_000_000, nodes: 10_000 } })).toEqual(expected);
  });

  it("can be set one by one", () => {
    const program = "l = range(100);\nx = [indices + i for i in l];";
    expect(ends(program)).toEqual(["ok", "", undefined]);
    expect(ends(program, { limits: { steps: 100 } })).toEqual(STEPS);
    expect(ends(program, { limits: { nodes: 99 } })).toEqual(NODES);
    expect(ends(program, { limits: { nodes: 101 } })).toEqual(["ok", "", undefined]);
    expect(ends(program, { limits: { memory: 100 } })).toEqual(MEMORY);
    expect(ends(program, { limits: { recursion: 1 } })).toEqual(RECURSION);
  });

  it("start over for each run", () => {
    const environment = load("", { limits: { steps: 1000 } });
    for (let run = 0; run < 50; run++) environment.run("x = range(300);");
    expect(() => environment.run("x = range(300);\n".repeat(4))).toThrow('the limit "steps" of 1000 steps');
    expect(environment.evaluateExpression("len(x)")).toEqual({ kind: "atom", atom: 300n });
  });

  it("count the length of an example that the program chose, but not of the host's", () => {
    const program = "x = sort(tokens, tokens);\ny = sort(x, indices);";
    const example = Array.from({ length: 20_000 }, (_, i) => `t${(i * 7919) % 20_000}`);
    expect(ends(program, { example, limits: { memory: 10_000 } })).toEqual(["ok", "", undefined]);
    expect(ends(`set example ["ab" * i for i in range(500)]\n${program}`, { limits: { memory: 10_000 } })).toEqual(
      MEMORY,
    );
  });

  it("allow long programs", () => {
    expect(ends(grow("indices", "t + 1").replace("1000", "5000"))).toEqual(["ok", "", undefined]);
    expect(ends("t = 0;\nfor i in range(200000) { t = t + i % 7; }")).toEqual(["ok", "", undefined]);
  });
});

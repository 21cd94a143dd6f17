/**
 * What a command does and says grows as its input does. Graphs of 60 levels in which each level uses the one below twice have 2^60
 * paths: work along paths would not end. Texts are compared at two sizes by the length of what is said about them.
 */
import { describe, expect, it } from "vitest";
import { breadth, isLong } from "../../../../test/long.js";
import {
  compile,
  cost,
  costAdvice,
  drawSvg,
  drawText,
  Environment,
  evaluate,
  flow,
  load,
  printRasp,
  RaspError,
  render,
  type Diagnostic,
} from "../../src/index.js";

const LEVELS = 60;
const levels = (count: number, level: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => level(i)).join("\n");

const GRAPHS: Readonly<Record<string, (count: number) => string>> = {
  "selectors that are used twice": (count) =>
    `s0 = select(tokens, tokens, ==);\n${levels(count, (i) => `s${i + 1} = s${i} and not (s${i} or full_s);`)}\nx = aggregate(s${count}, 1);`,
  "scores of best": (count) =>
    `s0 = full_s;\n${levels(count, (i) => `s${i + 1} = best(s${i} or s${i}, indices);`)}\nx = aggregate(s${count}, indices);`,
  "s-ops that are used twice": (count) =>
    `x0 = indices % 2;\n${levels(count, (i) => `x${i + 1} = (x${i} + x${i}) % 2;`)}\nx = x${count};`,
  "aggregates over each other": (count) =>
    `x0 = indices;\n${levels(count, (i) => `x${i + 1} = aggregate(select(x${i}, x${i}, ==), indices % 2);`)}\nx = x${count};`,
};

const COMMANDS: Readonly<Record<string, (program: string) => string>> = {
  eval: (program) => evaluate(load(program).sop("x"), "abcab").join(" "),
  cost: (program) => {
    const counted = cost(load(program).sop("x"));
    return `${counted.reasons.length} ${costAdvice(counted).advice.length}`;
  },
  draw: (program) => drawText(flow(load(program).sop("x"), "abcab")),
  "draw -o": (program) => drawSvg(flow(load(program).sop("x"), "abcab")),
  print: (program) => printRasp(load(program).sop("x")),
};

describe.each(Object.entries(GRAPHS))("of %s", (_, program) => {
  it.each(Object.entries(COMMANDS))("%s says what grows as the graph does", (_name, command) => {
    const [half, whole] = [command(program(LEVELS / 2)), command(program(LEVELS))];
    // A picture of n layers with the matrices and names of each; twice as many layers are twice as long.
    expect(whole.length).toBeLessThan(2.3 * half.length + 200);
  });
});

const repeat = (count: number, item: (i: number) => string, separator: string): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);
const nested = (depth: number, wrap: (inner: string) => string, inner: string): string =>
  Array.from({ length: depth }).reduce<string>((text) => wrap(text), inner);

const TEXTS: Readonly<Record<string, (count: number) => string>> = {
  comparisons: (n) => `x = ${repeat(n, () => "1", " < ")};`,
  powers: (n) => `x = ${repeat(n, () => "1", "^")};`,
  "and, or": (n) => `x = ${repeat(n, () => "1 or 1", " and ")};`,
  modulo: (n) => `x = ${repeat(n, () => "1 * 1", " % ")};`,
  in: (n) => `x = ${repeat(n, () => "1 in [1]", " and ")};`,
  ternaries: (n) => `x = ${repeat(n, () => "1 if True", " else ")} else 2;`,
  "not before ==": (n) => `x = ${repeat(n, () => "not 1 == 1", " and ")};`,
  "minus before ^": (n) => `x = ${repeat(n, () => "-1^2", " + ")};`,
  "comparisons of types": (n) => `x = ${repeat(n, () => "(tokens == 1)", " or ")};`,
  "chains in parentheses": (n) => `x = ${nested(n >> 1, (inner) => `(1 < 2 < ${inner})`, "1")};`,
  "names that hide": (n) =>
    `${repeat(n, (i) => `a${i} = 1;`, "\n")}\ndef f(${repeat(n, (i) => `a${i}`, ", ")}) { return 1; }`,
  "functions in functions": (n) => nested(n >> 2, (inner) => `def f(u) { ${inner} return 1; }`, "y = 1;"),
  loops: (n) => repeat(n, (i) => `i = ${i}; for i in [1] { i; }`, "\n"),
  "names that cannot be set": (n) => repeat(n, (i) => `count = ${i};`, "\n"),
  "slips on lines": (n) => repeat(n, (i) => `x += ${i};`, "\n"),
  "slips in a line": (n) => `x = ${repeat(n, () => "1 && 1", " && ")};`,
  "calls in calls": (n) => `${nested(n >> 2, (inner) => `max(1, ${inner})`, "count(1, 2)")};`,
  "alike warnings on lines": (n) => repeat(n, (i) => `a${i} = tokens == ${i};`, "\n"),
  parameters: (n) => `def f(${repeat(n, (i) => `a${i}`, ", ")}) { return 1; }`,
  "names of a function": (n) => `def f(x) { ${repeat(n, (i) => `a${i} = x;`, " ")} return x; }`,
  "functions that are not closed": (n) => repeat(n, () => "def f() {", " "),
  "letters of a name": (n) => `${"a".repeat(n)};`,
  "letters of an example": (n) => `set example ${"a".repeat(n)}\n`,
  "elements of a list": (n) => `x = [${repeat(n, (i) => `${i}`, ", ")}];`,
  "entries of a dict": (n) => `x = {${repeat(n, (i) => `${i}: 1`, ", ")}};`,
  arguments: (n) => `def f(x) { return x; } f(${repeat(n, () => "1", ", ")});`,
  "comment lines": (n) => "#\n".repeat(n),
};

/** All that is said about a text: its warnings and errors, rendered and with their fixes. */
function said(text: string): number {
  const environment = new Environment();
  const found: Diagnostic[] = [];
  try {
    environment.run(text);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    found.push(error.diagnostic, ...error.further);
  }
  found.push(...environment.takeWarnings());
  return found.reduce((sum, diagnostic) => sum + render(diagnostic).length + (diagnostic.fix?.text.length ?? 0), 0);
}

describe("what is said about a text", () => {
  it.each(Object.entries(TEXTS))("with many %s grows as the text does", (_, text) => {
    const [small, large] = [text(200), text(400)];
    expect(said(large)).toBeLessThan(2.3 * said(small) + 500);
    expect(said(large)).toBeLessThan(60 * large.length);
  });

  it.each(Object.entries(TEXTS))("with very many %s is not more than people read", (_, text) => {
    const size = breadth({ short: 12_000, long: 450_000 });
    const whole = text(Math.ceil((200 * size) / text(200).length));
    expect(whole.length).toBeGreaterThan(0.6 * size);
    expect(said(whole)).toBeLessThan(60_000);
  });
});

/** The warnings of a text, which may fail when it runs. */
function warningsOf(text: string): readonly Diagnostic[] {
  const environment = new Environment();
  try {
    environment.run(text);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
  }
  return environment.takeWarnings();
}

it.each([
  ["1 < 2 < 3 < 4", "1 < 2 and 2 < 3 and 3 < 4"],
  ["2^3^2^1", "2^(3^(2^1))"],
  ["True or False and True and False or True and False", "True or (False and True and False) or (True and False)"],
  ["7 % 2 * 3 % 4 * 5 * 6", "((7 % 2) * 3 % 4) * 5 * 6"],
  ["1 in [1] and 2 in [2] or 3 in [3]", "(1 in [1]) and (2 in [2]) or (3 in [3])"],
  ["1 if True else 2 if False else 3 if True else 4", "1 if True else (2 if False else (3 if True else 4))"],
  ["True or 1 < 2 < 3", "(1 < 2 and 2 < 3)"],
])("%s has one warning, whose fix is what Python reads: %s", (chain, meant) => {
  const warnings = warningsOf(`${chain};`);
  expect(warnings.map(({ fix }) => fix?.text)).toEqual([meant]);
  const { span, text } = warnings[0]!.fix!;
  expect(warningsOf(`${chain.slice(0, span.start)}${text}${chain.slice(span.end)};`)).toEqual([]);
});

it("counts the cost of thousands of layers, and draws them", () => {
  // Each layer's place was once sought in all that is below it.
  const deep = load(`x = indices;\n${"x = aggregate(select(x, x, ==), x);\n".repeat(3000)}`).sop("x");
  const { layers, chain, reasons } = cost(deep);
  expect([layers, chain.length, reasons.length]).toEqual([3000, 3000, 3000]);
  expect(chain.map(({ aggregate }) => aggregate.id)).toEqual(reasons.map(({ aggregates }) => aggregates[0]!.id));
  expect(drawText(flow(deep, "ab")).length).toBeLessThan(250 * 3000);
});

it("counts each load of a file, also one that was loaded before", () => {
  const readFile = (path: string): string => {
    const level = Number(path.slice(1, path.indexOf(".")));
    return level === 0 ? "x = 1;" : `load "f${level - 1}"; load "f${level - 1}";`;
  };
  expect(load('load "f8";', { readFile }).get("x")).toEqual({ kind: "atom", atom: 1n });
  // 2^16 loads would be 65,536 files; the limit ends them after some ten thousand.
  let files = 0;
  const counting = (path: string): string => (files++, readFile(path));
  expect(() => load('load "f16";', { readFile: counting })).toThrow('the limit "steps"');
  expect(files).toBeLessThan(12_000);
});

describe("texts of a megabyte and more", () => {
  it("can have any number of comments", () => {
    expect(load(`${"#\n".repeat(breadth({ short: 500_000, long: 2_000_000 }))}x = 1;`).get("x")).toEqual({
      kind: "atom",
      atom: 1n,
    });
  });

  it("can have lists and calls of any length", () => {
    const items = repeat(130_000, () => "1", ",");
    expect(load(`x = len([${items}]);`).get("x")).toEqual({ kind: "atom", atom: 130_000n });
    expect(warningsOf(`f(${items});`)).toEqual([]);
  });

  it.runIf(isLong)("have a limit of tokens", () => {
    expect(() => load(";".repeat(2_000_001))).toThrow("more than 2000000 words, numbers and signs");
  });

  it("are read where types and selectors are deep", () => {
    const deep = "x = indices;\ns = full_s;\nfor i in range(15000) { x = aggregate(full_s, x); s = s or full_s; }";
    expect(load(`${deep}\ny = x == "a";\nz = aggregate(s, 1, 0);`).get("y").kind).toBe("s-op");
  });
});

it.each(["tokens_int", "tokens_float"])("%s reads a number with many spaces around and inside", (conversion) => {
  const value = (token: string) => evaluate(load(`x = ${conversion};`, { example: "1" }).sop("x"), [token])[0];
  expect(value(`\u3000\x1c${" ".repeat(200_000)}7\x85\n`)).toBe(7);
  expect(() => value(`1${" ".repeat(200_000)}1`)).toThrow("is not a");
});

it("a program too deep to compile is refused at its place", () => {
  const deep = load(`x = indices;\n${"x = aggregate(select(x, x, ==), x);\n".repeat(3000)}`).sop("x");
  expect(() => compile(deep, { vocabulary: "ab", maxLength: 2 })).toThrow("too many s-ops that need each other");
});

/** Names that a program sets and that are the library's: what is said where it does, and where something fails later. */
import { describe, expect, it } from "vitest";
import { Environment, RaspError, render, type Diagnostic } from "../../../src/index.js";

function diagnostics(source: string): { warnings: Diagnostic[]; errors: Diagnostic[] } {
  const environment = new Environment({ readFile: () => 'tokens = "h";' });
  let errors: Diagnostic[] = [];
  try {
    environment.run(source);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    errors = [error.diagnostic, ...error.further];
  }
  return { warnings: [...environment.takeWarnings()], errors };
}

describe("a name of the library that is set to something else", () => {
  it.each([
    ['tokens = "h";', 'from here on it is "h"', 'a comparison is tokens == "h"'],
    ["tokens = indices;", "from here on it is another s-op", "a comparison is tokens == indices"],
    ["for tokens in [1] { tokens + 1; }", "from here on it is 1", "tokens = tokens_str; brings it back"],
    ["a, tokens = 1, 2;", "from here on it is 2", "tokens = tokens_str; brings it back"],
    ["def tokens(x) { return x; }", 'from here on it is the function "tokens"', "tokens = tokens_str;"],
    ["best = full_s;", "from here on it is a selector", '"my_best" would leave it as it is'],
    ["positions = 3;", "from here on it is 3", "a comparison is positions == 3"],
    ['load "f";', 'from here on it is "h"', 'a comparison is tokens == "h"'],
  ])("has a warning: %s", (source, message, suggestion) => {
    const { warnings } = diagnostics(source);
    expect(warnings.map((warning) => warning.code)).toEqual(["RASP7007"]);
    expect(warnings[0]!.message).toContain(message);
    expect(warnings[0]!.suggestion).toContain(suggestion);
  });

  it.each(["tokens = tokens_bool;", "tokens = tokens;", "score = tokens;", "def f(x) { y = x; return y; }", "x = 3;"])(
    "or is free has none: %s",
    (source) => {
      expect(diagnostics(source).warnings).toEqual([]);
    },
  );

  it.each([
    'tokens = "h"; count(tokens, "l");',
    'tokens = "h"; x = [1, indicator(tokens == "l")];',
    'tokens = "h"; def f(x) { return indicator(tokens == x); } f("h");',
    'load "f"; count(tokens, "l");',
    "score = 3; score(indices, indices, 1);",
  ])("is noted on a later error that may come of it: %s", (source) => {
    const text = diagnostics(source).errors.map(render).join("\n");
    expect(text).toMatch(/:1:1: note: "(tokens|score)" of the library is set here, to ("h"|3)/);
  });

  it("is not noted where it is not used, or was brought back", () => {
    for (const source of ['tokens = "h"; indices + "tokens";', 'tokens = "h"; tokens = tokens_str; tokens + 1;']) {
      const [error] = diagnostics(source).errors;
      expect(error!.code).toBe("RASP3001");
      expect(render(error!)).not.toContain("is set here");
    }
  });
});

it.each([
  ['s = "h"; count(s, "l");', 'count(seq, atom) of the library was given seq = s, which is "h"; atom = "l"'],
  ["sort(full_s, tokens);", "sort(seq, key) of the library was given seq = full_s (selector); key = tokens (s-op)"],
  ["average(tokens + tokens);", "average(seq) of the library was given seq = tokens + tokens (s-op)"],
  ["mark_last_instance([1], 2);", "mark_last_instance(seq, val) of the library was given seq = [1]; val = 2"],
  ["best(indices, 1);", "best(sel, score) of the library was given sel = indices (s-op); score = 1"],
])("an error inside the library says what it was given: %s", (source, note) => {
  const [{ notes }] = diagnostics(source).errors as [Diagnostic];
  expect(notes?.map(({ message }) => message).at(-1)).toBe(note);
});

it("an error inside a function of the program says what the library was given there", () => {
  const { errors } = diagnostics('def f(x) { return count(x, "l"); }\nf(3);');
  expect(errors[0]!.notes?.map(({ message }) => message)).toEqual([
    'count(seq, atom) of the library was given seq = x, which is 3; atom = "l"',
    "called from here: f(...)",
  ]);
});

it("all names that cannot be set are told at once, each with its place", () => {
  const source = `x = 1;
count = 3;
shift, y = 1, 2;
for sort in [1] { max = 2; }
def average(min) { contains = min; return contains; }
length = indices; length == 3;
True = 1;`;
  const { errors, warnings } = diagnostics(source);
  expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 7 }, () => "RASP2002"));
  expect(errors.map(({ message }) => /"(.*?)"/.exec(message)![1])).toEqual(
    "count shift sort max average length True".split(" "),
  );
  expect(errors[5]!.suggestion).toBe('choose another name, such as "my_length"; a comparison is length == indices');
  // A function is compared with nothing.
  expect(errors[0]!.suggestion).toBe('choose another name, such as "my_count"');
  expect(warnings.map(({ message }) => message)).toEqual([
    'inside "average", this "min" hides the library\'s "min"',
    'inside "average", this "contains" hides the library\'s "contains"',
  ]);
});

it("names that cannot be set are told beside another error, once", () => {
  const { errors } = diagnostics("nothing; count = 1; sort = 2;");
  expect(errors.map(({ code }) => code)).toEqual(["RASP2001", "RASP2002", "RASP2002"]);
});

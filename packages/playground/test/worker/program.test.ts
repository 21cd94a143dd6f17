import { describe, expect, it } from "vitest";
import { tokensOf } from "../../src/worker/input.js";
import { answerRun, answerWhy } from "../../src/worker/program.js";
import { wordAt } from "../../src/worker/target.js";
import { displayElement, flow, load } from "@selectron/rasp";
import { EXAMPLES } from "../../src/app/examples.js";

const run = (program: string, input = "hello", cursor = program.length, target?: string) =>
  answerRun({ kind: "run", program, input, cursor, ...(target === undefined ? {} : { target }) });

const FLIP = `opposite = length - 1 - indices;
flip = select(indices, opposite, ==);
reverse = aggregate(flip, tokens);
`;

describe("tokensOf", () => {
  it.each([
    ["hello", ["h", "e", "l", "l", "o"]],
    ["[1, 2.5, True]", [1n, 2.5, true]],
    ['"a b"', ["a", " ", "b"]],
    ["[1", ["[", "1"]],
    ["[x]", ["[", "x", "]"]],
    ["", []],
    ["😀", ["😀"]],
  ])("%j", (text, expected) => expect(tokensOf(text)).toEqual(expected));
});

describe("a run", () => {
  it("draws what the cursor is at: a name, a statement, or the last before it", () => {
    const at = (text: string): string | undefined => run(FLIP, "hello", FLIP.indexOf(text)).picture?.name;
    expect(at("reverse")).toBe("reverse");
    expect(at("flip =")).toBe("flip");
    expect(at("opposite, ==")).toBe("opposite");
    expect(at("length")).toBe("opposite");
    expect(at("aggregate(")).toBe("reverse");
    expect(run(`${FLIP}\n# flip`, "hello").picture?.name).toBe("reverse");
    expect(run(FLIP, "hello", 0, "flip").picture).toMatchObject({ name: "flip", kind: "selector" });
    expect(run(FLIP, "hello", 0, "gone").picture?.name).toBe("opposite");
  });

  it.each(EXAMPLES.map(({ key, program, input }) => [key, program, input] as const))(
    "of %s draws what the library draws",
    (_, program, input) => {
      const { picture, problems } = run(program, input);
      expect(problems).toEqual([]);
      const expected = flow(load(program, { example: input }).sop(picture!.name), input);
      expect(picture!.result!.values).toEqual(
        load(program, { example: input })
          .session.sopExample.sop(load(program, { example: input }).sop(picture!.name))
          .map(displayElement),
      );
      expect(
        picture!.layers.map(({ heads }) =>
          heads.map(({ matrix, keys, queries, uses }) => [
            matrix,
            keys.map(({ values }) => values),
            queries.map(({ values }) => values),
            uses.map(({ value, result }) => [value.values, result.values]),
          ]),
        ),
      ).toEqual(
        expected.layers.map(({ heads }) =>
          heads.map(({ matrix, keys, queries, uses }) => [
            matrix,
            keys.map(({ values }) => values),
            queries.map(({ values }) => values),
            uses.map(({ value, result }) => [value.values, result.values]),
          ]),
        ),
      );
      structuredClone(picture);
    },
  );

  it("is called by the name that the program gives", () => {
    const { picture } = run("answer = indices;\n");
    expect([picture!.name, picture!.result!.values]).toEqual(["answer", ["0", "1", "2", "3", "4"]]);
    expect(run("answer = indices;\ntokens;\n").picture!.name).toBe("tokens");
  });

  it("tells the line that asks for a head of the library, of several the first", () => {
    const { picture } = run(`${FLIP}twice = length + length;\nboth = reverse if twice > 3 else "-";`);
    expect(picture!.layers.flatMap(({ heads }) => heads.map(({ name, line }) => [name, line]))).toEqual([
      ["full_s", 1],
      ["flip", 2],
    ]);
    const other = run("\nn = count(tokens, 0);").picture!;
    expect(other.layers[1]!.heads[0]!.line).toBe(2);
  });

  it("has a selector without the s-op that reads it", () => {
    const { picture } = run("s = select(tokens, tokens, ==);");
    expect(picture).toMatchObject({ kind: "selector", headsPerLayer: [1] });
    expect(picture!.layers[1]!.heads[0]).toMatchObject({ name: "s", line: 1, uses: [] });
  });

  it("goes as far as it can, and says what is wrong, with the mend", () => {
    const { picture, problems } = run(`${FLIP}x = revers;\n`);
    expect(picture?.name).toBe("reverse");
    expect(problems).toMatchObject([
      {
        code: "RASP2001",
        severity: "error",
        fix: { text: "reverse" },
        range: { start: FLIP.length + 4, end: FLIP.length + 10 },
      },
    ]);
  });

  it.each([
    ["", "hello", "nothing"],
    ["a = 1;", "hello", "nothing"],
    ["a = tokens;", "", "empty"],
    ["a = tokens;", "x".repeat(65), "long"],
  ])("of %j on %j says what is missing: %s", (program, input, reason) =>
    expect(run(program, input).noPicture).toBe(reason),
  );

  it("of a runaway program ends at the budget", () => {
    const { problems } = run("def f(n) { return f(n + 1); } a = f(0);");
    expect(problems[0]!.code).toBe("RASP2005");
    const long = run("l = range(1000); for i in l { for j in l { for k in l { a = i + j + k; } } }");
    expect(long.problems[0]!.code).toMatch(/^RASP600/);
  });

  it("knows names with their parameters and values", () => {
    const { names, targets } = run(FLIP);
    const named = (name: string) => names.find((each) => each.name === name);
    expect(targets).toEqual(["opposite", "flip", "reverse"]);
    expect(named("reverse")).toEqual({ name: "reverse", kind: "s-op", isLibrary: false, value: "o l l e h" });
    expect(named("selector_width")).toMatchObject({ kind: "function", isLibrary: true, parameters: ["sel"] });
    expect(named("indices")).toMatchObject({ isLibrary: true, value: "0 1 2 3 4" });
  });
});

describe("why", () => {
  it("a cell is selected: the comparison with its values", () => {
    const { picture } = run(FLIP);
    const { id } = picture!.layers[2]!.heads[0]!;
    expect(answerWhy({ kind: "why", of: "cell", node: id, query: 1, key: 3 })).toMatchObject({
      of: "cell",
      reason: {
        kind: "select",
        holds: true,
        op: "==",
        key: { name: "indices", value: "3" },
        query: { name: "opposite", value: "3" },
      },
    });
    expect(answerWhy({ kind: "why", of: "cell", node: id, query: 1, key: 2 })).toMatchObject({
      reason: { holds: false },
    });
  });

  it("parts of a selector are told one by one", () => {
    const { picture } = run(
      "s = best(select(tokens, tokens, ==) and not select(indices, indices, >), indices); a = aggregate(s, indices);",
    );
    const { id } = picture!.layers[1]!.heads[0]!;
    expect(answerWhy({ kind: "why", of: "cell", node: id, query: 3, key: 2 })).toMatchObject({
      reason: {
        kind: "best",
        holds: false,
        score: { value: "2" },
        best: { value: "3" },
        parts: [
          {
            kind: "and",
            holds: true,
            parts: [{ kind: "select" }, { kind: "not", parts: [{ kind: "select", holds: false }] }],
          },
        ],
      },
    });
  });

  it("a value came about: what was selected, and each of it can be asked about", () => {
    const { picture } = run(FLIP);
    const value = answerWhy({ kind: "why", of: "value", node: picture!.result!.id, position: 1 });
    expect(value).toMatchObject({
      of: "value",
      at: { name: "reverse", value: "l" },
      reason: {
        kind: "aggregate",
        selected: [3],
        values: [{ name: "tokens", position: 3, value: "l", isOpen: false }],
      },
    });
    const opposite = picture!.layers[2]!.heads[0]!.queries[0]!;
    const answer = answerWhy({ kind: "why", of: "value", node: opposite.id, position: 1 });
    expect(answer).toMatchObject({ reason: { kind: "map", fn: "-", args: [{ value: "4" }, { value: "1" }] } });
    const [first] = (answer as unknown as { reason: { args: { id: number }[] } }).reason.args;
    expect(answerWhy({ kind: "why", of: "value", node: first!.id, position: 1 })).toMatchObject({
      reason: { kind: "map", fn: "-", args: [{ name: "length", value: "5" }, { value: "1" }] },
    });
  });

  it("a ternary took a branch", () => {
    const { picture } = run('a = "x" if indices == 0 else tokens;');
    expect(answerWhy({ kind: "why", of: "value", node: picture!.result!.id, position: 1 })).toMatchObject({
      reason: { kind: "map", fn: "if", taken: 2 },
    });
  });

  it("there is nothing to tell of a picture that is gone", () => {
    const { picture } = run(FLIP);
    run("a = 1;");
    expect(answerWhy({ kind: "why", of: "value", node: picture!.result!.id, position: 1 })).toEqual({
      kind: "why",
      of: "nothing",
    });
  });
});

it.each([
  ["ab = cd;", 0, "ab"],
  ["ab = cd;", 6, "cd"],
  ["ab = cd;", 7, "cd"],
  ["ab = 12;", 6, undefined],
  ["# ab", 3, undefined],
  ["", 0, undefined],
])("the word in %j at %i", (text, cursor, word) => expect(wordAt(text, cursor)).toBe(word));

/** What a warning says holds on every input: programs with every way to get a default, and all inputs up to a length. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import {
  Environment,
  Evaluation,
  load,
  RaspError,
  topological,
  type Atom,
  type GraphNode,
} from "../../../src/index.js";
import { typeWarning } from "../../../src/language/elaborate/type-warnings.js";
import { expressions } from "../../arbitrary/program.js";

/** All inputs of up to three of the letters. */
const INPUTS = [1, 2, 3].flatMap((length) =>
  Array.from({ length: 3 ** length }, (_, i) => [...i.toString(3).padStart(length, "0")].map((d) => "abz"[Number(d)]!)),
);

const values = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
};

/** Inputs on which a warning about a node says something else than evaluation; a node without a value contradicts nothing. */
function contradictions(node: GraphNode, message: string): Atom[][] {
  const says = (part: string): boolean => message.includes(part);
  return INPUTS.filter((input) => {
    const evaluation = new Evaluation(input);
    if (node.kind === "select") {
      const cells = values(() => evaluation.selector(node))?.flatMap((row) => [...row]);
      return cells?.includes(says("selects nothing") ? 1 : 0);
    }
    if (node.kind === "map" && says("False everywhere")) {
      return values(() => evaluation.sop(node))?.some((value) => value !== false);
    }
    if (node.kind === "map" && says("True everywhere")) {
      return values(() => evaluation.sop(node))?.some((value) => value !== true);
    }
    if (says("where both occur")) {
      const chosen = node.kind === "map" ? values(() => evaluation.sop(node)) && evaluation.sop(node.args[0]!) : [];
      return new Set(chosen?.map(Boolean)).size > 1;
    }
    if (says("only some rows select") && node.kind === "aggregate") {
      const rows = values(() => evaluation.sop(node)) && evaluation.selector(node.selector);
      return new Set(rows?.map((row) => row.includes(1))).size > 1;
    }
    throw new Error(`this warning is not understood: ${message}`);
  });
}

const { int, number, bool, text, selector } = expressions;
const typed = fc.oneof(int, number, bool, text, fc.constantFrom('"a"', "0", "1", "0.0", "True"));
/** Selectors that select nothing, or nothing in some rows. */
const sparse = fc.oneof(
  selector,
  fc.constantFrom('select(tokens, "z", ==)', "select(indices, indices + 9, ==)", "select(indices, 1, ==)"),
  fc.constantFrom("full_s", "select(indices, 0, ==)", "select(tokens, tokens, ==)", "select(1, 2, ==)"),
);
const atom = fc.constantFrom('"a"', '""', "0", "1", "0.5", "True");
/** Expressions whose type hangs on what is selected. */
const { mixed } = fc.letrec<{ mixed: string }>((tie) => ({
  mixed: fc.oneof(
    { depthSize: 0.5, maxDepth: 3 },
    typed,
    fc.tuple(sparse, tie("mixed")).map(([s, v]) => `aggregate(${s}, ${v})`),
    fc.tuple(sparse, tie("mixed"), atom).map(([s, v, d]) => `aggregate(${s}, ${v}, ${d})`),
    fc.tuple(tie("mixed"), fc.constantFrom("0", "1", "9", "-1", "-2")).map(([v, i]) => `(${v})[${i}]`),
    fc.tuple(tie("mixed"), bool, tie("mixed")).map(([a, c, b]) => `(${a} if ${c} else ${b})`),
    fc.tuple(tie("mixed"), fc.constantFrom("+", "*", "-"), tie("mixed")).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.constantFrom("max", "min"), tie("mixed"), tie("mixed")).map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc.tuple(tie("mixed"), atom).map(([a, b]) => `(${a} or ${b})`),
    fc.tuple(atom, atom).map(([a, b]) => `[${a}, ${b}, 7][indices % 3]`),
    fc.tuple(atom, atom).map(([a, b]) => `{"a": ${a}, "b": ${b}, "z": 7}[tokens]`),
    fc.tuple(atom, tie("mixed")).map(([a, v]) => `(${a} in (${v} + tokens_asis))`),
  ),
}));
const program = fc.oneof(
  fc.tuple(mixed, mixed).map(([a, b]) => `x = ${a} == ${b};`),
  fc.tuple(mixed, mixed, fc.constantFrom("==", "!=")).map(([a, b, op]) => `x = has_focus(select(${a}, ${b}, ${op}));`),
  mixed.map((a) => `x = ${a};`),
);

describe("a warning", () => {
  it("is true on every input", () => {
    let said = 0;
    const check = (source: string): void => {
      // On one token most programs have values; a program that has none says nothing.
      const root = values(() => load(source, { example: "a" }).sop("x"));
      for (const node of root ? topological(root) : []) {
        const message = typeWarning(node, true)?.message;
        if (message === undefined) continue;
        said++;
        expect(contradictions(node, message), `${source}\n${message}`).toEqual([]);
      }
    };
    fc.assert(fc.property(program, check), { numRuns: breadth({ short: 200, long: 8_000 }) });
    expect(said).toBeGreaterThan(20);
  });

  const warningsOf = (source: string): string[] => {
    const environment = new Environment();
    environment.run(source);
    return environment.takeWarnings().map(({ message }) => message);
  };

  it.each([
    'aggregate(select(tokens, "z", ==), tokens) == 0;',
    "tokens[9] == 0;",
    "selector_width(select(aggregate(select(indices, indices + 9, ==), tokens), 0, ==));",
    "aggregate(select(indices, indices + 9, ==), tokens) if indices > 0 else 1;",
    "max(aggregate(select(indices, indices + 9, ==), tokens), 0) == 0;",
    // The value of `out` is that of `t`.
    "def f(x) { t = x + 1; return out; } f(indices);",
    "_x = 1; y = 2;",
    'tokens == "a" or True; tokens == "a" or ""; "" or "b"; 0 or indices > 1;',
  ])("is not given about %s", (source) => {
    expect(warningsOf(source)).toEqual([]);
  });

  it.each([
    ["tokens[0] == 0;", "strings never equal numbers: this is False everywhere"],
    ['tokens[1] == 0 or aggregate(full_s, indices) == "a";', "numbers never equal strings: this is False everywhere"],
    [
      "select(aggregate(select(indices, 0, ==), tokens), indices, !=);",
      "strings never equal numbers: this selects everything",
    ],
    ['[1, True][indices % 2] == "a";', "bools or numbers never equal strings: this is False everywhere"],
    [
      '"a" if indices > 9 else {"h": 1, "e": 2, "l": 3, "o": 4}[tokens];',
      "one branch gives strings, the other numbers",
    ],
    ['tokens == "a" or "b";', '"b" alone counts as True: this is True everywhere'],
    ["def f(indices) { return indices; }", '"indices" is a built-in name and cannot be set: every call of "f"'],
  ])("is given about %s", (source, message) => {
    expect(warningsOf(source)).toEqual([expect.stringContaining(message)]);
  });

  it("about a private name is given for a file that is loaded, whose names nobody else sees", () => {
    const environment = new Environment({ readFile: () => "_x = 1; y = 2;" });
    environment.run('load "f";');
    expect(environment.takeWarnings().map(({ message }) => message)).toEqual([
      '"_x" is private to this file, which never uses it',
    ]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atomText } from "../../../src/language/atom/text.js";
import { RaspError } from "../../../src/language/diagnostic.js";
import type { Expression, Statement } from "../../../src/language/syntax/ast.js";
import { parseProgram } from "../../../src/language/syntax/parser.js";
import { textOf } from "../../../src/language/source.js";
import { breadth } from "../../../../../test/long.js";

const parse = (text: string) => parseProgram({ file: "t", text });

/** An expression with every operation in parentheses. */
function tree(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return atomText(expression.value);
    case "name":
      return expression.name;
    case "unary":
      return `(${expression.op} ${tree(expression.operand)})`;
    case "binary":
      return `(${tree(expression.left)} ${expression.op} ${tree(expression.right)})`;
    case "ternary":
      return `(${tree(expression.then)} if ${tree(expression.condition)} else ${tree(expression.otherwise)})`;
    case "contains":
      return `(${tree(expression.item)} in ${tree(expression.container)})`;
    case "index":
      return `${tree(expression.target)}[${tree(expression.index)}]`;
    case "call":
      return `${tree(expression.callee)}(${expression.args.map(tree).join(", ")})`;
    case "list":
      return `[${expression.items.map(tree).join(", ")}]`;
    default:
      return expression.kind;
  }
}

function treeOf(text: string): string {
  const { statements, error } = parse(`${text};`);
  if (error) throw error;
  const [statement] = statements as [Statement & { kind: "expression" }];
  return tree(statement.expression);
}

describe("precedence: every infix level is left-associative", () => {
  it.each([
    ["2^3^2", "((2 ^ 3) ^ 2)"],
    ["-2^2", "((- 2) ^ 2)"],
    ["2^-1", "(2 ^ (- 1))"],
    ["7%2*3", "(7 % (2 * 3))"],
    ["a*b%c+d", "(((a * b) % c) + d)"],
    ["1<2<3", "((1 < 2) < 3)"],
    ["not 1==2", "((not 1) == 2)"],
    ["not not a and b", "((not (not a)) and b)"],
    ["a or b and c", "((a or b) and c)"],
    ["not x in l", "((not x) in l)"],
    ["a in l and b", "(a in (l and b))"],
    ["x in l in m", "((x in l) in m)"],
    ["1 if a else 2 if b else 3", "((1 if a else 2) if b else 3)"],
    ["1 if a if b else c else d", "(1 if (a if b else c) else d)"],
    ["-f(x)[0]", "(- f(x)[0])"],
    ["a+b[0](1)", "(a + b[0](1))"],
    ["round(2)+1", "((round 2) + 1)"],
    ["select (a)", "select(a)"],
    ["[1,[2]]", "[1, [2]]"],
  ])("%s is %s", (text, expected) => {
    expect(treeOf(text)).toBe(expected);
  });
});

describe("statements", () => {
  it.each([
    ["a, b = 1, 2; c;", "assign expression"],
    ['draw(indices, "ab"); load "lib";', "draw load"],
    ["def f() { return 1; } for i in l { i; }", "def for"],
    ['set example "ab"\n[1];', "set-example expression"],
    [
      "set s-op example [1,\n2]\nshow example\nselector examples off\nfull seq display on\nquit()",
      "set-example show-example toggle-examples toggle-full-display exit",
    ],
  ])("%s", (text, expected) => {
    const { statements, error } = parse(text);
    expect(error).toBeUndefined();
    expect(statements.map(({ kind }) => kind).join(" ")).toBe(expected);
  });

  it("spans a statement from its first token to its last", () => {
    const { statements } = parse("a = 1 ; # c\n  b == (c) ;");
    expect(statements.map(({ span }) => textOf(span))).toEqual(["a = 1 ;", "b == (c) ;"]);
  });

  it("keeps the statements before the first error", () => {
    const { statements, error } = parse("a = 1; b = ; c = 2;");
    expect(statements).toHaveLength(1);
    expect(error?.diagnostic.class).toBe("syntax");
  });
});

describe("wrong and unfinished texts", () => {
  it.each([
    ["a = 1", "incomplete"],
    ["def f(x) {", "incomplete"],
    ["a = 1 b = 2;", "incomplete"],
    ["def f(x) { return x }", "incomplete"],
    ["1 is 1;", "incomplete"],
    ["a[];", "incomplete"],
    ["1 + * 2;", "incomplete"],
    ["a[;", "syntax"],
    ["f(1;", "syntax"],
    ["a b;", "syntax"],
    ["1 2;", "syntax"],
    ["1 + 2 = 3;", "syntax"],
    ["a = 3;;", "syntax"],
    ["a != b;", "syntax"],
    ["def f() { a; }", "syntax"],
    ["for i in l { }", "syntax"],
    ['def f() { set example "a" return 1; }', "syntax"],
    ["show example;", "syntax"],
    ["1 ~", "syntax"],
  ])("%s is %s", (text, expected) => {
    expect(parse(text).error?.diagnostic.class).toBe(expected);
  });

  it("refuses deep nesting before the stack is exhausted", () => {
    const depth = breadth({ short: 1e4, long: 1e5 });
    for (const opening of ["(", "[", "- ", "for i in l {", "a if "]) {
      expect(parse(opening.repeat(depth)).error?.diagnostic.class).toBe("recursion");
    }
  });

  it("accepts long chains", () => {
    expect(parse(`${"1 + ".repeat(20_000)}1;`).error).toBeUndefined();
  });

  it("never throws, for any text", () => {
    const word = fc.constantFrom(
      ...'a 1 2.5 "s" + - * / % ^ ( ) [ ] { } , : ; = == != < not and or if else in for select( aggregate( len( round def return'.split(
        " ",
      ),
      ..."draw load set show example examples s-op exit on # \n ~ é".split(" "),
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(word).map((words) => words.join(" ")),
    );
    fc.assert(
      fc.property(text, (program) => {
        const { error } = parse(program);
        expect(error === undefined || error instanceof RaspError).toBe(true);
      }),
      { numRuns: breadth({ short: 500, long: 2000 }) },
    );
  });
});

/** The house rules of CONTRIBUTING.md that a machine can check. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { commentsIn, isSource, lineOf, parsed, textIn, writtenFiles } from "./syntax.js";

const files = writtenFiles();
const sources = files.filter(isSource).map((file) => parsed(file));

/** A file is read in one sitting. */
const MOST_LINES = 300;
/** A longer function gives its reason. */
const MOST_FUNCTION_LINES = 60;

it(`no source file has more than ${MOST_LINES} lines`, () => {
  const found = sources.flatMap(({ fileName, text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > MOST_LINES ? [`${fileName} has ${lines} lines`] : [];
  });
  expect(found).toEqual([]);
});

/** The offsets at which the comments above a function, and those at the head of its body, begin. */
function placesOfReasons(node: ts.FunctionLikeDeclaration): number[] {
  let outer: ts.Node = node;
  while (
    ts.isVariableDeclaration(outer.parent) ||
    ts.isVariableDeclarationList(outer.parent) ||
    ts.isVariableStatement(outer.parent) ||
    ts.isPropertyAssignment(outer.parent) ||
    ts.isReturnStatement(outer.parent)
  ) {
    outer = outer.parent;
  }
  const { body } = node;
  return [outer.pos, ...(body && ts.isBlock(body) && body.statements[0] ? [body.statements[0].pos] : [])];
}

const givesReason = ({ text }: ts.SourceFile, node: ts.FunctionLikeDeclaration): boolean =>
  placesOfReasons(node)
    .flatMap((place) => ts.getLeadingCommentRanges(text, place) ?? [])
    .some(({ pos, end }) => /^[\s/*]*Long: \S/m.test(text.slice(pos, end)));

/** Whether a function is the body of a `describe`: a list of tests, each of which is measured alone. */
function isListOfTests(node: ts.Node): boolean {
  if (!ts.isCallExpression(node.parent)) return false;
  let callee: ts.Node = node.parent;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && callee.text === "describe";
}

/** The long functions without a reason. A reason holds for the functions inside as well. */
function longFunctions(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && !isListOfTests(node)) {
      const first = lineOf(source, node.getStart(source));
      const lines = lineOf(source, node.end) - first + 1;
      if (lines > MOST_FUNCTION_LINES) {
        const hasReason = givesReason(source, node as ts.FunctionLikeDeclaration);
        if (!hasReason) found.push(`${source.fileName}:${first} has ${lines} lines`);
        return;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe(`functions of more than ${MOST_FUNCTION_LINES} lines`, () => {
  it('give the reason in a comment that begins with "Long:"', () => {
    expect(sources.flatMap(longFunctions)).toEqual([]);
  });

  const body = `{\n${"  step();\n".repeat(60)}}`;
  it.each([
    ["a declaration", `function f() ${body}`, 1],
    ["one with a comment that gives no reason", `/** Does f. */\nfunction f() ${body}`, 1],
    ["a reason above", `/**\n * Does f.\n *\n * Long: the cases in order.\n */\nexport function f() ${body}`, 0],
    ["a reason above a constant", `// Long: the cases in order.\nconst f = () => ${body};`, 0],
    ["a reason in the body", `class A {\n  f() ${body.replace("{", "{\n// Long: the cases in order.")}\n}`, 0],
    ["a function inside", `function g() { return (x) => ${body}; }`, 1],
    ["a list of tests", `describe.each([1])("name", () => ${body});`, 0],
    ["a test", `it("name", () => ${body});`, 1],
  ])("are found: %s", (_, text, count) => {
    expect(longFunctions(parsed("text.ts", text))).toHaveLength(count);
  });
});

const isList = ts.isArrayLiteralExpression;
const isRecord = ts.isObjectLiteralExpression;
const isNumber = (node: ts.Node): boolean =>
  ts.isNumericLiteral(node) || (ts.isPrefixUnaryExpression(node) && isNumber(node.operand));

/**
 * Whether a node is or holds a table of data: a list of lists or of objects, a list of numbers as a call's arguments or on several
 * lines, or the rows of a tile that is kept in variables.
 */
function holdsTable(node: ts.Node): boolean {
  const isTable =
    (isList(node) && (node.elements.some((each) => isList(each) || isRecord(each)) || node.elements.length > 8)) ||
    (isRecord(node) && node.properties.length > 8) ||
    (ts.isCallExpression(node) && node.arguments.length > 3 && node.arguments.every(isNumber)) ||
    (ts.isVariableDeclarationList(node) && node.declarations.length > 3) ||
    (ts.isBlock(node) && node.statements.length > 3 && node.statements.every(isSum));
  return isTable || (ts.forEachChild(node, (child) => holdsTable(child) || undefined) ?? false);
}

/** Whether a statement adds to a variable. */
const isSum = (node: ts.Statement): boolean =>
  ts.isExpressionStatement(node) &&
  ts.isBinaryExpression(node.expression) &&
  node.expression.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken;

/** Where prettier is told to leave alone what is no table: what follows the comment, or what is on its line before it. */
function ignoredCode(source: ts.SourceFile): string[] {
  if (!source.text.includes("prettier-ignore")) return [];
  return commentsIn(source)
    .filter(({ text }) => /^\/[/*]\s*prettier-ignore/.test(text))
    .filter(({ at, text }) => {
      const before = /(^|\n)([^\n]*)$/.exec(source.text.slice(0, at))![2]!;
      const next = at + text.length + /^\s*/.exec(source.text.slice(at + text.length))![0].length;
      const isIgnored = (node: ts.Node): boolean =>
        before.trim() === ""
          ? node.getStart(source) === next
          : lineOf(source, node.end) === lineOf(source, at) && node.end <= at;
      let isTable = false;
      const visit = (node: ts.Node): void => {
        if (node !== source && isIgnored(node)) isTable ||= holdsTable(node);
        else ts.forEachChild(node, visit);
      };
      visit(source);
      return !isTable;
    })
    .map(({ at }) => `${source.fileName}:${lineOf(source, at)}`);
}

describe("prettier-ignore", () => {
  it("is for tables of data", () => expect(sources.flatMap(ignoredCode)).toEqual([]));

  it.each([
    ["a matrix", "// prettier-ignore\nconst x = [\n  [1, 2],\n  [3, 4],\n];", 0],
    ["a tensor", "// prettier-ignore\nconst x = tensor([\n  [1, 2],\n  [3, 4],\n]);", 0],
    ["bytes", "// prettier-ignore\nconst x = Uint8Array.of(\n  1, 2,\n  3, 4,\n);", 0],
    ["cases of a test", "it.each(\n  // prettier-ignore\n  [\n    [1, 2],\n  ] as const,\n)('', f);", 0],
    ["a matrix on one line", "expect(x).toEqual([[1, 2], [3, 4]]); // prettier-ignore", 0],
    ["a tile in variables", "// prettier-ignore\n{ a += x; b += x;\n  c += y; d += y; }", 0],
    ["a list", "const x = [1, 2]; // prettier-ignore", 1],
    ["a call", "// prettier-ignore\nmultiply(\n  a, 1,\n  b, 2,\n);", 1],
    ["a call before", "f(g(a, b), h(c)); // prettier-ignore", 1],
    ["a signature", "// prettier-ignore\nfunction f(a, b,\n  c) {}", 1],
  ])("%s", (_, text, count) => expect(ignoredCode(parsed("text.ts", text))).toHaveLength(count));
});

/** What a build makes. */
const MADE = /(^|\/)binary\.ts$/;
/** Names that stand for others, as NAME.rasp. */
const PLACEHOLDER = /^([A-Z]+|path)\.rasp$/;
/** A file's name in prose, perhaps with folders; neither a part of a longer word nor of a pattern. */
const REFERENCE = /(?<![\w./@*-])[\w./-]*\w\.(?:ts|mjs|md|rasp)\b(?![\w*])/g;

/** The files that a text names and the repository has not, with their lines. */
function dangling(text: string): { readonly name: string; readonly line: number }[] {
  return [...text.matchAll(REFERENCE)]
    .map(({ 0: name, index }) => ({ name, line: text.slice(0, index).split("\n").length }))
    .filter(({ name }) => !MADE.test(name) && !PLACEHOLDER.test(name))
    .filter(({ name }) => {
      const path = name.replace(/^(\.\.?\/)+/, "");
      return !files.some((file) => file === path || file.endsWith(`/${path}`));
    });
}

const withoutCode = (markdown: string): string =>
  markdown.replace(/^```[^]*?^```$/gm, (block) => block.replace(/.+/g, ""));

describe("files that are named", () => {
  it("in comments are there", () => {
    const found = sources.flatMap((source) =>
      commentsIn(source).flatMap(({ at, text }) =>
        dangling(text).map(({ name, line }) => `${source.fileName}:${lineOf(source, at) + line - 1} names ${name}`),
      ),
    );
    expect(found).toEqual([]);
  });

  it("in documents are there", () => {
    const found = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => dangling(withoutCode(textIn(file))).map(({ name, line }) => `${file}:${line} names ${name}`));
    expect(found).toEqual([]);
  });

  it("are found in a text", () => {
    const text = "See house.test.ts and test/syntax.ts,\nnot absent.md (or `test/gone/house.test.ts`), nor *.ts.";
    expect(dangling(text)).toEqual([
      { name: "absent.md", line: 2 },
      { name: "test/gone/house.test.ts", line: 2 },
    ]);
  });
});

/** The house rules of CONTRIBUTING.md that a machine can check. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { commentsIn, isSource, lineOf, parsed, textIn, writtenFiles } from "./syntax.js";

const files = writtenFiles();
const sources = files.filter(isSource).map((file) => parsed(file));

/** Places that are still to be mended, by the beginnings of their paths. Empty lists go. */
const pending = {
  lines: [
    "packages/cli/test/train.test.ts",
    "packages/rasp/src/decompiler/gpt2/interventions/path-model.ts",
    "packages/rasp/src/decompiler/gpt2/readout/readout.ts",
    "packages/rasp/src/language/elaborate/elaborator.ts",
    "packages/rasp/src/language/syntax/parser.ts",
  ],
  functions: [
    "bench/src/engines/onnx.ts",
    "bench/src/training/jax.ts",
    "packages/cli/src/train/program.ts",
    "packages/rasp/src/decompiler/",
    "packages/rasp/src/language/elaborate/elaborator.ts",
    "packages/rasp/test/arbitrary/program.ts",
    "packages/rasp/test/tracr/program.ts",
    "packages/wasm-simd/",
  ],
  ignored: ["packages/core/", "packages/nn/", "packages/wasm-simd/"],
  names: [
    "docs/decompiler.md",
    "docs/language.md",
    "packages/cli/src/",
    "packages/rasp/src/language/",
    "packages/wasm-simd/assembly/elementwise.ts",
  ],
} as const;

const settled = (rule: keyof typeof pending, found: readonly string[]): string[] =>
  found.filter((place) => !pending[rule].some((beginning) => place.startsWith(beginning)));

/** A file is read in one sitting. */
const MOST_LINES = 300;
/** A longer function gives its reason. */
const MOST_FUNCTION_LINES = 60;

it(`no source file has more than ${MOST_LINES} lines`, () => {
  const found = sources.flatMap(({ fileName, text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > MOST_LINES ? [`${fileName} has ${lines} lines`] : [];
  });
  expect(settled("lines", found)).toEqual([]);
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
    expect(settled("functions", sources.flatMap(longFunctions))).toEqual([]);
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

/** What is in a declaration, a property, a statement or a cast. */
function valueOf(node: ts.Node): ts.Node | undefined {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations[0]?.initializer;
  if (ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node)) return node.initializer;
  const holds =
    ts.isExpressionStatement(node) ||
    ts.isReturnStatement(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node);
  return holds ? node.expression : undefined;
}

const isNumber = (node: ts.Node): boolean =>
  ts.isNumericLiteral(node) || (ts.isPrefixUnaryExpression(node) && isNumber(node.operand));

/** Whether a value is a table: an array or an object on several lines, a collection made of one, or a list of numbers. */
function isTable(source: ts.SourceFile, node: ts.Node): boolean {
  const value = valueOf(node);
  if (value) return isTable(source, value);
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    const list = node.arguments ?? [];
    return list.length > 1 ? list.every(isNumber) : list.length === 1 && isTable(source, list[0]!);
  }
  const isLiteral = ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node);
  return isLiteral && lineOf(source, node.getStart(source)) < lineOf(source, node.end);
}

/** Where prettier is told to leave alone what is no table. */
function ignoredCode(source: ts.SourceFile): string[] {
  if (!source.text.includes("prettier-ignore")) return [];
  return commentsIn(source)
    .filter(({ text }) => /^\/[/*]\s*prettier-ignore/.test(text))
    .filter(({ at, text }) => {
      const isAlone = /(^|\n)\s*$/.test(source.text.slice(0, at));
      const next = at + text.length + /^\s*/.exec(source.text.slice(at + text.length))![0].length;
      const starting: ts.Node[] = [];
      const visit = (node: ts.Node): void => {
        if (node !== source && node.getStart(source) === next) starting.push(node);
        if (node.pos <= next && next < node.end) ts.forEachChild(node, visit);
      };
      visit(source);
      return !isAlone || starting[0] === undefined || !isTable(source, starting[0]);
    })
    .map(({ at }) => `${source.fileName}:${lineOf(source, at)}`);
}

describe("prettier-ignore", () => {
  it("is for tables of data", () => expect(settled("ignored", sources.flatMap(ignoredCode))).toEqual([]));

  it.each([
    ["a matrix", "// prettier-ignore\nconst x = [\n  [1, 2],\n  [3, 4],\n];", 0],
    ["a tensor", "// prettier-ignore\nconst x = tensor([\n  [1, 2],\n  [3, 4],\n]);", 0],
    ["bytes", "// prettier-ignore\nconst x = Uint8Array.of(\n  1, 2,\n  3, 4,\n);", 0],
    ["cases of a test", "it.each(\n  // prettier-ignore\n  [\n    [1, 2],\n  ] as const,\n)('', f);", 0],
    ["a matrix on one line", "// prettier-ignore\nconst x = [[1, 2], [3, 4]];", 1],
    ["a comment at the end of a line", "const x = [\n  [1, 2],\n]; // prettier-ignore", 1],
    ["a call", "// prettier-ignore\nmultiply(\n  a, 1,\n  b, 2,\n);", 1],
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
    expect(settled("names", found)).toEqual([]);
  });

  it("in documents are there", () => {
    const found = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => dangling(withoutCode(textIn(file))).map(({ name, line }) => `${file}:${line} names ${name}`));
    expect(settled("names", found)).toEqual([]);
  });

  it("are found in a text", () => {
    const text = "See house.test.ts and test/syntax.ts,\nnot absent.md (or `test/gone/house.test.ts`), nor *.ts.";
    expect(dangling(text)).toEqual([
      { name: "absent.md", line: 2 },
      { name: "test/gone/house.test.ts", line: 2 },
    ]);
  });
});

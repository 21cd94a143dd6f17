/**
 * Engines round the last bit of most of Math's functions differently. Nothing may round to a whole number or compare what they
 * return: core's exact-functions.ts has functions that are alike everywhere. The root is rounded exactly in every engine.
 */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { isSource, lineOf, parsed, writtenFiles } from "./syntax.js";

const INEXACT = /^(exp|expm1|log|log1p|log2|log10|pow|cbrt|hypot|a?(sin|cos|tan)h?|atan2)$/;
const ROUNDING = /^(floor|ceil|round|trunc)$/;
const { LessThanToken, LessThanEqualsToken, GreaterThanToken, GreaterThanEqualsToken } = ts.SyntaxKind;
const { EqualsEqualsEqualsToken, ExclamationEqualsEqualsToken } = ts.SyntaxKind;
const COMPARISONS = new Set<ts.SyntaxKind>([
  LessThanToken,
  LessThanEqualsToken,
  GreaterThanToken,
  GreaterThanEqualsToken,
  EqualsEqualsEqualsToken,
  ExclamationEqualsEqualsToken,
]);

/** Whether a node is a call of one of Math's functions. */
const callsMath = (node: ts.Node, name: RegExp): boolean =>
  ts.isCallExpression(node) &&
  ts.isPropertyAccessExpression(node.expression) &&
  node.expression.expression.getText() === "Math" &&
  name.test(node.expression.name.text);

const decides = (node: ts.Node): boolean =>
  callsMath(node, ROUNDING) || (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind));

/** Calls of inexact functions inside what decides. */
function found(source: ts.SourceFile): string[] {
  const places: string[] = [];
  const visit = (node: ts.Node, isDecided: boolean): void => {
    if (isDecided && callsMath(node, INEXACT)) places.push(`${source.fileName}:${lineOf(source, node.getStart())}`);
    const isOuter = ts.isFunctionLike(node) || ts.isStatement(node);
    ts.forEachChild(node, (child) => visit(child, !isOuter && (isDecided || decides(node))));
  };
  visit(source, false);
  return places;
}

describe("a last bit of Math's functions", () => {
  it("decides nothing", () => {
    const files = writtenFiles().filter((file) => isSource(file) && /^packages\/[^/]+\/src\//.test(file));
    expect(files.flatMap((file) => found(parsed(file)))).toEqual([]);
  });

  it.each([
    ["const a = Math.floor((Math.log(x) / Math.log(y)) * 3);", 2],
    ["const a = 2 ** Math.ceil(Math.log2(x));", 1],
    ["if (x <= -4 * Math.log(v)) f();", 1],
    ["const a = list.filter((x) => Math.exp(x) < least);", 1],
    ["const a = x < 1 ? 0 : 1, b = Math.exp(x);", 0],
    ["const a = Math.floor(Math.sqrt(x));", 0],
    ["if (x < 1) { f(Math.log(x)); }", 0],
  ])("is found in %s", (text, count) => {
    expect(found(parsed("text.ts", text))).toHaveLength(count);
  });
});

/** The repository's files, and what the compiler's own parser says of them: the ground of the house's tests. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./imports.js";

/** Folders that hold what is installed, built or written by a run. */
const MADE = new Set([
  "node_modules",
  "dist",
  ".git",
  ".cache",
  ".runtimes",
  ".interop",
  ".packages",
  ".site",
  ".page",
  ".snippets",
  "api",
  "coverage",
]);

/** All files that people wrote, from the root, with `/`. */
export function writtenFiles(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !MADE.has(name) && name !== "binary.ts")
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      // The built playground, and the lessons that the build copies.
      if (path === "packages/cli/page" || path === "packages/cli/examples") return [];
      return entry.isDirectory() ? writtenFiles(path) : [path];
    })
    .sort();
}

export const isSource = (file: string): boolean => /\.(tsx?|mjs|js)$/.test(file);

export const textIn = (file: string): string => readFileSync(join(root, file), "utf8");

/** A source file's syntax tree, with parents. */
export const parsed = (file: string, text = textIn(file)): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);

/** The line of an offset, from 1. */
export const lineOf = (source: ts.SourceFile, offset: number): number =>
  source.getLineAndCharacterOfPosition(offset).line + 1;

/** Every comment, in order: its offset and its text. */
export function commentsIn(source: ts.SourceFile): { readonly at: number; readonly text: string }[] {
  // What looks like a comment inside a literal is none.
  const literals: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node) || ts.isRegularExpressionLiteral(node)) {
      literals.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let rest = "";
  for (const literal of literals) {
    rest += source.text.slice(rest.length, literal.getStart(source));
    rest += " ".repeat(literal.end - rest.length);
  }
  rest += source.text.slice(rest.length);
  return [...rest.matchAll(/\/\/.*|\/\*[^]*?\*\//g)].map(({ index, 0: { length } }) => ({
    at: index,
    text: source.text.slice(index, index + length),
  }));
}

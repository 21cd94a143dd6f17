/** What the sources import, read from their text: the ground of the tests on arrows and circles. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** One import or re-export. */
export interface Import {
  /** Path of the importing file from the root, with `/`. */
  readonly file: string;
  /** As it is written: a package's name, or a path that begins with a dot. */
  readonly from: string;
  /** For a path: the imported file from the root, with `/` and `.ts`. */
  readonly target: string | undefined;
  /** Whether it is gone at run time. `import { type A }` is not: the module is still loaded (verbatimModuleSyntax). */
  readonly isTypeOnly: boolean;
}

const slashes = (path: string): string => path.split(sep).join("/");

/** TypeScript files below a folder, from the root. */
export const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => slashes(join(folder, file)))
    .sort();

/** The source of a module: `.js` stands for `.ts`, or for `.tsx` where that is there. */
function sourceOf(module: string): string {
  const name = module.replace(/\.js$/, "");
  if (name === module) return module;
  return existsSync(join(root, `${name}.tsx`)) ? `${name}.tsx` : `${name}.ts`;
}

/** The imports of a source text; what `import()` loads included. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (from: string, isTypeOnly: boolean): void => {
    const target = from.startsWith(".") ? sourceOf(slashes(join(dirname(file), from))) : undefined;
    found.push({ file, from, target, isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) add(argument.text, false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) add(node.argument.literal.text, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  return found;
}

/** The imports of all files below a folder. */
export const importsIn = (folder: string): Import[] =>
  sourcesIn(folder).flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));

/** Groups of two or more files that reach each other, each sorted (Tarjan 1972). */
export function circles(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { file, target } of imports) {
    if (!targets.has(file)) targets.set(file, []);
    if (target !== undefined) targets.get(file)!.push(target);
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const target of targets.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** The path of a file inside a folder, without its ending. */
export const inside = (folder: string, file: string): string => slashes(relative(folder, file)).replace(/\.ts$/, "");

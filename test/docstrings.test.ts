/**
 * Docstrings of what the packages export: everything has one (TypeDoc shows nothing else), and those are counted that leave out what a
 * user must know: which errors a function throws, and the shapes of the tensors that it takes and gives. The counts may only fall.
 */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** A public function or method with its docstring. */
interface Documented {
  readonly name: string;
  readonly text: string;
  readonly declaration: ts.Declaration;
}

const indexOf = (name: string): string => fileURLToPath(new URL(`../packages/${name}/src/index.ts`, import.meta.url));

function documented(program: ts.Program, index: string): Documented[] {
  const checker = program.getTypeChecker();
  const textOf = (symbol: ts.Symbol): string => {
    // A module that is exported under a name is documented by the comment that opens its file.
    if (symbol.flags & ts.SymbolFlags.ValueModule) {
      const file = symbol.declarations![0]!.getSourceFile().text;
      return file.startsWith("/**") ? file.slice(0, file.indexOf("*/")) : "";
    }
    const tags = symbol.getJsDocTags(checker).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`);
    return [ts.displayPartsToString(symbol.getDocumentationComment(checker)), ...tags].join("\n").trim();
  };
  const of = (name: string, symbol: ts.Symbol): Documented => ({
    name,
    text: textOf(symbol),
    declaration: symbol.declarations![0]!,
  });
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)!)!);
  return exported.flatMap((alias) => {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    const members = symbol.flags & ts.SymbolFlags.Class ? [...(symbol.members?.values() ?? [])] : [];
    const methods = members.filter(
      (member) =>
        member.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor) &&
        !ts.isPrivateIdentifier(ts.getNameOfDeclaration(member.declarations![0])!),
    );
    return [of(alias.name, symbol), ...methods.map((method) => of(`${alias.name}.${method.name}`, method))];
  });
}

/** Whether a function's own body throws an error of its own, not one that it has caught. */
function throws({ declaration }: Documented): boolean {
  const find = (node: ts.Node): boolean =>
    (ts.isThrowStatement(node) && !ts.isIdentifier(node.expression)) ||
    (!ts.isFunctionLike(node) && ts.forEachChild(node, find) === true);
  const body =
    ts.isFunctionDeclaration(declaration) || ts.isMethodDeclaration(declaration) ? declaration.body : undefined;
  return body !== undefined && ts.forEachChild(body, find) === true;
}

/** Whether a function takes or gives a tensor. */
function hasTensors({ declaration }: Documented): boolean {
  if (!ts.isFunctionDeclaration(declaration) && !ts.isMethodDeclaration(declaration)) return false;
  const types = [...declaration.parameters.map(({ type }) => type), declaration.type];
  return types.some((type) => type !== undefined && /^(readonly )?Tensor(\[\])?$/.test(type.getText()));
}

const names = ["core", "wasm-simd", "nn", "rasp"];
const program = ts.createProgram(names.map(indexOf), {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  noLib: true,
});

describe.each(names)("the exports of %s", (name) => {
  const all = documented(program, indexOf(name));

  it("are all documented", () => {
    expect(all.length).toBeGreaterThan(3);
    expect(all.filter(({ text }) => text === "").map((each) => each.name)).toEqual([]);
  });

  it("say which errors they throw", () => {
    expect(all.filter((each) => throws(each) && !/throws/i.test(each.text)).map((each) => each.name)).toEqual([]);
  });

  it("say which shapes they take and give", () => {
    expect(
      all
        .filter((each) => hasTensors(each) && !/\[|shape|scalar|elementwise/i.test(each.text))
        .map((each) => each.name),
    ).toEqual([]);
  });
});

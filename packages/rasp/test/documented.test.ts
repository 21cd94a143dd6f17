/** TypeDoc finds words for every export, and for every public method of the exported classes. */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const index = fileURLToPath(new URL("../src/index.ts", import.meta.url));

it("every export is documented", () => {
  const program = ts.createProgram([index], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    noLib: true,
  });
  const checker = program.getTypeChecker();
  // A module that is exported under a name is documented by the comment that opens its file.
  const isDocumented = (symbol: ts.Symbol): boolean =>
    symbol.flags & ts.SymbolFlags.ValueModule
      ? symbol.declarations![0]!.getSourceFile().text.startsWith("/**")
      : symbol.getDocumentationComment(checker).length > 0;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)!)!);
  expect(exported.length).toBeGreaterThan(100);
  const undocumented = exported.flatMap((alias) => {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    const members = symbol.flags & ts.SymbolFlags.Class ? [...(symbol.members?.values() ?? [])] : [];
    const methods = members.filter(
      (member) =>
        member.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor) &&
        !ts.isPrivateIdentifier(ts.getNameOfDeclaration(member.declarations![0])!),
    );
    return [
      ...(isDocumented(symbol) ? [] : [alias.name]),
      ...methods.filter((method) => !isDocumented(method)).map((method) => `${alias.name}.${method.name}`),
    ];
  });
  expect(undocumented).toEqual([]);
});

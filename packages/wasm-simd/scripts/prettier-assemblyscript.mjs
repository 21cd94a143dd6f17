/**
 * Lets Prettier lay out AssemblyScript: TypeScript but for the decorators of functions, which are shown to the parser as comments
 * of the same length. Prettier prints comments from the source, and so prints the decorators.
 */
import * as typescript from "prettier/plugins/typescript";

const { parse, ...parser } = typescript.parsers.typescript;

export const parsers = {
  assemblyscript: { ...parser, parse: (text, options) => parse(text.replace(/^@inline$/gm, "//nline"), options) },
};

/** Functions of the library that RASP text cannot define. They are neither keywords nor protected names: a program can set them. */
import { rasplib } from "../stdlib/rasplib.js";
import type { Name } from "../syntax/ast.js";
import type { Source, Span } from "../source.js";
import type { Scope } from "./scope.js";
import type { FunctionValue } from "./value.js";

/** Computes a result from as many arguments as the signature has parameters. */
export type Native = NonNullable<FunctionValue["native"]>;

/** @param signature such as `best(sel, score)`; messages show its names */
export function nativeFunction(scope: Scope, signature: string, native: Native): FunctionValue {
  const source: Source = { file: rasplib.file, text: signature };
  const spanOf = (start: number, end: number): Span => ({ source, start, end });
  const [name, ...parameters] = [...signature.matchAll(/[a-z_]+/g)].map(({ 0: text, index }): Name => ({
    text,
    span: spanOf(index, index + text.length),
  }));
  return {
    kind: "function",
    definition: { kind: "def", span: spanOf(0, signature.length), name: name!, parameters, body: [], result: [] },
    scope,
    isLibrary: true,
    native,
  };
}

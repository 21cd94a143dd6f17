/** The library, elaborated once and shared by all programs. */
import { positionsNode } from "../graph/node.js";
import { rasplib } from "../stdlib/rasplib.js";
import { parseProgram } from "../syntax/parser.js";
import { bestFunction } from "./best-function.js";
import { Elaborator } from "./elaborator.js";
import { Scope } from "./scope.js";
import { Session } from "./session.js";
import { SOFT_NAMES, softFunctions } from "./soft-functions.js";
import { StatementRunner } from "./statements.js";
import { sopValue } from "./value.js";

let shared: Scope | undefined;

/** The scope of the library, the parent of every program's and file's. */
export function libraryScope(): Scope {
  if (shared) return shared;
  const scope = new Scope(undefined);
  const noFiles = (): never => {
    throw new Error("the library loads no files");
  };
  const session = new Session([..."hello"], { library: scope, readFile: noFiles, loadFile: noFiles });
  const { statements, error } = parseProgram(rasplib);
  if (error) throw error;
  const runner = new StatementRunner(new Elaborator(session, scope));
  for (const statement of statements) runner.run(statement);
  const best = bestFunction(scope);
  for (const native of [best, ...softFunctions(scope)]) scope.set(native.definition.name, native);
  const positions = positionsNode();
  positions.name = "positions";
  scope.set({ text: "positions", span: { source: rasplib, start: 0, end: 0 } }, sopValue(positions));
  return (shared = scope);
}

/** A scope for a program. It cannot set the library's names, except `tokens` and those that the original does not have. */
export function programScope(): Scope {
  const library = libraryScope();
  const names = new Set(library.ownNames());
  for (const name of ["tokens", "best", "positions", ...SOFT_NAMES]) names.delete(name);
  return new Scope(library, undefined, (name) => names.has(name));
}

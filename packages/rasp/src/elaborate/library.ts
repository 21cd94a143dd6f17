/** The library, elaborated once and shared: its nodes belong to no program. */
import type { SOp } from "../graph/node.js";
import { rasplib } from "../stdlib/rasplib.js";
import { parseProgram } from "../syntax/parser.js";
import { bestFunction } from "./best.js";
import type { Positions } from "./containers.js";
import { Elaborator } from "./elaborator.js";
import { Scope } from "./scope.js";
import { Session } from "./session.js";
import { StatementRunner } from "./statements.js";
import type { SOpValue } from "./value.js";

let shared: Scope | undefined;

/** The scope of the library, the parent of every program's and file's. */
export function libraryScope(): Scope {
  if (shared) return shared;
  const scope = new Scope(undefined);
  const session = new Session([..."hello"], () => {
    throw new Error("the library loads no files");
  });
  const { statements, error } = parseProgram(rasplib);
  if (error) throw error;
  const runner = new StatementRunner(new Elaborator(session, scope));
  for (const statement of statements) runner.run(statement);
  const best = bestFunction(scope);
  scope.set(best.definition.name, best);
  return (shared = scope);
}

/** A scope for a program: it cannot set the library's names, except `tokens`, and `best`, which the original lacks. */
export function programScope(): Scope {
  const library = libraryScope();
  const names = new Set(library.ownNames());
  names.delete("tokens");
  names.delete("best");
  return new Scope(library, undefined, (name) => names.has(name));
}

/** The library's `indices` and `length`, whatever the program calls by these names. */
export function positions(): Positions {
  const scope = libraryScope();
  const sop = (name: string): SOp => (scope.find(name) as SOpValue).node;
  return { indices: sop("indices"), length: sop("length") };
}

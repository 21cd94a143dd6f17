/** `load "path";` runs a file in a scope of its own, whose parent is the library. Its public names are copied to the loader's scope. */
import { errors, RaspError } from "../diagnostic.js";
import type { Statement } from "../syntax/ast.js";
import { nameWarnings } from "../syntax/name-warnings.js";
import { parseProgram } from "../syntax/parser.js";
import type { Source } from "../source.js";
import { traps } from "../syntax/traps.js";
import { Elaborator } from "./elaborator.js";
import { refusals, withRebindings } from "./rebinding.js";
import { RESERVED, Scope } from "./scope.js";
import type { Session } from "./session.js";
import { StatementRunner, type Outcome } from "./statements.js";

/** @throws RaspError of class load if there is no such file, and whatever its statements throw */
export function loadFile(path: string, session: Session, into: Scope): void {
  const file = `${path}.rasp`;
  if (session.loading.includes(file)) throw errors.load(`"${file}" loads itself`);
  session.loading.push(file);
  try {
    const text = read(file, session);
    // Every load counts, also of a file that was loaded before: files that load each other twice are 2^k of them.
    session.budget.work(LOAD_WORK + text.length);
    runSource({ file, text }, session, new Scope(session.library, into), undefined, false);
  } finally {
    session.loading.pop();
  }
}

function read(file: string, session: Session): string {
  try {
    return session.readFile(file);
  } catch (error) {
    if (error instanceof RaspError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw errors.load(`cannot load "${file}": ${reason}`, { suggestion: 'load adds ".rasp" to the path' });
  }
}

/** The steps that loading a file counts, besides one for each character. */
const LOAD_WORK = 1000;

/** At most this many further names that cannot be set are told. */
const MOST_REFUSALS = 20;

/** Called with the outcome of each statement of a text. */
export type Listener = (outcome: Outcome, statement: Statement) => void;

/**
 * Runs a text's statements up to its first syntax error, which is thrown after they have run.
 * @param seesPrivate whether other texts see the names that begin with `_`
 * @throws RaspError
 */
export function runSource(
  source: Source,
  session: Session,
  scope: Scope,
  tell: Listener = () => undefined,
  seesPrivate = true,
): void {
  const { statements, error } = parseProgram(source);
  const around = { library: session.library.names(), builtIn: RESERVED, seesPrivate };
  const found = [...traps(statements), ...nameWarnings(statements, around)];
  for (const warning of found) session.warn(warning);
  const runner = new StatementRunner(new Elaborator(session, scope));
  for (const [i, statement] of statements.entries()) {
    const outcome = attempt(runner, statement, (failed) => {
      const { span } = failed.diagnostic;
      // The other names that cannot be set are told at once, since renaming them one run after the other is tedious.
      const others = refusals(statements.slice(i), scope)
        .filter((other) => other.span?.start !== span?.start)
        .slice(0, MOST_REFUSALS);
      return new RaspError(withRebindings(failed, session).diagnostic, [...failed.further, ...others]);
    });
    tell(outcome, statement);
    if (outcome.kind === "exit") return;
  }
  if (error) throw error;
}

/** Runs a statement; an error is thrown as `tellMore` gives it. */
function attempt(runner: StatementRunner, statement: Statement, tellMore: (error: RaspError) => RaspError): Outcome {
  try {
    return runner.run(statement);
  } catch (error) {
    throw error instanceof RaspError ? tellMore(error) : error;
  }
}

/**
 * Names of the library that a program sets to something else, often by a slip for `==`: a warning where it does, a note on later
 * errors that may come of it, and the errors for the names that cannot be set at all.
 */
import { warnings, type Diagnostic, type RaspError } from "../diagnostic.js";
import { textOf, type Span } from "../source.js";
import type { Name, Statement } from "../syntax/ast.js";
import { lex } from "../syntax/lexer.js";
import type { Scope } from "./scope.js";
import type { Session } from "./session.js";
import { SOFT_NAMES } from "./soft-functions.js";
import { describe, type Value } from "./value.js";

/** Longer texts are left out of suggestions. */
const LONGEST = 60;

/** The comparison that `name = value;` may have been meant as. */
export function comparisonOf(statement: Statement): string | undefined {
  if (statement.kind !== "assign" || statement.names.length > 1 || statement.values.length > 1) return undefined;
  const text = `${statement.names[0]!.text} == ${textOf(statement.values[0]!.span)}`;
  return text.length <= LONGEST ? text : undefined;
}

/** Warns if a name of the library becomes something else at the top level of a text, and keeps the place. */
export function noteRebinding(name: Name, value: Value, session: Session, scope: Scope, comparison?: string): void {
  const { text, span } = name;
  const original = session.library.find(text);
  if (!scope.isTopLevel || !original) return;
  // Another conversion of the input is what programs are meant to set `tokens` to.
  const isSame = value === original || (text === "tokens" && value.kind === "s-op" && value.node.kind === "tokens");
  if (isSame) {
    session.rebound.delete(text);
    return;
  }
  const what = value.kind === "s-op" ? "another s-op" : value.kind === "selector" ? "a selector" : describe(value);
  session.rebound.set(text, { message: `"${text}" of the library is set here, to ${what}`, span });
  // Their names are those of ordinary variables, and the original does not have them.
  if (SOFT_NAMES.includes(text)) return;
  const compare = comparison === undefined || original.kind === "function" ? "" : `a comparison is ${comparison}; `;
  const back = text === "tokens" ? "tokens = tokens_str; brings it back" : `"my_${text}" would leave it as it is`;
  session.warn(
    warnings.shadowing(`this sets "${text}", a name of the library: from here on it is ${what}`, {
      span,
      suggestion: compare + back,
    }),
  );
}

/** An error with a note for each rebound name that its places use. */
export function withRebindings(error: RaspError, session: Session): RaspError {
  const { span, notes = [] } = error.diagnostic;
  if (session.rebound.size === 0) return error;
  const used = new Set([span, ...notes.map((note) => note.span)].flatMap((place) => (place ? namesIn(place) : [])));
  const found = [...session.rebound].filter(([name]) => used.has(name)).map(([, note]) => note);
  return found.filter((note) => !notes.includes(note)).reduce((noted, note) => noted.with(note), error);
}

const namesIn = (span: Span): string[] =>
  lex({ file: "", text: textOf(span) }).flatMap(({ kind, text }) => (kind === "name" ? [text] : []));

/** The errors for the names that statements set at the top level and that cannot be set, in the order of the text. */
export function refusals(statements: readonly Statement[], scope: Scope): Diagnostic[] {
  return statements.flatMap((statement) => {
    const names =
      statement.kind === "assign"
        ? statement.names
        : statement.kind === "def"
          ? [statement.name]
          : statement.kind === "for"
            ? statement.iteration.names
            : statement.kind === "repeat"
              ? statement.states.map(({ name }) => name)
              : [];
    const own = names.flatMap((name) => scope.refusal(name, comparisonOf(statement))?.diagnostic ?? []);
    return statement.kind === "for" ? [...own, ...refusals(statement.body, scope)] : own;
  });
}

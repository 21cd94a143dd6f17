/**
 * Program text to syntax tree. After an error the parser skips to where the next statement seems to begin, so that it can report
 * several errors. A text that ends too early, or in which only a `;` is missing, has the class `incomplete`; one that is wrong has
 * the class `syntax`. The original waits for more input after the first, and the oracle records which it is.
 */
import { errors, RaspError } from "../diagnostic.js";
import type { Source } from "../source.js";
import type { Program, Statement } from "./ast.js";
import { Unexpected } from "./cursor.js";
import { habitHelp } from "./habits/habits.js";
import { lex } from "./lexer.js";
import { explain, explainEnd } from "./mistakes.js";
import { possibleEnd } from "./missing-semicolon.js";
import { nextStatement } from "./skip.js";
import { StatementParser } from "./statement.js";
import type { Token } from "./token.js";

/** A program up to its first syntax error, and that error, with any that follow as its `further`. */
export interface ParseResult extends Program {
  readonly error: RaspError | undefined;
}

/** At most this many errors are reported. */
const MAX_ERRORS = 10;
/** For the first errors of a text, rewritings are sought, which takes longer. */
const MAX_REWRITTEN = 3;

/** Parses a whole program. Never throws. */
export function parseProgram(source: Source): ParseResult {
  try {
    return parseTokens(lex(source));
  } catch (error) {
    if (error instanceof RaspError) return { statements: [], error };
    throw error;
  }
}

function parseTokens(tokens: readonly Token[]): ParseResult {
  const parser = new RecoveringParser(tokens);
  const statements: Statement[] = [];
  while (!parser.at("end")) {
    const statement = parser.attempt(() => parser.statement("program"));
    if (statement && parser.found.length === 0) statements.push(statement);
  }
  const [first, ...others] = parser.found;
  const further = others.map(({ diagnostic }) => diagnostic);
  return { statements, error: first && new RaspError(first.diagnostic, further) };
}

/** Keeps the errors that it finds, and goes on after each. */
class RecoveringParser extends StatementParser {
  readonly found: RaspError[] = [];

  /** What `read` reads; `undefined` if that is wrong and has been skipped. */
  override attempt<T>(read: () => T): T | undefined {
    const { index: start, depth } = this;
    try {
      return read();
    } catch (error) {
      this.depth = depth;
      this.#report(error, start);
      return undefined;
    }
  }

  /** Keeps an error, and goes to where the next statement seems to begin. */
  #report(error: unknown, start: number): void {
    // After another error the end of the text only says that skipping went that far, once for each statement that is open.
    if (error instanceof Unexpected && this.tokens[error.index]!.kind === "end" && this.found.length > 0) {
      this.index = this.tokens.length - 1;
      return;
    }
    const [diagnosis, mended] = diagnose(error, this, start, this.found.length < MAX_REWRITTEN);
    const { code } = diagnosis.diagnostic;
    const ends = code === errors.unexpectedEnd("").diagnostic.code;
    this.found.push(diagnosis);
    if (!(error instanceof Unexpected) || this.found.length >= MAX_ERRORS) this.index = this.tokens.length - 1;
    else if (mended !== undefined) this.index = this.#indexAfter(mended);
    else if (ends) this.index = this.tokens.length - 1;
    else if (code === errors.missingSemicolon("").diagnostic.code) this.index = error.index;
    else this.index = nextStatement(this.tokens, start, error.index, this.depth > 0);
  }

  /** The first token at or behind an offset, which is never the one at which reading would go wrong again. */
  #indexAfter(offset: number): number {
    const index = this.tokens.findIndex(({ span }, i) => i >= this.index && span.start >= offset);
    return index < 0 ? this.tokens.length - 1 : index;
  }

  protected override endsWithoutReturn(): boolean {
    return this.found.length > 0;
  }

  /** Where the `}` is missing and the next line goes on, the body ends there. */
  protected override closeBody(expected: string): void {
    if (this.accept("}")) return;
    const error = new Unexpected(this.index, expected);
    if (!this.token.startsLine || this.at("end")) throw error;
    this.found.push(diagnose(error, this, this.index)[0]);
  }
}

/** The error as a diagnostic and, if its fix mends the whole statement, the offset behind that. */
function diagnose(
  error: unknown,
  parser: StatementParser,
  start: number,
  rewrites = false,
): readonly [RaspError, (number | undefined)?] {
  if (!(error instanceof Unexpected)) {
    if (error instanceof RaspError) return [error];
    throw error;
  }
  const { tokens } = parser;
  const token = tokens[error.index]!;
  const habit = rewrites ? habitHelp(tokens, start, error.index) : undefined;
  const mended = habit?.fix?.span.end;
  if (token.kind === "end") return [explainEnd(tokens, start, error.expected).advising(habit), mended];
  const end = possibleEnd(error, parser);
  if (end === error.index && !habit) {
    const before = tokens[end - 1]!.span;
    const span = { ...before, start: before.end };
    const missing = errors.missingSemicolon(`missing ";" before "${token.text}"`, {
      span,
      suggestion: 'end the statement with ";"',
      fix: { span, text: ";" },
    });
    return [missing];
  }
  const { diagnostic } = explain(tokens, error.index, error.expected).advising(habit);
  return [new RaspError(end === undefined ? diagnostic : { ...diagnostic, class: "incomplete" }), mended];
}

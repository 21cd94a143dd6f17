/**
 * Program text to syntax tree. After an error the parser skips to where the next statement seems to begin, so that it can report
 * several. A text that ends too early, or in which only a `;` is missing, is told apart (class `incomplete`) from one that is wrong
 * (class `syntax`): the original waits for more input after the first, and the oracle records which.
 */
import { errors, RaspError } from "../diagnostic.js";
import type { ExampleKind, Expression, Program, Statement, Unspanned as WithoutSpan } from "./ast.js";
import { Unexpected } from "./cursor.js";
import { ExpressionParser } from "./expression.js";
import { lex } from "./lexer.js";
import { explain, explainEnd } from "./mistakes.js";
import { nextStatement } from "./skip.js";
import type { Source } from "../source.js";
import type { Token, TokenKind } from "./token.js";

/** A program up to its first syntax error, and that error, with any that follow as its `further`. */
export interface ParseResult extends Program {
  readonly error: RaspError | undefined;
}

/** Errors beyond so many are not told. */
const MAX_ERRORS = 10;

/** Parses a whole program. Never throws. */
export function parseProgram(source: Source): ParseResult {
  const parser = new Parser(lex(source), 0, true);
  const statements: Statement[] = [];
  while (!parser.at("end")) {
    const statement = parser.attempt("program");
    if (statement && parser.found.length === 0) statements.push(statement);
  }
  const [first, ...further] = parser.found;
  return {
    statements,
    error:
      first &&
      new RaspError(
        first.diagnostic,
        further.map(({ diagnostic }) => diagnostic),
      ),
  };
}

/** What may follow a statement's `;`, besides another statement. */
type Context = "program" | "def" | "for" | "result";

const EXPRESSION_STARTS: readonly TokenKind[] = [
  ...(["name", "int", "float", "string", "not", "-", "+", "round", "indicator"] as const),
  ...(["(", "[", "{", "select(", "aggregate(", "range(", "zip(", "len("] as const),
];
const STATEMENT_STARTS: readonly TokenKind[] = [...EXPRESSION_STARTS, "draw", "load", "def", "for"];
const AFTER_SEMICOLON: Readonly<Record<Context, readonly TokenKind[]>> = {
  program: [
    ...STATEMENT_STARTS,
    ...(["set", "show", "s-op", "selector", "examples", "full seq display"] as const),
    ...(["exit", "exit()", "quit", "quit()"] as const),
  ],
  def: [...STATEMENT_STARTS, "return"],
  for: [...STATEMENT_STARTS, "}"],
  result: ["}"],
};

/** A statement whose span its caller knows. */
type Unspanned = WithoutSpan<Statement>;

/** No text can exhaust the stack by loops and definitions inside each other. */
const MAX_DEPTH = 200;

/** What ends a body in which something is wrong, also without a `return`. */
const ENDS: readonly TokenKind[] = ["}", "end"];

class Parser extends ExpressionParser {
  /** The context of the simple statement that is being read, for `possibleEnd`. */
  context: Context = "program";
  /** Where that statement begins. */
  begin = 0;

  /** The errors so far, if this parser recovers. */
  readonly found: RaspError[] = [];

  #depth = 0;

  /** Whether to go on after an error. */
  readonly #recovers: boolean;

  constructor(tokens: readonly Token[], index: number, recovers: boolean) {
    super(tokens, index);
    this.#recovers = recovers;
  }

  /** A statement; or none, if it is wrong and has been skipped. @throws Unexpected if this parser does not recover */
  attempt(context: Context): Statement | undefined {
    const { index: start } = this;
    const depth = this.#depth;
    try {
      return this.statement(context);
    } catch (error) {
      if (!this.#recovers) throw error;
      this.#depth = depth;
      this.#report(error, start);
      return undefined;
    }
  }

  /** Keeps an error, and goes to where the next statement seems to begin. */
  #report(error: unknown, start: number): void {
    const diagnosis = diagnose(error, this, start);
    const { code } = diagnosis.diagnostic;
    const ends = code === errors.unexpectedEnd("").diagnostic.code;
    // After another error the end of the text only says that skipping went that far.
    if (!ends || this.found.length === 0) this.found.push(diagnosis);
    if (!(error instanceof Unexpected) || ends || this.found.length >= MAX_ERRORS) this.index = this.tokens.length - 1;
    else if (code === errors.missingSemicolon("").diagnostic.code) this.index = error.index;
    else this.index = nextStatement(this.tokens, start, error.index, this.#depth > 0);
  }

  /** @throws Unexpected */
  statement(context: Context): Statement {
    this.reset();
    [this.context, this.begin] = [context, this.index];
    const start = this.index;
    if (++this.#depth > MAX_DEPTH) {
      throw errors.tooDeep(`more than ${MAX_DEPTH} statements inside each other`, { span: this.token.span });
    }
    const node = this.#simple() ?? this.#compound() ?? (context === "program" ? this.#command() : undefined);
    if (!node) this.fail("a statement");
    this.#depth--;
    return { ...node, span: this.spanFrom(start) };
  }

  #semicolon<T>(node: T): T {
    this.expect(";", 'an operator or ";"');
    return node;
  }

  #simple(): Unspanned | undefined {
    if (this.at("draw")) return this.#semicolon(this.#draw());
    if (this.accept("load")) {
      const path = this.expect("string", "the path of a file, in double quotes").text.slice(1, -1);
      return this.#semicolon<Unspanned>({ kind: "load", path });
    }
    if (this.at("name") && (this.following.kind === "=" || this.following.kind === ",")) {
      const names = this.names();
      this.expect("=", '"," or "="');
      return this.#semicolon<Unspanned>({ kind: "assign", names, values: this.#expressions() });
    }
    if (!this.at(...EXPRESSION_STARTS)) return undefined;
    return this.#semicolon<Unspanned>({ kind: "expression", expression: this.expression() });
  }

  #expressions(): Expression[] {
    const values = [this.expression()];
    while (this.accept(",")) values.push(this.expression());
    return values;
  }

  #draw(): Unspanned {
    this.take();
    this.expect("(", '"(" after "draw"');
    const [sop, input, ...more] = this.inBrackets(() => this.list(")", 'an operator, "," or ")"'));
    if (more.length > 0) this.fail("an s-op and at most one input");
    return { kind: "draw", sop: sop!, input };
  }

  #compound(): Unspanned | undefined {
    if (this.at("for")) {
      const iteration = this.iteration();
      this.expect("{", 'an operator or "{"');
      const body = [this.attempt("for")];
      while (!this.at("}", "end")) body.push(this.attempt("for"));
      this.#closeBody('a statement or "}"');
      return { kind: "for", iteration, body: parsed(body) };
    }
    if (!this.accept("def")) return undefined;
    const { text, span } = this.expect("name", "a name for the function");
    this.expect("(");
    const parameters = this.at(")") ? [] : this.names();
    this.expect(")", '"," or ")"');
    this.expect("{");
    const body: (Statement | undefined)[] = [];
    while (!this.at("return", ...(this.found.length > 0 ? ENDS : []))) body.push(this.attempt("def"));
    const result = this.at("return") ? this.#result() : [];
    this.#closeBody('"}", since "return" comes last');
    return { kind: "def", name: { text, span }, parameters, body: parsed(body), result };
  }

  /** `return a, b;` */
  #result(): readonly Expression[] {
    this.reset();
    const start = this.index;
    [this.context, this.begin] = ["result", start];
    try {
      this.take();
      return this.#semicolon(this.#expressions());
    } catch (error) {
      if (!this.#recovers) throw error;
      this.#report(error, start);
      return [];
    }
  }

  /** The `}` of a body. Where it is missing and the next line goes on, the body ends there. */
  #closeBody(expected: string): void {
    if (this.accept("}")) return;
    const error = new Unexpected(this.index, expected);
    if (!this.#recovers || !this.token.startsLine || this.at("end")) throw error;
    this.found.push(diagnose(error, this, this.index));
  }

  #command(): Unspanned | undefined {
    const verb = this.token.kind;
    switch (verb) {
      case "set": {
        this.take();
        const which = this.#which();
        this.expect("example");
        this.endsWithLine = true;
        return { kind: "set-example", which, example: this.expression() };
      }
      case "show": {
        this.take();
        const which = this.#which();
        this.expect("example");
        return { kind: "show-example", which };
      }
      case "s-op":
      case "selector":
      case "examples": {
        const which = this.#which();
        this.expect("examples");
        return { kind: "toggle-examples", which, on: this.#onOrOff() };
      }
      case "full seq display":
        this.take();
        return { kind: "toggle-full-display", on: this.#onOrOff() };
      case "exit":
      case "exit()":
      case "quit":
      case "quit()":
        this.take();
        return { kind: "exit" };
      default:
        return undefined;
    }
  }

  #which(): ExampleKind {
    return this.at("s-op", "selector") ? (this.take().kind as ExampleKind) : "both";
  }

  #onOrOff(): boolean {
    if (!this.at("on", "off")) this.fail('"on" or "off"');
    return this.take().kind === "on";
  }
}

/** The statements that have been parsed. */
const parsed = (statements: readonly (Statement | undefined)[]): Statement[] =>
  statements.filter((statement) => statement !== undefined);

function diagnose(error: unknown, parser: Parser, start: number): RaspError {
  if (!(error instanceof Unexpected)) {
    if (error instanceof RaspError) return error;
    throw error;
  }
  const { tokens } = parser;
  const token = tokens[error.index]!;
  if (token.kind === "end") return explainEnd(tokens, start, error.expected);
  const end = possibleEnd(error, parser);
  if (end === error.index) {
    const before = tokens[end - 1]!.span;
    const span = { ...before, start: before.end };
    return errors.missingSemicolon(`missing ";" before "${token.text}"`, {
      span,
      suggestion: 'end the statement with ";"',
      fix: { span, text: ";" },
    });
  }
  const { diagnostic } = explain(tokens, error.index, error.expected);
  return new RaspError(end === undefined ? diagnostic : { ...diagnostic, class: "incomplete" });
}

/**
 * The token before which the original's parser (ANTLR 4) reports a missing `;`, if it does: then the original waits for more text,
 * wherever the mistake really is, and the class is `incomplete`. It does so where the statement is complete and a new one could
 * begin; but a single stray token before `;` is "extraneous", a name right after the statement's first name finds no alternative,
 * and a character that starts no token is an error as soon as ANTLR looks at it. Where `[ + -` could both continue the statement
 * and begin a new one, and neither can be finished, ANTLR takes the reading that gets further: the new statement, if both end at
 * the same token. (Found by fuzzing a parser that antlr-ng generates from the original's grammar.)
 */
function possibleEnd({ index, expected }: Unexpected, parser: Parser): number | undefined {
  const { tokens, begin } = parser;
  if (tokens[index]!.kind === "error") return undefined;
  const follows = AFTER_SEMICOLON[parser.context];
  const stray = (at: number): boolean => {
    const next = tokens[at + 1]?.kind;
    return next === ";" || next === "error" || !follows.includes(tokens[at]!.kind);
  };
  const early = parser.unfinished.find((at) => at < index && reach(tokens, at) >= index);
  if (early !== undefined) return stray(early) ? undefined : early;
  const complete = expected === 'an operator or ";"';
  const secondName = index === begin + 1 && tokens[begin]!.kind === "name";
  return complete && !secondName && !stray(index) ? index : undefined;
}

/** How far statements can be read that begin at `from`: the index of the first token that does not fit. */
function reach(tokens: readonly Token[], from: number): number {
  const parser = new Parser(tokens, from, false);
  try {
    while (!parser.at("end")) parser.statement("program");
    return Infinity;
  } catch (error) {
    return error instanceof Unexpected ? error.index : Infinity;
  }
}

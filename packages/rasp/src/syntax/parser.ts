/**
 * Program text to syntax tree. A text that ends too early, or in which only a `;` is missing, is told apart (class `incomplete`)
 * from one that is wrong (class `syntax`): the original waits for more input after the first, and the oracle records which.
 */
import { errors, RaspError } from "../diagnostic.js";
import type { ExampleKind, Expression, Program, Statement, Unspanned as WithoutSpan } from "./ast.js";
import { Unexpected } from "./cursor.js";
import { ExpressionParser } from "./expression.js";
import { lex } from "./lexer.js";
import { explain } from "./mistakes.js";
import type { Source } from "./source.js";
import type { Token, TokenKind } from "./token.js";

/** A program up to its first syntax error, and that error. */
export interface ParseResult extends Program {
  readonly error: RaspError | undefined;
}

/** Parses a whole program. Never throws. */
export function parseProgram(source: Source): ParseResult {
  const parser = new Parser(lex(source));
  const statements: Statement[] = [];
  while (!parser.at("end")) {
    const start = parser.index;
    try {
      statements.push(parser.statement("program"));
    } catch (error) {
      return { statements, error: diagnose(error, parser, start) };
    }
  }
  return { statements, error: undefined };
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
    ...([
      "set",
      "show",
      "s-op",
      "selector",
      "examples",
      "full seq display",
      "exit",
      "exit()",
      "quit",
      "quit()",
    ] as const),
  ],
  def: [...STATEMENT_STARTS, "return"],
  for: [...STATEMENT_STARTS, "}"],
  result: ["}"],
};

/** A statement whose span its caller knows. */
type Unspanned = WithoutSpan<Statement>;

/** No text can exhaust the stack by loops and definitions inside each other. */
const MAX_DEPTH = 200;

class Parser extends ExpressionParser {
  /** The context of the simple statement that is being read, for `possibleEnd`. */
  context: Context = "program";
  /** Where that statement begins. */
  begin = 0;

  private depth = 0;

  /** @throws Unexpected */
  statement(context: Context): Statement {
    this.reset();
    [this.context, this.begin] = [context, this.index];
    const start = this.index;
    if (++this.depth > MAX_DEPTH) {
      throw errors.tooDeep(`more than ${MAX_DEPTH} statements inside each other`, { span: this.token.span });
    }
    const node = this.simple() ?? this.compound() ?? (context === "program" ? this.command() : undefined);
    if (!node) this.fail("a statement");
    this.depth--;
    return { ...node, span: this.spanFrom(start) };
  }

  private semicolon<T>(node: T): T {
    this.expect(";", 'an operator or ";"');
    return node;
  }

  private simple(): Unspanned | undefined {
    if (this.at("draw")) return this.semicolon(this.draw());
    if (this.accept("load")) {
      const path = this.expect("string", "the path of a file, in double quotes").text.slice(1, -1);
      return this.semicolon<Unspanned>({ kind: "load", path });
    }
    if (this.at("name") && (this.following.kind === "=" || this.following.kind === ",")) {
      const names = this.names();
      this.expect("=", '"," or "="');
      return this.semicolon<Unspanned>({ kind: "assign", names, values: this.expressions() });
    }
    if (!this.at(...EXPRESSION_STARTS)) return undefined;
    return this.semicolon<Unspanned>({ kind: "expression", expression: this.expression() });
  }

  private expressions(): Expression[] {
    const values = [this.expression()];
    while (this.accept(",")) values.push(this.expression());
    return values;
  }

  private draw(): Unspanned {
    this.take();
    this.expect("(", '"(" after "draw"');
    const [sop, input, ...more] = this.inBrackets(() => this.list(")", 'an operator, "," or ")"'));
    if (more.length > 0) this.fail("an s-op and at most one input");
    return { kind: "draw", sop: sop!, input };
  }

  private compound(): Unspanned | undefined {
    if (this.at("for")) {
      const iteration = this.iteration();
      this.expect("{", 'an operator or "{"');
      const body = [this.statement("for")];
      while (!this.at("}")) body.push(this.statement("for"));
      this.take();
      return { kind: "for", iteration, body };
    }
    if (!this.accept("def")) return undefined;
    const { text, span } = this.expect("name", "a name for the function");
    this.expect("(");
    const parameters = this.at(")") ? [] : this.names();
    this.expect(")", '"," or ")"');
    this.expect("{");
    const body: Statement[] = [];
    while (!this.at("return")) body.push(this.statement("def"));
    this.reset();
    [this.context, this.begin] = ["result", this.index];
    this.take();
    const result = this.semicolon(this.expressions());
    this.expect("}", '"}", since "return" comes last');
    return { kind: "def", name: { text, span }, parameters, body, result };
  }

  private command(): Unspanned | undefined {
    const verb = this.token.kind;
    switch (verb) {
      case "set": {
        this.take();
        const which = this.which();
        this.expect("example");
        this.endsWithLine = true;
        return { kind: "set-example", which, example: this.expression() };
      }
      case "show": {
        this.take();
        const which = this.which();
        this.expect("example");
        return { kind: "show-example", which };
      }
      case "s-op":
      case "selector":
      case "examples": {
        const which = this.which();
        this.expect("examples");
        return { kind: "toggle-examples", which, on: this.onOrOff() };
      }
      case "full seq display":
        this.take();
        return { kind: "toggle-full-display", on: this.onOrOff() };
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

  private which(): ExampleKind {
    return this.at("s-op", "selector") ? (this.take().kind as ExampleKind) : "both";
  }

  private onOrOff(): boolean {
    if (!this.at("on", "off")) this.fail('"on" or "off"');
    return this.take().kind === "on";
  }
}

function diagnose(error: unknown, parser: Parser, start: number): RaspError {
  if (!(error instanceof Unexpected)) {
    if (error instanceof RaspError) return error;
    throw error;
  }
  const { tokens } = parser;
  const token = tokens[error.index]!;
  if (token.kind === "end") {
    const opening = tokens[start]!;
    return errors.unexpectedEnd(`the text ends too early: expected ${error.expected}`, {
      span: token.span,
      notes: [{ message: "this statement is not finished", span: opening.span }],
    });
  }
  const end = possibleEnd(error, parser);
  if (end === error.index) {
    const before = tokens[end - 1]!.span;
    return errors.missingSemicolon(`missing ";" before "${token.text}"`, {
      span: { ...before, start: before.end },
      suggestion: 'end the statement with ";"',
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
  const parser = new Parser(tokens, from);
  try {
    while (!parser.at("end")) parser.statement("program");
    return Infinity;
  } catch (error) {
    return error instanceof Unexpected ? error.index : Infinity;
  }
}

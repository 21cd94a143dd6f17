/**
 * Statements, the commands of the REPL among them, over the expressions of `expression.ts`. This parser stops at the first token that
 * does not fit; `parser.ts` overrides what follows an error.
 */
import { errors } from "../diagnostic.js";
import type { ExampleKind, Expression, StateText, Statement, Unspanned as WithoutSpan } from "./ast.js";
import { ExpressionParser } from "./expression.js";
import { beginsRepeat, type TokenKind } from "./token.js";

/** What may follow a statement's `;`, besides another statement. */
export type Context = "program" | "def" | "for" | "result";

const EXPRESSION_STARTS: readonly TokenKind[] = [
  ...(["name", "int", "float", "string", "not", "-", "+", "round", "indicator"] as const),
  ...(["(", "[", "{", "select(", "aggregate(", "range(", "zip(", "len("] as const),
];
const STATEMENT_STARTS: readonly TokenKind[] = [...EXPRESSION_STARTS, "draw", "load", "def", "for"];

/** The tokens that can follow the `;` of a simple statement. */
export const AFTER_SEMICOLON: Readonly<Record<Context, readonly TokenKind[]>> = {
  program: [
    ...STATEMENT_STARTS,
    ...(["set", "show", "s-op", "selector", "examples", "full seq display"] as const),
    ...(["exit", "exit()", "quit", "quit()"] as const),
  ],
  def: [...STATEMENT_STARTS, "return"],
  for: [...STATEMENT_STARTS, "}"],
  result: ["}"],
};

/** What a simple statement is expected to end with. */
export const END_EXPECTED = 'an operator or ";"';

/** A statement whose span its caller knows. */
type Unspanned = WithoutSpan<Statement>;

/** Deeper nesting than this is refused, so that no text can exhaust the stack. */
const MAX_DEPTH = 200;

export class StatementParser extends ExpressionParser {
  /** The context of the simple statement that is being read. */
  context: Context = "program";
  /** The index of that statement's first token. */
  begin = 0;
  /** How many statements are open. */
  protected depth = 0;

  /** @throws Unexpected, or RaspError where statements are nested too deeply */
  statement(context: Context): Statement {
    this.reset();
    [this.context, this.begin] = [context, this.index];
    const start = this.index;
    if (++this.depth > MAX_DEPTH) {
      throw errors.tooDeep(`more than ${MAX_DEPTH} statements inside each other`, { span: this.token.span });
    }
    const node =
      this.#repeat() ?? this.#simple() ?? this.#compound() ?? (context === "program" ? this.#command() : undefined);
    if (!node) this.fail("a statement");
    this.depth--;
    return { ...node, span: this.spanFrom(start) };
  }

  /** Reads something; a parser that recovers from errors gives `undefined` where it is wrong, and goes on behind it. */
  protected attempt<T>(read: () => T): T | undefined {
    return read();
  }

  /** Whether a definition may end here without a `return`: in a parser that has already found an error. */
  protected endsWithoutReturn(): boolean {
    return false;
  }

  /** The `}` of a body. */
  protected closeBody(expected: string): void {
    this.expect("}", expected);
  }

  #semicolon<T>(node: T): T {
    this.expect(";", END_EXPECTED);
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
      return { kind: "for", iteration, body: this.#body() };
    }
    if (!this.accept("def")) return undefined;
    const { text, span } = this.expect("name", "a name for the function");
    this.expect("(");
    const parameters = this.at(")") ? [] : this.names();
    this.expect(")", '"," or ")"');
    this.expect("{");
    const body: Statement[][] = [];
    while (!this.at("return") && !(this.endsWithoutReturn() && this.at("}", "end"))) body.push(this.#inner("def"));
    const result = this.at("return") ? this.#result() : [];
    this.closeBody('"}", since "return" comes last');
    return { kind: "def", name: { text, span }, parameters, body: body.flat(), result };
  }

  /**
   * `repeat (a = …, b = …) until (…) at most … { … }`. Its words are words of the language only here, so that programs can use them
   * as names: an `=` inside the parentheses of a call fits nowhere else.
   */
  #repeat(): Unspanned | undefined {
    if (!beginsRepeat(this.tokens, this.index)) return undefined;
    const start = this.index;
    this.index += 2;
    const states = this.inBrackets(() => {
      const found = [this.#state()];
      while (this.accept(",")) found.push(this.#state());
      this.expect(")", 'an operator, "," or ")"');
      return found;
    });
    this.#word("until", '"until" and the condition that ends the loop, as in until (state == 0) at most 100');
    const together = this.at("name") && this.token.text === "all";
    if (together) this.take();
    this.expect("(", '"(" and the condition that ends the loop');
    const condition = this.inBrackets(() => this.expression());
    this.expect(")", 'an operator or ")"');
    const limit = '"at most" and the most steps, as in at most 100';
    this.#word("at", limit);
    this.#word("most", limit);
    const most = this.inBrackets(() => this.expression());
    const head = this.spanFrom(start);
    return { kind: "repeat", states, condition, together, limit: most, head, body: this.#body() };
  }

  #state(): StateText {
    const { text, span } = this.expect("name", "a name");
    this.expect("=", '"=" and the first value of the state');
    return { name: { text, span }, init: this.expression() };
  }

  /** A word that is one only here. */
  #word(text: string, expected: string): void {
    if (!this.at("name") || this.token.text !== text) this.fail(expected);
    this.take();
  }

  /** `{ … }` with at least one statement. */
  #body(): readonly Statement[] {
    this.expect("{", 'an operator or "{"');
    const body = [this.#inner("for")];
    while (!this.at("}", "end")) body.push(this.#inner("for"));
    this.closeBody('a statement or "}"');
    return body.flat();
  }

  /** A statement of a body; none where it is wrong. */
  #inner(context: Context): Statement[] {
    const statement = this.attempt(() => this.statement(context));
    return statement ? [statement] : [];
  }

  /** `return a, b;` */
  #result(): readonly Expression[] {
    this.reset();
    [this.context, this.begin] = ["result", this.index];
    const values = this.attempt(() => {
      this.take();
      return this.#semicolon(this.#expressions());
    });
    return values ?? [];
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

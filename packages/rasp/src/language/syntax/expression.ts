/**
 * Expressions, by precedence climbing over the table in `token.ts`. Every infix level is left-associative, also the ternary and `in`.
 * A prefix operator binds tighter than every infix operator: `-2^2` is `(-2)^2`, `not a == b` is `(not a) == b`.
 */
import { errors } from "../diagnostic.js";
import type { Comparison } from "../atom/atom.js";
import type { BinaryOperator, Expression, Iteration, Unspanned as WithoutSpan, UnaryOperator } from "./ast.js";
import { Cursor } from "./cursor.js";
import { cover } from "../source.js";
import { INFIX, PREFIX, type TokenKind } from "./token.js";

/** Deeper nesting is an error, so that no text can exhaust the stack. */
const MAX_NESTING = 250;

const COMPARISONS: readonly TokenKind[] = ["==", "!=", "<", "<=", ">", ">="];

/** An expression whose span the caller adds. */
type Unspanned = WithoutSpan<Expression>;

export class ExpressionParser extends Cursor {
  /**
   * The indices of tokens `[ + -` outside brackets that continue an expression but could also begin one. They are removed when it is
   * settled that they continue it: by the closing `]`, or by the first operand on the right.
   */
  readonly unfinished: number[] = [];
  /** Whether the expression ends with its line, as the argument of a REPL command does. */
  protected endsWithLine = false;
  #brackets = 0;
  #nesting = 0;

  expression(minimum = 0, settles = false): Expression {
    if (++this.#nesting > MAX_NESTING) {
      throw errors.tooDeep(`more than ${MAX_NESTING} expressions inside each other`, {
        span: this.token.span,
        suggestion: "name the inner parts in separate statements",
      });
    }
    let left = this.#operand(settles);
    for (;;) {
      const { kind, startsLine } = this.token;
      const power = INFIX.get(kind);
      if (power === undefined || power < minimum) break;
      if (this.endsWithLine && startsLine && this.#brackets === 0) break;
      left = this.#continue(left, power);
    }
    this.#nesting--;
    return left;
  }

  /** Starts over, for a new statement. */
  protected reset(): void {
    this.unfinished.length = 0;
    [this.#brackets, this.#nesting, this.endsWithLine] = [0, 0, false];
  }

  protected list(end: TokenKind, expected: string): Expression[] {
    const items: Expression[] = [];
    do items.push(this.expression());
    while (this.accept(","));
    this.expect(end, expected);
    return items;
  }

  /** Reads something that a closing token must follow: the statement cannot end inside it. */
  protected inBrackets<T>(parse: () => T): T {
    this.#brackets++;
    const result = parse();
    this.#brackets--;
    return result;
  }

  #continue(left: Expression, power: number): Expression {
    const couldBegin = this.#brackets === 0 && this.at("[", "+", "-");
    if (couldBegin) this.unfinished.push(this.index);
    const op = this.take().kind;
    switch (op) {
      case "[": {
        const index = this.inBrackets(() => this.expression());
        const end = this.expect("]", 'an operator or "]"').span;
        if (couldBegin) this.unfinished.pop();
        return this.#close(left, end, { kind: "index", target: left, index });
      }
      case "(": {
        const args = this.inBrackets(() => (this.accept(")") ? [] : this.list(")", 'an operator, "," or ")"')));
        return this.#close(left, this.tokens[this.index - 1]!.span, { kind: "call", callee: left, args });
      }
      case "if": {
        const condition = this.inBrackets(() => this.expression());
        this.expect("else", 'an operator or "else"');
        const otherwise = this.expression(power + 1);
        return this.#close(left, otherwise.span, { kind: "ternary", then: left, condition, otherwise });
      }
      case "in": {
        const container = this.expression(power + 1);
        return this.#close(left, container.span, { kind: "contains", item: left, container });
      }
      default: {
        const right = this.expression(power + 1, couldBegin);
        return this.#close(left, right.span, { kind: "binary", op: op as BinaryOperator, left, right });
      }
    }
  }

  #close(left: Expression, end: Expression["span"], node: Unspanned): Expression {
    return { ...node, span: cover(left.span, end) };
  }

  #operand(settles: boolean): Expression {
    const start = this.index;
    const node = this.#prefixed(settles) ?? this.#settling(settles);
    return { ...node, span: this.spanFrom(start) };
  }

  #settling(settles: boolean): Unspanned {
    const node = this.#primary();
    if (settles) this.unfinished.pop();
    return node;
  }

  #prefixed(settles: boolean): Unspanned | undefined {
    if (!this.at("not", "-", "+")) return undefined;
    const op = this.take().kind as UnaryOperator;
    return { kind: "unary", op, operand: this.expression(PREFIX, settles) };
  }

  #primary(): Unspanned {
    const { kind, text } = this.token;
    switch (kind) {
      case "int":
        return { kind: "literal", value: BigInt(this.take().text) };
      case "float":
        return { kind: "literal", value: Number(this.take().text) };
      case "string":
        return { kind: "literal", value: this.take().text.slice(1, -1) };
      case "name":
        this.take();
        return { kind: "name", name: text };
    }
    return this.inBrackets(() => this.#bracketed(kind));
  }

  /** An expression that begins with a word or bracket and must be closed. */
  #bracketed(kind: TokenKind): Unspanned {
    switch (kind) {
      case "round":
      case "indicator":
        this.take();
        this.expect("(", `"(" after "${kind}"`);
        return { kind: "unary", op: kind as UnaryOperator, operand: this.#closed() };
      case "(":
        this.take();
        return this.#closed();
      case "len(":
        this.take();
        return { kind: "len", list: this.#closed() };
      case "range(":
      case "zip(":
        this.take();
        return { kind: kind === "zip(" ? "zip" : "range", args: this.list(")", 'an operator, "," or ")"') };
      case "select(":
        return this.#select();
      case "aggregate(":
        return this.#aggregate();
      case "[":
        return this.#listDisplay();
      case "{":
        return this.#dictDisplay();
      default:
        return this.fail("an expression");
    }
  }

  #closed(): Expression {
    const inner = this.expression();
    this.expect(")", 'an operator or ")"');
    return inner;
  }

  #select(): Unspanned {
    this.take();
    const keys = this.expression();
    this.expect(",", 'an operator or "," and the queries');
    const queries = this.expression();
    this.expect(",", 'an operator or "," and a comparison such as ==');
    if (!this.at(...COMPARISONS)) this.fail("a comparison: == != < <= > >=");
    const op = this.take().kind as Comparison;
    this.expect(")");
    return { kind: "select", keys, queries, op };
  }

  #aggregate(): Unspanned {
    this.take();
    const selector = this.expression();
    this.expect(",", 'an operator or "," and the values');
    const value = this.expression();
    const otherwise = this.accept(",") ? this.expression() : undefined;
    this.expect(")", 'an operator or ")"');
    return { kind: "aggregate", selector, value, default: otherwise };
  }

  #listDisplay(): Unspanned {
    this.take();
    if (this.accept("]")) return { kind: "list", items: [] };
    const item = this.expression();
    if (this.at("for")) {
      const iteration = this.iteration();
      this.expect("]", 'an operator or "]"');
      return { kind: "list-comprehension", item, iteration };
    }
    const items = [item];
    while (this.accept(",")) items.push(this.expression());
    this.expect("]", 'an operator, "," or "]"');
    return { kind: "list", items };
  }

  #dictDisplay(): Unspanned {
    this.take();
    if (this.accept("}")) return { kind: "dict", entries: [] };
    const [key, value] = this.#entry();
    if (this.at("for")) {
      const iteration = this.iteration();
      this.expect("}", 'an operator or "}"');
      return { kind: "dict-comprehension", key, value, iteration };
    }
    const entries = [[key, value] as const];
    while (this.accept(",")) entries.push(this.#entry());
    this.expect("}", 'an operator, "," or "}"');
    return { kind: "dict", entries };
  }

  #entry(): readonly [Expression, Expression] {
    const key = this.expression();
    this.expect(":", 'an operator or ":"');
    return [key, this.expression()];
  }

  /** `for a, b in list` */
  protected iteration(): Iteration {
    this.expect("for");
    const names = this.names();
    this.expect("in", '"," or "in"');
    return { names, over: this.inBrackets(() => this.expression()) };
  }
}

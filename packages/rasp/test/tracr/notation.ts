/**
 * A parser for the texts of programs in tracr's cases: `make_*` and the other names of tracr's library, maps with a formula, selects with
 * a named comparison or a formula of `key` and `query`, and `with` clauses. `program.ts` builds s-ops from its trees.
 */

export type Tree =
  | { readonly kind: "value"; readonly value: number | boolean | string | null }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Tree[] }
  | { readonly kind: "operator"; readonly name: string; readonly args: readonly Tree[] }
  | { readonly kind: "function"; readonly parameters: readonly string[]; readonly body: Tree }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Argument[] };

export interface Argument {
  /** As in `keys=indices` or `default None`. */
  readonly name?: string;
  readonly value: Tree;
}

export interface ProgramText {
  readonly program: Tree;
  /** From the `with` clause, in order. */
  readonly definitions: readonly (readonly [name: string, value: Tree])[];
}

const TOKEN = /\s*(?:("[^"]*"|'[^']*')|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(=>|==|!=|<=|>=|\/\/|[-+*/%<>()[\],;:?=]))/y;

/** Infix operators, from the loosest to the tightest. */
const LEVELS = [["or"], ["and"], ["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/", "//", "%"]];
const WORDS: Readonly<Record<string, number | boolean | string | null>> = {
  true: true,
  false: false,
  True: true,
  False: false,
  None: null,
};
/** Words before an s-op for tracr's encoding of it, which does not matter to its values. */
const ENCODINGS = new Set(["numerical", "categorical", "constant"]);

/** @throws Error where the text is no program */
export function parseProgram(text: string): ProgramText {
  const parser = new Parser(text.replace(/^\w+:(?= )/, "").replace(/\s+\([a-z ]+\)$/, ""));
  const program = parser.expression();
  const definitions: [string, Tree][] = [];
  while (["with", "where", ","].some((word) => parser.accept(word))) {
    const name = parser.take();
    parser.expect("=");
    definitions.push([name, parser.expression()]);
  }
  parser.end();
  return { program, definitions };
}

class Parser {
  readonly #tokens: string[] = [];
  #at = 0;

  readonly #text: string;

  constructor(text: string) {
    this.#text = text;

    TOKEN.lastIndex = 0;
    const source = text.trim();
    while (TOKEN.lastIndex < source.length) {
      const start = TOKEN.lastIndex;
      const token = TOKEN.exec(source)?.[0];
      if (token === undefined) throw new Error(`cannot read ${JSON.stringify(source.slice(start))} in ${text}`);
      this.#tokens.push(token.trim());
    }
  }

  take(): string {
    return this.#tokens[this.#at++] ?? "";
  }

  accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) throw new Error(`expected ${token}, not ${this.#tokens[this.#at]}, in ${this.#text}`);
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error(`cannot read on at ${this.#tokens[this.#at]} in ${this.#text}`);
  }

  expression(): Tree {
    const condition = this.#infix(0);
    if (!this.accept("?")) return condition;
    const then = this.expression();
    this.expect(":");
    return { kind: "operator", name: "?", args: [condition, then, this.expression()] };
  }

  #infix(level: number): Tree {
    const names = LEVELS[level];
    if (!names) return this.#prefixed();
    let left = level === 2 && this.accept("not") ? operator("not", this.#infix(2)) : this.#infix(level + 1);
    while (names.includes(this.#tokens[this.#at]!)) left = operator(this.take(), left, this.#infix(level + 1));
    return left;
  }

  #prefixed(): Tree {
    if (this.accept("-")) return operator("negative", this.#prefixed());
    if (this.accept("not")) return operator("not", this.#prefixed());
    return this.#primary();
  }

  #primary(): Tree {
    const token = this.take();
    if (/^["']/.test(token)) return { kind: "value", value: token.slice(1, -1) };
    if (/^\d/.test(token)) {
      const value: Tree = { kind: "value", value: Number(token) };
      // "2x" is a product.
      return /^[a-z]$/.test(this.#tokens[this.#at] ?? "") ? operator("*", value, this.#primary()) : value;
    }
    if (token === "[") return { kind: "list", items: this.#listed("]") };
    if (token === "(") return this.#parenthesis();
    if (token in WORDS) return { kind: "value", value: WORDS[token]! };
    if (ENCODINGS.has(token) && this.#tokens[this.#at] !== "(") return this.#afterEncoding();
    if (!/^[A-Za-z_]/.test(token)) throw new Error(`expected an expression, not ${token}, in ${this.#text}`);
    if (!this.accept("(")) return { kind: "name", name: token };
    return { kind: "call", name: token, args: this.#args() };
  }

  /** `numerical aggregate(…)`, `constant selector [[1]]`, `constant sop [1]`. */
  #afterEncoding(): Tree {
    const what = this.#tokens[this.#at]!;
    if ((what !== "selector" && what !== "sop") || this.#tokens[this.#at + 1] === "(") return this.#primary();
    this.#at++;
    return { kind: "call", name: `constant ${what}`, args: [{ value: this.#primary() }] };
  }

  /** A grouped expression, or the parameters of a function: `(x, y) => x + y`. */
  #parenthesis(): Tree {
    const close = this.#tokens.indexOf(")", this.#at);
    if (this.#tokens[close + 1] !== "=>") {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    const parameters = this.#tokens.slice(this.#at, close).filter((token) => token !== ",");
    this.#at = close + 2;
    return { kind: "function", parameters, body: this.expression() };
  }

  #listed(close: string): Tree[] {
    const items: Tree[] = [];
    while (!this.accept(close)) {
      items.push(this.expression());
      this.accept(",");
    }
    return items;
  }

  #args(): Argument[] {
    const all: Argument[] = [];
    while (!this.accept(")")) {
      const word = this.#tokens[this.#at]!;
      const next = this.#tokens[this.#at + 1];
      if (next === "=" || word === "default") {
        this.#at += next === "=" ? 2 : 1;
        all.push({ name: word, value: this.expression() });
      } else {
        all.push({ value: this.expression() });
      }
      if (!this.accept(",")) this.accept(";");
    }
    return all;
  }
}

const operator = (name: string, ...args: Tree[]): Tree => ({ kind: "operator", name, args });

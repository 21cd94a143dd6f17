/** A place in a list of tokens, and the error that parsing throws. */
import type { Name } from "./ast.js";
import { cover, type Span } from "../source.js";
import type { Token, TokenKind } from "./token.js";

/** The token at `index` does not fit. Thrown inside the parser; `parser.ts` turns it into a diagnostic. */
export class Unexpected extends Error {
  readonly index: number;
  readonly expected: string;

  constructor(index: number, expected: string) {
    super(expected);
    this.index = index;
    this.expected = expected;
  }
}

export class Cursor {
  readonly tokens: readonly Token[];
  index: number;

  constructor(tokens: readonly Token[], index = 0) {
    this.tokens = tokens;
    this.index = index;
  }

  get token(): Token {
    return this.tokens[this.index]!;
  }

  /** The token after the current one; the end token at the end. */
  get following(): Token {
    return this.tokens[Math.min(this.index + 1, this.tokens.length - 1)]!;
  }

  /** The span from the token at `start` to the last one taken. */
  spanFrom(start: number): Span {
    return cover(this.tokens[start]!.span, this.tokens[Math.max(start, this.index - 1)]!.span);
  }

  at(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.token.kind);
  }

  take(): Token {
    return this.tokens[this.index++]!;
  }

  /** Takes the token if it is of this kind. */
  accept(kind: TokenKind): boolean {
    if (!this.at(kind)) return false;
    this.index++;
    return true;
  }

  /** @throws Unexpected */
  expect(kind: TokenKind, expected = `"${kind}"`): Token {
    if (!this.at(kind)) this.fail(expected);
    return this.take();
  }

  /** @throws Unexpected */
  fail(expected: string): never {
    throw new Unexpected(this.index, expected);
  }

  /** `a, b, c` */
  names(): Name[] {
    const names: Name[] = [];
    do {
      const { text, span } = this.expect("name", "a name");
      names.push({ text, span });
    } while (this.accept(","));
    return names;
  }
}

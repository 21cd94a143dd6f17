/** The syntax tree. Every node has a span; that of a name covers the name alone. */
import type { Atom, Comparison } from "../atom/atom.js";
import type { Span } from "../source.js";

/** A name where the program introduces or uses it. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** The infix operators that work on two values. */
export type BinaryOperator = "^" | "*" | "/" | "%" | "+" | "-" | "==" | "<=" | ">=" | ">" | "<" | "and" | "or";

/** The prefix operators and the two that are written as calls. */
export type UnaryOperator = "not" | "-" | "+" | "round" | "indicator";

/** `for names in over`, of a comprehension or a loop. */
export interface Iteration {
  readonly names: readonly Name[];
  readonly over: Expression;
}

/** An expression, with the span of its text, parentheses included. */
export type Expression = { readonly span: Span } & (
  | { readonly kind: "literal"; readonly value: Atom }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "unary"; readonly op: UnaryOperator; readonly operand: Expression }
  | { readonly kind: "binary"; readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "ternary";
      readonly then: Expression;
      readonly condition: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: "contains"; readonly item: Expression; readonly container: Expression }
  | { readonly kind: "index"; readonly target: Expression; readonly index: Expression }
  | { readonly kind: "call"; readonly callee: Expression; readonly args: readonly Expression[] }
  | { readonly kind: "select"; readonly keys: Expression; readonly queries: Expression; readonly op: Comparison }
  | {
      readonly kind: "aggregate";
      readonly selector: Expression;
      readonly value: Expression;
      readonly default: Expression | undefined;
    }
  | { readonly kind: "range" | "zip"; readonly args: readonly Expression[] }
  | { readonly kind: "len"; readonly list: Expression }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: "list-comprehension"; readonly item: Expression; readonly iteration: Iteration }
  | {
      readonly kind: "dict-comprehension";
      readonly key: Expression;
      readonly value: Expression;
      readonly iteration: Iteration;
    }
);

/** `name = init`, of a loop. */
export interface StateText {
  readonly name: Name;
  readonly init: Expression;
}

/** The running example that a REPL command is about. */
export type ExampleKind = "s-op" | "selector" | "both";

/** A statement, a command of the REPL, or a definition. */
export type Statement = { readonly span: Span } & (
  | { readonly kind: "expression"; readonly expression: Expression }
  | { readonly kind: "assign"; readonly names: readonly Name[]; readonly values: readonly Expression[] }
  | { readonly kind: "draw"; readonly sop: Expression; readonly input: Expression | undefined }
  | { readonly kind: "load"; readonly path: string }
  | {
      readonly kind: "def";
      readonly name: Name;
      readonly parameters: readonly Name[];
      readonly body: readonly Statement[];
      readonly result: readonly Expression[];
    }
  | { readonly kind: "for"; readonly iteration: Iteration; readonly body: readonly Statement[] }
  | {
      readonly kind: "repeat";
      readonly states: readonly StateText[];
      readonly condition: Expression;
      /** Whether it is `until all (…)`. */
      readonly together: boolean;
      readonly limit: Expression;
      readonly body: readonly Statement[];
      /** From `repeat` to the limit. */
      readonly head: Span;
    }
  | { readonly kind: "set-example"; readonly which: ExampleKind; readonly example: Expression }
  | { readonly kind: "show-example"; readonly which: ExampleKind }
  | { readonly kind: "toggle-examples"; readonly which: ExampleKind; readonly on: boolean }
  | { readonly kind: "toggle-full-display"; readonly on: boolean }
  | { readonly kind: "exit" }
);

export type Repeat = Extract<Statement, { kind: "repeat" }>;

export type Definition = Extract<Statement, { kind: "def" }>;

/** A node of any kind without its span. */
export type Unspanned<Node> = Node extends unknown ? Omit<Node, "span"> : never;

/** A program text, up to its first syntax error. */
export interface Program {
  readonly statements: readonly Statement[];
}

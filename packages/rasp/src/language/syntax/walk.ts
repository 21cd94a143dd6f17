/** Walks over the syntax tree, in the order of the text. */
import type { Expression, Statement } from "./ast.js";

/** The expressions directly inside an expression. */
export function parts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "name":
      return [];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "ternary":
      return [expression.then, expression.condition, expression.otherwise];
    case "contains":
      return [expression.item, expression.container];
    case "index":
      return [expression.target, expression.index];
    case "call":
      return [expression.callee, ...expression.args];
    case "select":
      return [expression.keys, expression.queries];
    case "aggregate":
      return [expression.selector, expression.value, ...(expression.default ? [expression.default] : [])];
    case "range":
    case "zip":
      return expression.args;
    case "len":
      return [expression.list];
    case "list":
      return expression.items;
    case "dict":
      return expression.entries.flat();
    case "list-comprehension":
      return [expression.item, expression.iteration.over];
    case "dict-comprehension":
      return [expression.key, expression.value, expression.iteration.over];
  }
}

/** The expressions directly inside a statement, without those of its body. */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "expression":
      return [statement.expression];
    case "assign":
      return statement.values;
    case "draw":
      return statement.input ? [statement.sop, statement.input] : [statement.sop];
    case "def":
      return statement.result;
    case "for":
      return [statement.iteration.over];
    case "repeat":
      return [...statement.states.map(({ init }) => init), statement.condition, statement.limit];
    case "set-example":
      return [statement.example];
    default:
      return [];
  }
}

/**
 * Every expression of these statements and of their bodies, outer ones first. Iterative and without spreading, since sums and lists can
 * be long and bodies deep.
 */
export function* allExpressions(statements: readonly Statement[]): Generator<Expression> {
  const open: (Statement | readonly Expression[])[] = [];
  pushReversed(open, statements);
  for (let next = open.pop(); next; next = open.pop()) {
    if ("kind" in next) {
      open.push(expressionsOf(next));
      if (next.kind === "def" || next.kind === "for" || next.kind === "repeat") pushReversed(open, next.body);
      continue;
    }
    const stack: Expression[] = [];
    pushReversed(stack, next);
    for (let expression = stack.pop(); expression; expression = stack.pop()) {
      yield expression;
      pushReversed(stack, parts(expression));
    }
  }
}

function pushReversed<T>(stack: T[], items: readonly T[]): void {
  for (let i = items.length - 1; i >= 0; i--) stack.push(items[i]!);
}

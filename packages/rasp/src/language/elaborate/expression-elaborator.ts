/** What statements need of the elaborator, which runs the statements of functions. */
import type { Definition, Expression } from "../syntax/ast.js";
import type { Scope } from "./scope.js";
import type { Session } from "./session.js";
import type { FunctionValue, Value } from "./value.js";

/** Evaluates expressions in a scope. */
export interface ExpressionElaborator {
  readonly session: Session;
  readonly scope: Scope;
  expression(expression: Expression): Value;
  expressions(expressions: readonly Expression[]): Value[];
  list(items: readonly Value[]): Value;
  define(definition: Definition): FunctionValue;
  /** The same elaborator in another scope. */
  inside(scope: Scope): ExpressionElaborator;
  /** The same elaborator with another running example. */
  trying(example: Value): ExpressionElaborator;
}

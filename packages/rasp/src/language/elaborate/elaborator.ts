/**
 * Evaluates the expressions of the syntax tree: functions are called, loops unrolled, and s-ops and selectors become nodes of the
 * graph. Every s-op or selector that an expression yields is evaluated at once on the running example (`check.ts`).
 */
import { errors, RaspError } from "../diagnostic.js";
import { topological, type Atom } from "../graph/node.js";
import { Evaluation } from "../interpret/evaluation.js";
import { rasplib } from "../stdlib/rasplib.js";
import type { Definition, Expression, Iteration } from "../syntax/ast.js";
import type { Span } from "../source.js";
import { aggregate, select } from "./attention.js";
import { explainCall, lengthHelp } from "./call-help.js";
import { checkValue, counted } from "./check.js";
import { asInput, contains, elementAt, iterate, unpack } from "./containers.js";
import type { ExpressionElaborator } from "./expression-elaborator.js";
import { binary, liftedTernary, unary } from "./operators.js";
import { range, zip } from "./ranges.js";
import { Scope } from "./scope.js";
import { located, type Session } from "./session.js";
import { StatementRunner } from "./statements.js";
import {
  atomValue,
  describe,
  dictValue,
  listValue,
  sizeOf,
  valueTruth,
  type FunctionValue,
  type Value,
} from "./value.js";

/** The most calls that the notes of an error list. */
const MAX_NOTES = 5;

/** The steps that evaluating a node counts, besides one for each position. */
const NODE_WORK = 8;

export class Elaborator implements ExpressionElaborator {
  readonly session: Session;
  readonly scope: Scope;
  /** Inside library code, the user's expression that called it: nodes and errors get its place. */
  readonly #blame: Span | undefined;
  /** The input that an s-op is about to be applied to; it replaces the running example. */
  readonly #example: Evaluation | undefined;

  constructor(session: Session, scope: Scope, blame?: Span, example?: Evaluation) {
    this.session = session;
    this.scope = scope;
    this.#blame = blame;
    this.#example = example;
  }

  /** The value of an expression. @throws RaspError, with a place. */
  expression(expression: Expression): Value {
    const span = this.#blame ?? expression.span;
    const { budget } = this.session;
    budget.enter(span);
    try {
      budget.work(1);
      const value = this.#evaluate(expression, span);
      this.#check(value, expression.kind === "aggregate" && expression.default !== undefined);
      return value;
    } catch (error) {
      throw located(error, span, budget);
    } finally {
      budget.leave();
    }
  }

  expressions(expressions: readonly Expression[]): Value[] {
    return expressions.map((expression) => this.expression(expression));
  }

  /** The function that a definition makes in this scope. */
  define(definition: Definition): FunctionValue {
    return { kind: "function", definition, scope: this.scope, isLibrary: definition.span.source === rasplib };
  }

  /** A new list. */
  list(items: readonly Value[]): Value {
    return this.#hold(listValue(items));
  }

  #hold(value: Value): Value {
    this.session.budget.hold(sizeOf(value));
    return value;
  }

  #check(value: Value, hasDefault = false): void {
    checkValue(value, this.session, this.#example, hasDefault);
  }

  inside(scope: Scope): Elaborator {
    return new Elaborator(this.session, scope, this.#blame, this.#example);
  }

  /** One case for each kind of expression, which makes it long. */
  /** Long: a case for each kind of expression. */
  #evaluate(expression: Expression, span: Span): Value {
    switch (expression.kind) {
      case "literal":
        return atomValue(expression.value);
      case "name":
        return this.scope.get(expression.name, expression.span);
      case "unary":
        return unary(expression.op, this.expression(expression.operand), span);
      case "binary":
        return this.#chain(expression);
      case "ternary": {
        const condition = this.expression(expression.condition);
        if (condition.kind !== "s-op" && condition.kind !== "selector") {
          return this.expression(valueTruth(condition) ? expression.then : expression.otherwise);
        }
        return liftedTernary(condition, this.expression(expression.then), this.expression(expression.otherwise), span);
      }
      case "contains": {
        const [item, container] = [this.expression(expression.item), this.expression(expression.container)];
        this.session.budget.work(sizeOf(container));
        return contains(item, container, span);
      }
      case "index": {
        const [target, index] = [this.expression(expression.target), this.expression(expression.index)];
        if (index.kind === "s-op") this.session.budget.work(sizeOf(target));
        return elementAt(target, index, this.session.library, span);
      }
      case "call":
        return this.#call(expression, span);
      case "select": {
        const [keys, queries] = [this.expression(expression.keys), this.expression(expression.queries)];
        return select(keys, queries, expression.op, span);
      }
      case "aggregate": {
        const [selector, value] = [this.expression(expression.selector), this.expression(expression.value)];
        const otherwise = expression.default ? this.expression(expression.default) : undefined;
        return aggregate(expression, selector, value, otherwise, span);
      }
      case "range":
        return this.#hold(range(this.expressions(expression.args)));
      case "zip":
        return this.#hold(zip(this.expressions(expression.args)));
      case "len": {
        const list = this.expression(expression.list);
        if (list.kind === "list") return atomValue(BigInt(list.items.length));
        throw errors.wrongKind(`len takes a list, not ${describe(list)}`, lengthHelp(list, expression.list));
      }
      case "list":
        return this.list(this.expressions(expression.items));
      case "dict":
        return this.#hold(
          dictValue(expression.entries.map(([key, value]) => [this.#key(key), this.expression(value)])),
        );
      case "list-comprehension":
        return this.list(this.#comprehension(expression.iteration).map((inner) => inner.expression(expression.item)));
      case "dict-comprehension":
        return this.#hold(
          dictValue(
            this.#comprehension(expression.iteration).map((inner) => [
              inner.#key(expression.key),
              inner.expression(expression.value),
            ]),
          ),
        );
    }
  }

  /** `a + b + c + …` from left to right, in a loop so that long sums need no stack. */
  #chain(expression: Expression & { kind: "binary" }): Value {
    const { budget } = this.session;
    const spine = [expression];
    for (let left = expression.left; left.kind === "binary"; left = left.left) spine.push(left);
    let value = this.expression(spine.at(-1)!.left);
    for (const link of spine.reverse()) {
      const span = this.#blame ?? link.span;
      try {
        const right = this.expression(link.right);
        budget.work(value.kind === "atom" ? 1 : sizeOf(value) + sizeOf(right));
        value = this.#hold(binary(link.op, value, right, span));
        this.#check(value);
      } catch (error) {
        throw located(error, span, budget);
      }
    }
    return value;
  }

  #key(expression: Expression): Atom {
    const key = this.expression(expression);
    if (key.kind === "atom") return key.atom;
    throw errors.wrongKind(`the keys of a dict are atoms, not ${describe(key)}`, {
      span: this.#blame ?? expression.span,
    });
  }

  /** An elaborator for each item, in a scope with the comprehension's names. */
  #comprehension({ names, over }: Iteration): Elaborator[] {
    return iterate(this.expression(over)).map((item) => {
      const inner = this.inside(new Scope(this.scope));
      unpack(names, item).forEach((value, i) => inner.scope.set(names[i]!, value));
      return inner;
    });
  }

  #call(call: Expression & { kind: "call" }, span: Span): Value {
    const values: Value[] = [];
    let target: Value | undefined;
    try {
      // A single argument is evaluated before the callee: if the callee is an s-op, it is checked on this input.
      if (call.args.length === 1) values.push(this.expression(call.args[0]!));
      target = (values[0] ? this.trying(values[0]) : this).expression(call.callee);
      if (target.kind === "function" && !values[0]) for (const arg of call.args) values.push(this.expression(arg));
      return this.#apply(target, values, call.args.length, span);
    } catch (error) {
      // Inside the library, only the user's call means something to the user.
      throw this.#blame ? error : explainCall(error, call, span, target, values);
    }
  }

  #apply(target: Value, values: readonly Value[], given: number, span: Span): Value {
    if (target.kind === "function") return this.#enter(target, values, span);
    if (target.kind !== "s-op" && target.kind !== "selector") {
      throw errors.notCallable(`${describe(target)} cannot be called`, {
        suggestion: "functions take arguments, s-ops and selectors one input",
      });
    }
    const [only] = values;
    if (!only) throw errors.argumentCount(`${describe(target)} is applied to one input, not to ${given}`);
    const evaluation = counted(new Evaluation(asInput(only)), this.session);
    this.session.budget.work(topological(target.node).length * (evaluation.input.length + NODE_WORK));
    const result = target.kind === "s-op" ? evaluation.sop(target.node) : evaluation.selector(target.node);
    return { kind: "applied", input: evaluation.input, result, of: target.node };
  }

  /** This elaborator with `value` as the example, if `value` can be an input. */
  trying(value: Value): Elaborator {
    const isInput =
      value.kind === "list" || value.kind === "dict" || (value.kind === "atom" && typeof value.atom === "string");
    if (!isInput || !valueTruth(value)) return this;
    try {
      return new Elaborator(this.session, this.scope, this.#blame, new Evaluation(asInput(value)));
    } catch {
      // A list of other things than atoms is an argument, not an input.
      return this;
    }
  }

  #enter(fn: FunctionValue, args: readonly Value[], span: Span): Value {
    const { name, parameters, body, result } = fn.definition;
    if (args.length !== parameters.length) {
      const list = parameters.map(({ text }) => text).join(", ");
      throw errors.argumentCount(
        `"${name.text}" takes ${parameters.length} argument${parameters.length === 1 ? "" : "s"} (${list}), not ${args.length}`,
        {
          ...(fn.isLibrary ? {} : { notes: [{ message: "defined here", span: name.span }] }),
        },
      );
    }
    if (fn.native) return fn.native(args, this.#blame ?? span, this.session.tables);
    const inner = new Elaborator(this.session, new Scope(fn.scope), this.#blame ?? (fn.isLibrary ? span : undefined));
    try {
      parameters.forEach((parameter, i) => inner.scope.set(parameter, args[i]!));
      const runner = new StatementRunner(inner);
      for (const statement of body) runner.run(statement);
      const values = inner.expressions(result);
      return values.length === 1 ? values[0]! : inner.list(values);
    } catch (error) {
      if (!(error instanceof RaspError) || inner.#blame) throw error;
      const known = error.diagnostic.notes ?? [];
      // A recursive call is noted once.
      if (known.length >= MAX_NOTES || known.some((note) => note.span?.start === span.start)) throw error;
      throw error.with({ message: `called from here: ${name.text}(...)`, span });
    }
  }
}

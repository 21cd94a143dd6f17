/** Statements: their effect on the scope and the session, and the outcome that a REPL shows. */
import { errors, RaspError } from "../diagnostic.js";
import { textOf } from "../source.js";
import { Evaluation } from "../interpret/evaluation.js";
import type { Name, Repeat, Statement } from "../syntax/ast.js";
import { counted } from "./check.js";
import { asInput, iterate, unpack } from "./containers.js";
import type { ExpressionElaborator } from "./expression-elaborator.js";
import { comparisonOf, noteRebinding } from "./rebinding.js";
import { repeat } from "./repeat.js";
import { located } from "./session.js";
import { describe, type AppliedValue, type Value } from "./value.js";

/** The outcome of a statement. */
export type Outcome =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "assigned"; readonly names: readonly string[]; readonly value: Value }
  | { readonly kind: "show-example"; readonly which: "s-op" | "selector" | "both" }
  | { readonly kind: "exit" }
  | { readonly kind: "nothing" };

const NOTHING: Outcome = { kind: "nothing" };

export class StatementRunner {
  readonly #elaborator: ExpressionElaborator;

  constructor(elaborator: ExpressionElaborator) {
    this.#elaborator = elaborator;
  }

  /** @throws RaspError, with a place */
  run(statement: Statement): Outcome {
    try {
      const outcome = this.#dispatch(statement);
      const { scope } = this.#elaborator;
      if ((outcome.kind === "value" && outcome.value.kind !== "applied") || outcome.kind === "assigned") {
        scope.setOut(outcome.value);
      }
      return outcome;
    } catch (error) {
      throw located(error, statement.span, this.#elaborator.session.budget);
    }
  }

  #dispatch(statement: Statement): Outcome {
    const elaborator = this.#elaborator;
    const { scope, session } = elaborator;
    switch (statement.kind) {
      case "expression":
        return { kind: "value", value: elaborator.expression(statement.expression) };
      case "assign":
        return this.#assign(statement);
      case "draw":
        return { kind: "value", value: this.#draw(statement) };
      case "load":
        session.loadFile(statement.path, scope);
        return NOTHING;
      case "def": {
        const value: Value = elaborator.define(statement);
        this.#set(statement.name, value);
        return { kind: "assigned", names: [statement.name.text], value };
      }
      case "for":
        for (const item of iterate(elaborator.expression(statement.iteration.over))) {
          const { names } = statement.iteration;
          unpack(names, item).forEach((value, i) => this.#set(names[i]!, value));
          for (const inner of statement.body) this.run(inner);
        }
        return NOTHING;
      case "repeat":
        return this.#repeat(statement);
      case "set-example":
        this.#setExample(statement);
        return NOTHING;
      case "show-example":
        return { kind: "show-example", which: statement.which };
      case "toggle-examples":
        if (statement.which !== "selector") session.display.sopExamples = statement.on;
        if (statement.which !== "s-op") session.display.selectorExamples = statement.on;
        return NOTHING;
      case "toggle-full-display":
        session.display.fullSequences = statement.on;
        return NOTHING;
      case "exit":
        return { kind: "exit" };
    }
  }

  #set(name: Name, value: Value, comparison?: string): void {
    const { session, scope } = this.#elaborator;
    scope.set(name, value, comparison);
    noteRebinding(name, value, session, scope, comparison);
  }

  #assign(statement: Statement & { kind: "assign" }): Outcome {
    const { names, values } = statement;
    const results = this.#elaborator.expressions(values);
    const value = results.length === 1 ? results[0]! : this.#elaborator.list(results);
    unpack(names, value).forEach((part, i) => {
      const name = names[i]!;
      this.#set(name, part, comparisonOf(statement));
      if ("node" in part) part.node.name ??= name.text;
    });
    return { kind: "assigned", names: names.map(({ text }) => text), value };
  }

  #repeat(statement: Repeat): Outcome {
    const values = repeat(statement, this.#elaborator, (inner) => {
      const runner = new StatementRunner(inner);
      for (const step of statement.body) runner.run(step);
    });
    statement.states.forEach(({ name }, i) => this.#set(name, values[i]!));
    const value = values.length === 1 ? values[0]! : this.#elaborator.list(values);
    return { kind: "assigned", names: statement.states.map(({ name }) => name.text), value };
  }

  /** A word without quotes is a name that is not set, or one that is no input. */
  #setExample({ which, example }: Statement & { kind: "set-example" }): void {
    try {
      const value = this.#elaborator.expression(example);
      this.#elaborator.session.setExample(which, asInput(value), "program", value.kind === "list");
    } catch (error) {
      if (!(error instanceof RaspError) || example.kind !== "name") throw error;
      const { source, start, end } = example.span;
      const line = /^[^\r\n#;]*/.exec(source.text.slice(start))![0].trim();
      const text = `"${line.includes('"') ? example.name : line}"`;
      const command = which === "both" ? "set example" : `set ${which} example`;
      throw error.advising({
        suggestion: `an example is in double quotes, or a list: ${command} ${text}`,
        fix: { span: { source, start, end: text.length > line.length ? start + line.length : end }, text },
      });
    }
  }

  /** The values of the s-op on the input. The REPL shows them; it draws no picture. */
  #draw({ sop, input }: Statement & { kind: "draw" }): AppliedValue {
    const example = input && this.#elaborator.expression(input);
    const target = (example ? this.#elaborator.trying(example) : this.#elaborator).expression(sop);
    if (target.kind !== "s-op") {
      throw errors.wrongKind(`draw takes an s-op, not ${describe(target)}`, {
        span: sop.span,
        ...(target.kind === "selector"
          ? { suggestion: `an s-op that uses it shows it: draw(selector_width(${textOf(sop.span)}))` }
          : {}),
      });
    }
    const { session } = this.#elaborator;
    const evaluation = example ? counted(new Evaluation(asInput(example)), session) : session.sopExample;
    return { kind: "applied", input: evaluation.input, result: evaluation.sop(target.node), of: target.node };
  }
}

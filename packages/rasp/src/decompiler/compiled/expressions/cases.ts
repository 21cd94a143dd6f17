/** The cases of a problem: what its inputs are in each of them, and so what any expression of the inputs is. */
import { RaspError } from "../../../language/diagnostic.js";
import { applyMap } from "../../../language/graph/elementwise.js";
import type { Atom } from "../../../language/graph/node.js";
import type { Expression } from "./expression.js";

export class Cases {
  readonly #columns = new Map<Expression, readonly Atom[] | undefined>();

  readonly count: number;
  readonly #known: ReadonlyMap<Expression, readonly Atom[]>;

  /** @param known - a column of `count` atoms for each input */
  constructor(count: number, known: ReadonlyMap<Expression, readonly Atom[]>) {
    this.count = count;
    this.#known = known;
  }

  get inputs(): Expression[] {
    return [...this.#known.keys()];
  }

  /** The values of an expression. @throws Error where it has none in some case */
  column(expression: Expression): readonly Atom[] {
    const column = this.columnIfAny(expression);
    if (column) return column;
    throw new Error(`${expression.text} has no value in some case`);
  }

  /** @returns undefined where the expression has no value in some case */
  columnIfAny(expression: Expression): readonly Atom[] | undefined {
    const given = this.#known.get(expression);
    if (given) return given;
    if (!this.#columns.has(expression)) this.#columns.set(expression, this.#computed(expression));
    return this.#columns.get(expression);
  }

  #computed({ sop, parts }: Expression): readonly Atom[] | undefined {
    if (sop.kind === "constant") return new Array<Atom>(this.count).fill(sop.value);
    const operands = parts.map((part) => this.columnIfAny(part));
    if (sop.kind !== "map" || operands.includes(undefined)) return undefined;
    try {
      return Array.from({ length: this.count }, (_, i) =>
        applyMap(
          sop.fn,
          operands.map((column) => column![i]!),
        ),
      );
    } catch (error) {
      if (error instanceof RaspError) return undefined;
      throw error;
    }
  }

  /** Some of the cases. */
  only(cases: readonly number[]): Cases {
    const columns = [...this.#known].map(([input, column]) => [input, cases.map((i) => column[i]!)] as const);
    return new Cases(cases.length, new Map(columns));
  }

  /** Fewer of the inputs. */
  of(inputs: readonly Expression[]): Cases {
    return new Cases(this.count, new Map(inputs.map((input) => [input, this.#known.get(input)!])));
  }

  /** The values of all inputs as one text, for each case. */
  keys(): string[] {
    const columns = [...this.#known.values()];
    return Array.from({ length: this.count }, (_, i) =>
      columns.map((column) => `${typeof column[i]}${String(column[i])}`).join("|"),
    );
  }

  /** Whether the inputs decide what stands beside the cases. */
  determine(answers: readonly unknown[]): boolean {
    const known = new Map<string, unknown>();
    return this.keys().every((key, i) => {
      if (!known.has(key)) known.set(key, answers[i]);
      return known.get(key) === answers[i];
    });
  }

  /** One case for each combination of the inputs' values. */
  distinct(): number[] {
    const seen = new Set<string>();
    return this.keys().flatMap((key, i) => {
      if (seen.has(key)) return [];
      seen.add(key);
      return [i];
    });
  }

  /** The inputs without which the answers cannot be told apart; of several choices the inputs that come first. */
  needed(answers: readonly unknown[]): Cases {
    return this.inputs.reverse().reduce<Cases>((needed, input) => {
      const others = needed.of(needed.inputs.filter((other) => other !== input));
      return others.determine(answers) ? others : needed;
    }, this);
  }
}

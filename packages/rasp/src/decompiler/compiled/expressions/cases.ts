/** Cases: the values of some inputs in each of them, and therefore the value of any expression of these inputs. */
import { RaspError } from "../../../language/diagnostic.js";
import { applyMap } from "../../../language/graph/elementwise.js";
import type { Atom } from "../../../language/graph/node.js";
import { getOrInsert } from "../../../language/maps.js";
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

  /** The values of an expression. @throws Error if it has none in some case */
  column(expression: Expression): readonly Atom[] {
    const column = this.columnIfAny(expression);
    if (column) return column;
    throw new Error(`${expression.text} has no value in some case`);
  }

  /** The values of an expression; undefined if it has none in some case. */
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

  /** The same cases with some of the inputs. */
  of(inputs: readonly Expression[]): Cases {
    return new Cases(this.count, new Map(inputs.map((input) => [input, this.#known.get(input)!])));
  }

  /** For each case the values of all inputs as one text. */
  keys(): string[] {
    const columns = [...this.#known.values()];
    return Array.from({ length: this.count }, (_, i) =>
      columns.map((column) => `${typeof column[i]}${String(column[i])}`).join("|"),
    );
  }

  /** Whether the inputs determine the answers, one for each case. */
  determine(answers: readonly unknown[]): boolean {
    const known = new Map<string, unknown>();
    return this.keys().every((key, i) => getOrInsert(known, key, () => answers[i]) === answers[i]);
  }

  /** The first case of each combination of the inputs' values. */
  distinct(): number[] {
    const seen = new Set<string>();
    return this.keys().flatMap((key, i) => {
      if (seen.has(key)) return [];
      seen.add(key);
      return [i];
    });
  }

  /** The same cases with no more inputs than determine the answers; of several choices the inputs that come first. */
  needed(answers: readonly unknown[]): Cases {
    return this.inputs.reverse().reduce<Cases>((needed, input) => {
      const others = needed.of(needed.inputs.filter((other) => other !== input));
      return others.determine(answers) ? others : needed;
    }, this);
  }
}

/**
 * Readouts: logits as a sum of projections of variables. A projection is a free table where symbols are few; where they are many, all
 * ordinary symbols are treated alike: a symbol may vote for itself and for its successor, and only special tokens have entries.
 */
import { decide, sameDecision, type Observed } from "../data/observe.js";
import { FEW_SYMBOLS, isOrdinary, type Task } from "../data/task.js";
import { dictText, nestedText, plus, times } from "../text.js";
import type { Names, Variable } from "../variables/variable.js";

/** What one variable adds to the logits. */
export interface Projection {
  readonly variable: Variable;
  /** The factor of the variable itself. */
  identity: number;
  /** The factor of the variable with each symbol moved to the next. */
  successor: number;
  /** [basis, V]. */
  readonly table: Float64Array;
}

/** Whether a projection adds anything. */
export const isUsed = ({ identity, successor, table }: Projection): boolean =>
  identity !== 0 || successor !== 0 || table.some((entry) => entry !== 0);

/** The constant of symbols that are never predicted; at or below it no symbol has a chance. */
export const NEVER = -1000;

export class Readout {
  readonly task: Task;
  readonly projections: readonly Projection[];
  /** [V]. */
  readonly constant: Float64Array;
  /** The fit's mean cross-entropy less the entropy of the decisions, in nats. */
  readonly divergence: number;

  constructor(task: Task, projections: readonly Projection[], constant: Float64Array, divergence: number) {
    this.task = task;
    this.projections = projections;
    this.constant = constant;
    this.divergence = divergence;
  }

  /** The logits [V] at a position. */
  logits(observed: Observed, position: number): Float64Array {
    const width = this.task.vocabulary.length;
    const logits = Float64Array.from(this.constant);
    for (const { variable, identity, successor, table } of this.projections) {
      const size = variable.basis.length;
      const values = variable.values(observed);
      for (let c = 0; c < size; c++) {
        const value = values[position * size + c]!;
        if (value === 0) continue;
        if (identity !== 0) logits[c]! += identity * value;
        if (successor !== 0 && isOrdinary(this.task, c) && isOrdinary(this.task, c + 1)) {
          logits[c + 1]! += successor * value;
        }
        // Among many symbols only special ones have entries.
        if (width > FEW_SYMBOLS && variable.ofTokens && !this.task.special.has(c)) continue;
        for (let v = 0; v < width; v++) logits[v]! += value * table[c * width + v]!;
      }
    }
    return logits;
  }

  /** Whether every scored decision is the model's. */
  matches(observed: Observed): boolean {
    return observed.scored.every((position, i) =>
      sameDecision(decide(this.logits(observed, position), this.task.sigmoid), observed.decisions[i]!),
    );
  }

  /** The share of sequences that match. Stops as soon as it must be less than `least`; the result is then some share below it. */
  match(observed: readonly Observed[], least = 0): number {
    const allowed = (1 - least) * observed.length;
    let wrong = 0;
    for (const sequence of observed) {
      if (!this.matches(sequence)) wrong++;
      if (wrong > allowed) break;
    }
    return 1 - wrong / observed.length;
  }

  /** The numbers in the text that are not 0. */
  get parameters(): number {
    const own = this.projections.map(({ identity, successor, table }) => nonZeros([identity, successor, ...table]));
    return own.reduce((sum, n) => sum + n, nonZeros(this.constant));
  }

  /** The sum in RASP. */
  text(names: Names): string {
    const parts = this.projections.filter(isUsed).flatMap((projection) => this.#projectionTexts(projection, names));
    const constant = dictText(this.task.vocabulary.map((token, v) => [token, this.constant[v]!]));
    if (constant !== "{}" || parts.length === 0) {
      parts.push(parts.length === 0 ? `project(tokens, {}) + ${constant}` : constant);
    }
    return parts.reduce(plus, "");
  }

  #projectionTexts({ variable, identity, successor, table }: Projection, names: Names): string[] {
    const { vocabulary } = this.task;
    const name = names.variable(variable);
    const texts: string[] = [];
    if (identity !== 0) {
      texts.push(variable.isInline ? `project(${name}, ${this.#identityText(identity)})` : times(identity, name));
    }
    if (successor !== 0) {
      texts.push(times(successor, `project(${name}, ${names.definition("successor", this.#successorText())})`));
    }
    if (nonZeros(table) > 0) {
      const at = (row: number, column: number): number => table[row * vocabulary.length + column]!;
      texts.push(`project(${name}, ${nestedText(variable.basis, vocabulary, at, true)})`);
    }
    return texts;
  }

  #identityText(by: number): string {
    const { vocabulary } = this.task;
    return nestedText(vocabulary, vocabulary, (r, c) => (r === c ? by : 0));
  }

  #successorText(): string {
    const { vocabulary } = this.task;
    return nestedText(vocabulary, vocabulary, (r, c) =>
      c === r + 1 && isOrdinary(this.task, r) && isOrdinary(this.task, c) ? 1 : 0,
    );
  }
}

const nonZeros = (values: Iterable<number>): number => [...values].filter((x) => x !== 0).length;

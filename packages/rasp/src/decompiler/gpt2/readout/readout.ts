/**
 * From variables to logits: a sum of projections, fitted to the model's own decisions (a convex problem). With few symbols every
 * variable has a free table; with many, all ordinary symbols are treated alike: a symbol may vote for itself and for its successor,
 * and only special tokens have entries of their own.
 */
import { Choices, fitChoices } from "../numeric/conditional-logit.js";
import { log } from "../numeric/exact-functions.js";
import { decide, sameDecision, type Observed } from "../data/observe.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { dictText, nestedText, plus, times } from "../text.js";
import type { Names, Variable } from "../variables/variable.js";

/** What one variable adds to the logits. */
export interface Term {
  readonly variable: Variable;
  /** Times the variable itself. */
  identity: number;
  /** Times the variable with each symbol moved to the next. */
  successor: number;
  /** [basis, V]. */
  readonly table: Float64Array;
}

/** Whether a term adds anything. */
export const isUsed = ({ identity, successor, table }: Term): boolean =>
  identity !== 0 || successor !== 0 || table.some((entry) => entry !== 0);

export class Readout {
  readonly task: Task;
  readonly terms: readonly Term[];
  /** [V]. */
  readonly constant: Float64Array;
  readonly divergence: number;

  constructor(task: Task, terms: readonly Term[], constant: Float64Array, divergence: number) {
    this.task = task;
    this.terms = terms;
    this.constant = constant;
    this.divergence = divergence;
  }

  /** The logits at a position. */
  logits(observed: Observed, position: number): Float64Array {
    const width = this.task.vocabulary.length;
    const logits = Float64Array.from(this.constant);
    for (const { variable, identity, successor, table } of this.terms) {
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

  /** The share of sequences that match. Stops early where it cannot be `least` any more, with a share below it. */
  match(observed: readonly Observed[], least = 0): number {
    const allowed = (1 - least) * observed.length;
    let wrong = 0;
    for (const sequence of observed) {
      if (!this.matches(sequence)) wrong++;
      if (wrong > allowed) break;
    }
    return 1 - wrong / observed.length;
  }

  /** Numbers in the text that are not 0. */
  get parameters(): number {
    const count = (values: Float64Array): number => values.filter((x) => x !== 0).length;
    const own = this.terms.map(
      ({ identity, successor, table }) => +(identity !== 0) + +(successor !== 0) + count(table),
    );
    return own.reduce((sum, n) => sum + n, count(this.constant));
  }

  /** The sum in RASP. */
  text(names: Names): string {
    const { vocabulary } = this.task;
    const width = vocabulary.length;
    const parts = this.terms.flatMap((term) => {
      if (!isUsed(term)) return [];
      const { variable, identity, successor, table } = term;
      const name = names.variable(variable);
      const own: string[] = [];
      if (identity !== 0) {
        own.push(variable.isInline ? `project(${name}, ${this.#identityText(identity)})` : times(identity, name));
      }
      if (successor !== 0) {
        own.push(times(successor, `project(${name}, ${names.definition("successor", this.#successorText())})`));
      }
      if (table.some((x) => x !== 0)) {
        own.push(`project(${name}, ${nestedText(variable.basis, vocabulary, (r, c) => table[r * width + c]!, true)})`);
      }
      return own;
    });
    const constant = dictText(vocabulary.map((token, v) => [token, this.constant[v]!]));
    if (constant !== "{}" || parts.length === 0) {
      parts.push(parts.length === 0 ? `project(tokens, {}) + ${constant}` : constant);
    }
    return parts.reduce(plus, "");
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

const isOrdinary = ({ vocabulary, special }: Task, id: number): boolean => id < vocabulary.length && !special.has(id);

/** A logit that no symbol reaches: for symbols that the model never predicts. */
const NEVER = -1000;

/** Rows that a fit looks at, with few symbols and with many. */
const ROWS = { few: 3000, many: 400 };

interface Row {
  readonly observed: Observed;
  readonly position: number;
  readonly decision: readonly number[];
}

function rowsOf(observed: readonly Observed[], most: number): Row[] {
  const all = observed.flatMap((sequence) =>
    sequence.scored.map((position, i) => ({ observed: sequence, position, decision: sequence.decisions[i]! })),
  );
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}

/** The best readout of variables. */
export function fitReadout(task: Task, variables: readonly Variable[], observed: readonly Observed[]): Readout {
  const rows = rowsOf(observed, task.vocabulary.length <= FEW_SYMBOLS ? ROWS.few : ROWS.many);
  if (task.sigmoid) return fitSigmoids(task, variables, rows);
  return task.vocabulary.length <= FEW_SYMBOLS ? fitSoftmax(task, variables, rows) : fitAlike(task, variables, rows);
}

const emptyTerms = (task: Task, variables: readonly Variable[]): Term[] =>
  variables.map((variable) => ({
    variable,
    identity: 0,
    successor: 0,
    table: new Float64Array(variable.basis.length * task.vocabulary.length),
  }));

/** Adds a row's features, from `start` on, times a factor. */
function addFeatures(
  choices: Choices,
  variables: readonly Variable[],
  { observed, position }: Row,
  start: number,
): void {
  let at = start;
  for (const variable of variables) {
    const size = variable.basis.length;
    const values = variable.values(observed);
    for (let c = 0; c < size; c++) choices.add(at + c, values[position * size + c]!);
    at += size;
  }
}

const sizeOf = (variables: readonly Variable[]): number => variables.reduce((sum, { basis }) => sum + basis.length, 0);

/** A binary choice for each symbol. Every variable's components sum to 1, so that a constant is needed only where there is none. */
function fitSigmoids(task: Task, variables: readonly Variable[], rows: readonly Row[]): Readout {
  const width = task.vocabulary.length;
  const terms = emptyTerms(task, variables);
  const constant = new Float64Array(width);
  const size = sizeOf(variables);
  let divergence = 0;
  for (let v = 0; v < width; v++) {
    const positive = rows.filter(({ decision }) => decision.includes(v)).length;
    if (positive === 0 || positive === rows.length || size === 0) {
      constant[v] = positive * 2 > rows.length ? 1 : -1;
      const share = positive / rows.length;
      if (share > 0 && share < 1) divergence -= share * log(share) + (1 - share) * log(1 - share);
      continue;
    }
    const choices = new Choices();
    for (const row of rows) {
      const yes = row.decision.includes(v) ? 1 : 0;
      choices.option(1 - yes);
      addFeatures(choices, variables, row, 0);
      choices.option(yes);
      choices.row();
    }
    const fit = fitChoices(choices, size, 1e-5);
    divergence += fit.divergence;
    spread(terms, fit.weights, 0, v, width);
  }
  return new Readout(task, terms, constant, divergence);
}

/** Writes fitted weights into column v of the terms' tables. */
function spread(terms: readonly Term[], weights: Float64Array, start: number, v: number, width: number): void {
  let at = start;
  for (const { variable, table } of terms) {
    for (let c = 0; c < variable.basis.length; c++) table[c * width + v] = weights[at++]!;
  }
}

/** Classes that the model ever predicts. */
const predicted = (rows: readonly Row[]): number[] =>
  [...new Set(rows.map(({ decision }) => decision[0]!))].sort((a, b) => a - b);

function fitSoftmax(task: Task, variables: readonly Variable[], rows: readonly Row[]): Readout {
  const width = task.vocabulary.length;
  const classes = predicted(rows);
  const size = sizeOf(variables) + 1;
  const choices = new Choices();
  for (const row of rows) {
    classes.forEach((v, k) => {
      addFeatures(choices, variables, row, k * size);
      choices.add(k * size + size - 1, 1);
      choices.option(row.decision[0] === v ? 1 : 0);
    });
    choices.row();
  }
  const fit = fitChoices(choices, classes.length * size, 1e-4);
  const terms = emptyTerms(task, variables);
  const constant = new Float64Array(width).fill(NEVER);
  classes.forEach((v, k) => {
    spread(terms, fit.weights, k * size, v, width);
    constant[v] = fit.weights[k * size + size - 1]!;
  });
  return new Readout(task, terms, constant, fit.divergence);
}

/** All ordinary symbols alike. */
function fitAlike(task: Task, variables: readonly Variable[], rows: readonly Row[]): Readout {
  const { special, vocabulary } = task;
  const width = vocabulary.length;
  const named = [...special].sort((a, b) => a - b);
  const classes = predicted(rows);
  const specialClasses = classes.filter((v) => special.has(v));
  // Per variable: identity, successor, then (its special or unnamed components) × (predicted specials). Last, constants of the specials.
  const rowsOfVariable = variables.map(({ ofTokens, basis }) => (ofTokens ? named : basis.map((_, c) => c)));
  const starts: number[] = [];
  let size = 0;
  rowsOfVariable.forEach((components) => {
    starts.push(size);
    size += 2 + components.length * specialClasses.length;
  });
  const constants = size;
  size += specialClasses.length;
  const choices = new Choices();
  for (const row of rows) {
    for (let v = 0; v < width; v++) {
      const at = specialClasses.indexOf(v);
      if (special.has(v) && at < 0) continue;
      variables.forEach((variable, k) => {
        const values = variable.values(row.observed);
        const value = (c: number): number => values[row.position * variable.basis.length + c]!;
        if (at >= 0) {
          rowsOfVariable[k]!.forEach((c, r) => choices.add(starts[k]! + 2 + r * specialClasses.length + at, value(c)));
        } else if (variable.ofTokens) {
          choices.add(starts[k]!, value(v));
          if (task.numbers && isOrdinary(task, v - 1) && v > 0) choices.add(starts[k]! + 1, value(v - 1));
        }
      });
      if (at >= 0) choices.add(constants + at, 1);
      choices.option(row.decision[0] === v ? 1 : 0);
    }
    choices.row();
  }
  const { weights, divergence } = fitChoices(choices, size, 1e-4);
  const terms = emptyTerms(task, variables);
  const constant = new Float64Array(width);
  for (const v of named) constant[v] = NEVER;
  specialClasses.forEach((v, at) => (constant[v] = weights[constants + at]!));
  terms.forEach((term, k) => {
    [term.identity, term.successor] = [weights[starts[k]!]!, weights[starts[k]! + 1]!];
    rowsOfVariable[k]!.forEach((c, r) =>
      specialClasses.forEach(
        (v, at) => (term.table[c * width + v] = weights[starts[k]! + 2 + r * specialClasses.length + at]!),
      ),
    );
  });
  return new Readout(task, terms, constant, divergence);
}

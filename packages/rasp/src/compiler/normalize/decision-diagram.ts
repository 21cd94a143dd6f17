/**
 * Boolean functions of numbered variables as reduced, ordered decision diagrams (Bryant 1986): equal functions are one object, and a
 * function of many variables, such as an `or` of 64 comparisons, is as large as the questions that it asks, where a truth table has
 * 2^64 lines.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Work } from "../work.js";

/** A constant, or a question about one variable. */
export type Diagram = boolean | Decision;

/** The variables of `low` and `high` have greater numbers. */
export interface Decision {
  readonly id: number;
  readonly variable: number;
  /** What is left where the variable is false, and where it is true. */
  readonly low: Diagram;
  readonly high: Diagram;
}

/** A combination that takes more steps than this is given up. */
const MAX_STEPS = 1 << 18;

/** The work of a choice, and what the memory that it takes counts. */
const CHOICE = 400;

/** The variables on which a function depends, ascending. */
export function variablesOf(diagram: Diagram): number[] {
  return [...new Set(decisionsOf(diagram).map(({ variable }) => variable))].sort((a, b) => a - b);
}

/** The decisions of a diagram, each once. */
export function decisionsOf(diagram: Diagram): Decision[] {
  const found = new Set<Decision>();
  if (typeof diagram !== "boolean") found.add(diagram);
  for (const { low, high } of found) for (const next of [low, high]) if (typeof next !== "boolean") found.add(next);
  return [...found];
}

/** What a function is where its variables are this. */
export function decide(diagram: Diagram, answer: (variable: number) => boolean): boolean {
  while (typeof diagram !== "boolean") diagram = answer(diagram.variable) ? diagram.high : diagram.low;
  return diagram;
}

/** Makes diagrams, each function once. */
export class Diagrams {
  readonly #work: Work | undefined;
  readonly #decisions = new Map<string, Decision>();
  readonly #choices = new Map<string, Diagram>();

  /** @param work - counts the choices that are made */
  constructor(work?: Work) {
    this.#work = work;
  }

  variable(variable: number): Diagram {
    return this.#decision(variable, false, true);
  }

  not(diagram: Diagram): Diagram {
    return this.#choose(diagram, false, true, { left: Infinity });
  }

  /** A function of two functions; `undefined` where that takes too many steps. */
  combine(left: Diagram, right: Diagram, join: (a: boolean, b: boolean) => boolean): Diagram | undefined {
    const steps = { left: MAX_STEPS };
    const [whereTrue, whereFalse] = [true, false].map((a) =>
      this.#choose(right, join(a, true), join(a, false), steps),
    ) as [Diagram, Diagram];
    const combined = this.#choose(left, whereTrue, whereFalse, steps);
    return steps.left < 0 ? undefined : combined;
  }

  /** The function with other functions in place of its variables; those without one stay. */
  substitute(diagram: Diagram, replacement: (variable: number) => Diagram | undefined): Diagram {
    const known = new Map<Decision, Diagram>();
    const replaced = (part: Diagram): Diagram =>
      typeof part === "boolean"
        ? part
        : getOrInsert(known, part, () =>
            this.#choose(
              replacement(part.variable) ?? this.variable(part.variable),
              replaced(part.high),
              replaced(part.low),
              { left: Infinity },
            ),
          );
    return replaced(diagram);
  }

  #decision(variable: number, low: Diagram, high: Diagram): Diagram {
    if (low === high) return low;
    return getOrInsert(this.#decisions, `${variable} ${idOf(low)} ${idOf(high)}`, () => ({
      id: this.#decisions.size,
      variable,
      low,
      high,
    }));
  }

  /** One function where a condition is true, another where it is false. Without steps left the result means nothing. */
  #choose(condition: Diagram, whereTrue: Diagram, whereFalse: Diagram, steps: { left: number }): Diagram {
    if (typeof condition === "boolean") return condition ? whereTrue : whereFalse;
    if (whereTrue === whereFalse) return whereTrue;
    if (whereTrue === true && whereFalse === false) return condition;
    const key = [condition, whereTrue, whereFalse].map(idOf).join(" ");
    const known = this.#choices.get(key);
    if (known !== undefined) return known;
    if (--steps.left < 0) return false;
    this.#work?.read(CHOICE, undefined);
    const parts = [condition, whereTrue, whereFalse];
    const variable = Math.min(...parts.map((part) => (typeof part === "boolean" ? Infinity : part.variable)));
    const [low, high] = [false, true].map((answer) => {
      const [c, t, f] = parts.map((part) => branch(part, variable, answer)) as [Diagram, Diagram, Diagram];
      return this.#choose(c, t, f, steps);
    }) as [Diagram, Diagram];
    const chosen = this.#decision(variable, low, high);
    if (steps.left >= 0) this.#choices.set(key, chosen);
    return chosen;
  }
}

const idOf = (diagram: Diagram): string => (typeof diagram === "boolean" ? (diagram ? "T" : "F") : String(diagram.id));

const branch = (diagram: Diagram, variable: number, answer: boolean): Diagram =>
  typeof diagram === "boolean" || diagram.variable !== variable ? diagram : answer ? diagram.high : diagram.low;

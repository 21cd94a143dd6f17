/**
 * A selection as questions about groups of comparisons, one group after the other: what is left to ask after the patterns of the first
 * groups. Patterns that do not occur are never asked about, so that selections which differ in these alone are the same questions.
 */
import { getOrInsert } from "../../../language/maps.js";
import type { Diagram, Diagrams } from "../../normalize/decision-diagram.js";
import type { Group, Pattern } from "./groups.js";

/** A constant answer, or a question about one group. Equal ones are one object. */
export type Question = boolean | Asked;

export interface Asked {
  readonly id: number;
  readonly group: Group;
  /** What is left after each of the group's patterns, in their order. Not all of these are the same. */
  readonly after: readonly Question[];
}

/** The function with a group's answers put in. */
export const after = (truth: Diagram, group: Group, pattern: Pattern, diagrams: Diagrams): Diagram =>
  diagrams.substitute(truth, (id) => group.answer(pattern, id));

/** @param groups - all groups on which the selection depends, in the order in which they are asked about */
export function questionOf(truth: Diagram, groups: readonly Group[], diagrams: Diagrams): Question {
  const asked = new Map<string, Asked>();
  const known = groups.map(() => new Map<Diagram, Question>());
  const from = (level: number, left: Diagram): Question => {
    const group = groups[level];
    if (!group || typeof left === "boolean") return left as boolean;
    return getOrInsert(known[level]!, left, () => {
      const results = group.patterns.map((pattern) => from(level + 1, after(left, group, pattern, diagrams)));
      if (results.every((result) => result === results[0])) return results[0] ?? false;
      const key = `${level}: ${results.map((result) => (typeof result === "boolean" ? result : result.id)).join()}`;
      return getOrInsert(asked, key, () => ({ id: asked.size, group, after: results }));
    });
  };
  return from(0, truth);
}

/** What can be left after a question other than "no", each once, with the patterns that leave it. */
export function branches({ group, after: left }: Asked): ReadonlyMap<Question, readonly Pattern[]> {
  const byQuestion = new Map<Question, Pattern[]>();
  for (const [p, pattern] of group.patterns.entries()) {
    if (left[p] !== false) getOrInsert(byQuestion, left[p]!, () => []).push(pattern);
  }
  return byQuestion;
}

/** About how many dimensions the blocks of all ways to yes take. */
export function dimensionsOf(question: Question): number {
  if (typeof question === "boolean") return 0;
  let sum = 0;
  for (const [next, patterns] of branches(question)) {
    const isAsked = patterns.length < question.group.patterns.length;
    sum += (isAsked ? waysOf(next) * question.group.dimensions(patterns) : 0) + dimensionsOf(next);
  }
  return sum;
}

/** In how many ways the answer becomes yes, if patterns that leave the same question count as one. */
export function waysOf(question: Question): number {
  const known = new Map<Question, number>();
  const count = (of: Question): number =>
    typeof of === "boolean"
      ? Number(of)
      : getOrInsert(known, of, () => [...branches(of).keys()].reduce((sum, next) => sum + count(next), 0));
  return count(question);
}

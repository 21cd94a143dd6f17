/**
 * A function as a list of rules that ask one leaf each: `"F" if failed > 0 else ("T" if depth == 0 else "P")`. Each rule then has hidden
 * units of its own, where a table over all leaves would need their joint values apart in one sum.
 */
import type { Row } from "../ir/finite-function.js";

/** `result` where the leaf has one of these values, unless a rule before decides. */
export interface Rule {
  readonly leaf: number;
  /** By the number of a value of the leaf. Values that earlier rules leave no row for are missing. */
  readonly holds: ReadonlyMap<number, boolean>;
  readonly result: number;
}

export interface DecisionList {
  readonly rules: readonly Rule[];
  /** The result where no rule decides. */
  readonly otherwise: number;
}

/** Longer lists are no simpler than the table. */
const MAX_RULES = 4;

/** Undefined where no short list gives every row's result. Of the rules that are right, the one that decides most rows comes first. */
export function decisionList(rows: readonly Row[], leaves: number): DecisionList | undefined {
  const rules: Rule[] = [];
  for (let rest = rows; ;) {
    const [first] = rest;
    if (!first) return undefined;
    if (rest.every(({ result }) => result === first.result)) return { rules, otherwise: first.result };
    if (rules.length === MAX_RULES) return undefined;
    let best: { readonly rule: Rule; readonly left: readonly Row[] } | undefined;
    for (let leaf = 0; leaf < leaves; leaf++) {
      for (const rule of rulesOf(rest, leaf)) {
        const left = rest.filter(({ values }) => rule.holds.get(values[leaf]!) !== true);
        if (!best || left.length < best.left.length) best = { rule, left };
      }
    }
    if (!best || best.left.length === rest.length) return undefined;
    rules.push(best.rule);
    rest = best.left;
  }
}

/** For each result the rule of the values of a leaf at which it is the only one. */
function rulesOf(rows: readonly Row[], leaf: number): Rule[] {
  /** Undefined where there are several. */
  const only = new Map<number, number | undefined>();
  for (const { values, result } of rows) {
    const value = values[leaf]!;
    only.set(value, only.has(value) && only.get(value) !== result ? undefined : result);
  }
  return [...new Set(only.values())].flatMap((result) =>
    result === undefined
      ? []
      : [{ leaf, result, holds: new Map([...only].map(([value, decided]) => [value, decided === result])) }],
  );
}

/**
 * Rules: conditional expressions over s-ops that give a class at every position. Leaves are constants, s-ops, or s-ops plus or minus 1.
 */
import type { Batch, Codes } from "./batch.js";
import { COMPARE, shifted, type CandidateSOp, type Naming } from "./candidate.js";

/** A rule; `right` is the number of positions that it has right in the batch that it was grown on. */
export type Rule =
  | { readonly kind: "constant"; readonly code: number; readonly right: number }
  | { readonly kind: "sop"; readonly sop: CandidateSOp; readonly by: number; readonly right: number }
  | { readonly kind: "if"; readonly test: Test; readonly then: Rule; readonly otherwise: Rule; readonly right: number };

export interface Test {
  readonly sop: CandidateSOp;
  readonly comparison: "==" | "<";
  readonly value: number;
}

/** The class that a rule gives at each position of a batch. */
export function ruleValues(rule: Rule, batch: Batch): Float64Array {
  if (rule.kind === "constant") return new Float64Array(batch.size).fill(rule.code);
  if (rule.kind === "sop") {
    return rule.by === 0 ? rule.sop.values(batch) : rule.sop.values(batch).map((x) => x + rule.by);
  }
  const { test, then, otherwise } = rule;
  const [tested, yes, no] = [test.sop.values(batch), ruleValues(then, batch), ruleValues(otherwise, batch)];
  return tested.map((value, at) => (COMPARE[test.comparison](value, test.value) ? yes[at]! : no[at]!));
}

/** The share of inputs whose classes are all right. */
export function ruleMatch(rule: Rule, batch: Batch): number {
  const values = ruleValues(rule, batch);
  const wrong = batch.inputs.filter((_, s) => {
    for (let at = batch.starts[s]!; at < batch.starts[s + 1]!; at++) if (values[at] !== batch.classes[at]) return true;
    return false;
  });
  return 1 - wrong.length / batch.inputs.length;
}

/** The number of leaves. */
export const leavesOf = (rule: Rule): number =>
  rule.kind === "if" ? leavesOf(rule.then) + leavesOf(rule.otherwise) : 1;

/** Every s-op that a rule reads, as often as it reads it. */
export function sopsOf(rule: Rule): CandidateSOp[] {
  if (rule.kind === "constant") return [];
  return rule.kind === "sop" ? [rule.sop] : [rule.test.sop, ...sopsOf(rule.then), ...sopsOf(rule.otherwise)];
}

/** The rule with one s-op in the place of another. */
export function replaced(rule: Rule, sop: CandidateSOp, by: CandidateSOp): Rule {
  if (rule.kind === "constant") return rule;
  if (rule.kind === "sop") return rule.sop === sop ? { ...rule, sop: by } : rule;
  const { test, then, otherwise } = rule;
  return {
    ...rule,
    test: test.sop === sop ? { ...test, sop: by } : test,
    then: replaced(then, sop, by),
    otherwise: replaced(otherwise, sop, by),
  };
}

/** The rule without branches that no position of a batch reaches. */
export function reached(rule: Rule, batch: Batch, at = Array.from({ length: batch.size }, (_, p) => p)): Rule {
  if (rule.kind !== "if") return rule;
  const { test, then, otherwise } = rule;
  const tested = test.sop.values(batch);
  const [yes, no]: [number[], number[]] = [[], []];
  for (const p of at) (COMPARE[test.comparison](tested[p]!, test.value) ? yes : no).push(p);
  if (yes.length === 0) return reached(otherwise, batch, no);
  if (no.length === 0) return reached(then, batch, yes);
  return { ...rule, then: reached(then, batch, yes), otherwise: reached(otherwise, batch, no) };
}

function ruleText(rule: Rule, name: Naming, codes: Codes): string {
  if (rule.kind === "constant") return codes.literal(rule.code);
  if (rule.kind === "sop") return shifted(name(rule.sop), rule.by);
  const { sop, comparison, value } = rule.test;
  const inner = (part: Rule): string => {
    const text = ruleText(part, name, codes);
    return part.kind === "if" ? `(${text})` : text;
  };
  return `${inner(rule.then)} if ${name(sop)} ${comparison} ${codes.literal(value)} else ${inner(rule.otherwise)}`;
}

/** The rule as RASP statements; the last one defines `prediction`. */
export function ruleProgram(rule: Rule, codes: Codes): string {
  const lines: string[] = [];
  const named = new Map<string, string>();
  const name: Naming = (part) => {
    if (part.kind === "selector" || part.isInline) return part.text(name);
    const known = named.get(part.key);
    if (known !== undefined) return known;
    const text = part.text(name);
    const made = `h${named.size + 1}`;
    named.set(part.key, made);
    lines.push(`${made} = ${text};`);
    return made;
  };
  const text = ruleText(rule, name, codes);
  // A literal alone is no s-op.
  lines.push(`prediction = ${rule.kind === "constant" ? `${text} if indices >= 0 else ${text}` : text};`);
  return `${lines.join("\n")}\n`;
}

/** `a if condition else b` between sums and means, and counts of keys as sums over all positions. */
import { RaspError } from "../../language/diagnostic.js";
import { applyMap, comparisonMap, indicatorMap, notMap } from "../../language/graph/elementwise.js";
import type { Atom, Elementwise } from "../../language/graph/node.js";
import { Formula } from "./formula.js";
import type { Mapped, NormalForm, NormalSOp, Selection, Width } from "./normal-form.js";
import { valuesIfAny, type ValueFacts } from "./selection-forms.js";

/**
 * An `if` that an s-op has below arithmetic, among operands that `matter`.
 *
 * @param without - s-ops that have none; this one too, if so
 */
export function choiceIn(
  sop: Mapped,
  without: Set<NormalSOp>,
  matters: (node: NormalSOp) => boolean,
): Mapped | undefined {
  const seen = new Set<NormalSOp>(sop.args);
  for (const node of seen) {
    if (node.kind !== "map" || without.has(node) || !matters(node)) continue;
    if (node.fn.name === "if") return node;
    if (["+", "-", "*", "/", "round"].includes(node.fn.name)) for (const arg of node.args) seen.add(arg);
  }
  without.add(sop);
  return undefined;
}

/**
 * `a if condition else b` of two sums, or of one and 0, as sums that add up: where the condition chooses the other, a sum is over no
 * key. The condition must depend on tokens and positions alone; then heads ask it for nothing.
 */
export function chosenSums(
  form: NormalForm,
  facts: ValueFacts,
  condition: NormalSOp,
  branches: readonly NormalSOp[],
  { origin }: NormalSOp,
): readonly Width[] | undefined {
  const isZero = (branch: NormalSOp): boolean => valuesIfAny(facts, branch)?.every((value) => value === 0n) === true;
  if (!branches.some(isWidth) || !branches.every((branch) => isWidth(branch) || isZero(branch))) return undefined;
  if (!isOfInput(condition, form) || valuesIfAny(facts, condition)?.includes(null) !== false) return undefined;
  const isFalse = form.map(notMap, [condition], condition.origin);
  const parts: Width[] = [];
  for (const [j, branch] of branches.entries()) {
    if (!isWidth(branch)) continue;
    const isChosen = form.compare(form.constant(j === 1), isFalse, "==");
    const selection = form.combine(branch.selection, isChosen, (a, b) => a && b);
    const part = selection && form.width(selection, origin, branch.summed);
    if (!part || !isWidth(part)) return undefined;
    parts.push(part);
  }
  return parts;
}

/** More combinations of operands are not tried. */
const MAX_TRIED = 1 << 12;

/** Whether a function may have no value for values of these operands, or whether that is hard to tell. */
export function canFail(fn: Elementwise, args: readonly NormalSOp[], facts: ValueFacts): boolean {
  let joint: (readonly Atom[])[] = [[]];
  for (const arg of args) {
    const values = valuesIfAny(facts, arg);
    if (!values || joint.length * values.length > MAX_TRIED) return true;
    joint = joint.flatMap((others) => values.map((value) => [...others, value]));
  }
  try {
    for (const values of joint) applyMap(fn, values);
    return false;
  } catch (error) {
    if (error instanceof RaspError) return true;
    throw error;
  }
}

/** What a width adds up over a selection. A count of the keys that compare with a constant adds up an indicator of all. */
export function summedOver(
  form: NormalForm,
  { selection, summed, origin }: Width,
): { readonly selection: Selection; readonly summed: NormalSOp } | undefined {
  if (summed) return { selection, summed };
  const [compared, ...others] = selection.comparisons;
  if (compared?.queries.kind !== "constant" || others.length > 0) return undefined;
  const holds = form.map(comparisonMap(compared.op), [compared.keys, compared.queries], origin);
  const isNegated = form.not(selection) === form.compare(compared.keys, compared.queries, compared.op);
  const selected = isNegated ? form.map(notMap, [holds], origin) : holds;
  return { selection: form.everywhere(), summed: form.map(indicatorMap, [selected], origin) };
}

/** Whether an s-op is a function of tokens and positions. */
const isOfInput = (sop: NormalSOp, form: NormalForm): boolean =>
  (form.fewLeaves(sop) ?? new Formula([sop], form.work).leaves).every(
    ({ kind }) => kind === "tokens" || kind === "indices",
  );

const isWidth = (sop: NormalSOp): sop is Width => sop.kind === "width";

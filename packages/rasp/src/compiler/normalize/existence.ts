/**
 * Whether a mean is above 0, as whether any selected position is: `aggregate(s, indicator(a)) > 0` asks no more. A mean has a value for
 * each fraction of its width, and a head has to tell the least of them from 0; that a position is there is 1 or 0.
 */
import { compareAtoms } from "../../language/atom/compare.js";
import type { Atom, Comparison } from "../../language/graph/node.js";
import type { Mapped, NormalForm, NormalSOp } from "./normal-form.js";
import { valuesIfAny, type ValueFacts } from "./selection-forms.js";

/** The comparison of a mean of ints from 0 up with 0, of 1 over the selected keys above 0; undefined for another. */
export function asExistence(sop: Mapped, form: NormalForm, facts: ValueFacts): NormalSOp | undefined {
  const [left, right] = sop.args;
  const [mean, zero] = left?.kind === "mean" ? [left, right] : [right, left];
  if (mean?.kind !== "mean" || mean.best || zero?.kind !== "constant" || zero.value !== 0n) return undefined;
  // Of another default than 0 an empty row must answer like 0.
  const answer = (value: Atom): boolean =>
    mean === left
      ? compareAtoms(sop.fn.name as Comparison, value, 0n)
      : compareAtoms(sop.fn.name as Comparison, 0n, value);
  if (typeof mean.default === "string" || mean.default === null || answer(mean.default) !== answer(0n)) {
    return undefined;
  }
  if (valuesIfAny(facts, mean.value)?.every(isCount) !== true) return undefined;
  const isAbove = form.compare(mean.value, form.constant(0n), ">");
  const selection = form.combine(mean.selection, isAbove, (a, b) => a && b);
  if (!selection) return undefined;
  const exists = form.mean(selection, form.constant(1n), 0n, mean.origin);
  return form.map(sop.fn, mean === left ? [exists, zero] : [zero, exists], sop.origin);
}

const isCount = (value: Atom): boolean => typeof value === "boolean" || (typeof value === "bigint" && value >= 0n);

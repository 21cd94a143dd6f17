/**
 * How RASP programs count: by the mean of `indicator(indices == 0)`, which is [0 is selected] / width. A head counts exactly but
 * divides with an error (docs/compiler.md), so that counts are written as widths.
 */
import { atomsEqual } from "../../language/atom/compare.js";
import type { Atom, Elementwise, SOp } from "../../language/graph/node.js";
import { Formula } from "./formula.js";
import type { NormalForm, NormalSOp, Selection, Width } from "./normal-form.js";

/**
 * A mean of `indicator(indices == 0)` as a function of two widths: of the selection at position 0, and without it. Where position
 * 0 is always selected (Weiss, Goldberg, Yahav 2021 put BOS there) the first is the constant 1, and one head is left.
 *
 * @returns undefined where `value` is anything else
 */
export function meanOfFirst(
  form: NormalForm,
  selection: Selection,
  value: NormalSOp,
  defaultValue: Atom,
  maxLength: number,
  origin: SOp,
): NormalSOp | undefined {
  const type = typeOfIndicator(form, value, maxLength);
  if (!type) return undefined;
  const first = form.compare(form.indices(), form.constant(0n), "==");
  const visible = form.visible(selection);
  const withFirst = form.combine(visible, first, (a, b) => a && b);
  const withoutFirst = form.combine(visible, first, (a, b) => a && !b);
  if (!withFirst || !withoutFirst) return undefined;
  const fraction: Elementwise = {
    name: "mean of first",
    key: `mean of first ${type}, else ${typeof defaultValue} ${String(defaultValue)}`,
    apply: ([z, a]) => {
      const [chosen, others] = [Number(z), Number(a)];
      const count = chosen + others;
      if (count === 0) return defaultValue;
      // One value stays as it is: an int is no float.
      return count === 1 && type === "bigint" ? BigInt(chosen) : chosen / count;
    },
  };
  // Where position 0 is always selected, its count needs no head.
  const chosen = withFirst === first ? form.constant(1n) : form.width(withFirst, origin);
  return form.map(fraction, [chosen, form.width(withoutFirst, origin)], origin);
}

/** The type of an s-op that is 1 at position 0 and 0 at all others; undefined for any other, and for one that mixes types. */
function typeOfIndicator(form: NormalForm, value: NormalSOp, maxLength: number): "bigint" | "number" | undefined {
  const [leaf, ...others] = form.fewLeaves(value) ?? [];
  if (leaf !== form.indices() || others.length > 0) return undefined;
  const formula = new Formula([value], form.work);
  const atoms = Array.from({ length: maxLength }, (_, i) => formula.evaluate([BigInt(i)])?.[0]);
  const type = typeof atoms[0];
  if (type !== "bigint" && type !== "number") return undefined;
  return atoms.every((atom, i) => typeof atom === type && Number(atom) === (i === 0 ? 1 : 0)) ? type : undefined;
}

/**
 * `selector_width` counts position 0 and the others apart, with a head each. Where a function of the two counts is their sum, one
 * head counts all positions together.
 */
export function countTogether(form: NormalForm, sop: NormalSOp, maxLength: number): NormalSOp {
  if (sop.kind !== "map" || (sop.fn.name !== "+" && sop.fn.name !== "round")) return sop;
  if (!form.fewLeaves(sop)?.every(({ kind }) => kind === "width")) return sop;
  const formula = new Formula([sop], form.work);
  const [left, right] = formula.leaves;
  if (left?.kind === "width" && !right) return countAll(form, sop, left, formula, maxLength);
  if (left?.kind !== "width" || right?.kind !== "width" || left.summed || right.summed) return sop;
  const first = form.compare(form.indices(), form.constant(0n), "==");
  const isFirst = ({ selection }: Width): boolean => form.combine(selection, first, (a, b) => a && b) === selection;
  const isOther = ({ selection }: Width): boolean => form.combine(selection, first, (a, b) => a && !b) === selection;
  const firstLeads = isFirst(left) && isOther(right);
  if (!firstLeads && !(isFirst(right) && isOther(left))) return sop;
  const valueOf = (others: number, chosen: number): Atom | undefined =>
    formula.evaluate((firstLeads ? [chosen, others] : [others, chosen]).map(BigInt))?.[0];
  const counts = Array.from({ length: maxLength }, (_, others) => others);
  const dependsOnSum = counts.every((others) => {
    const [apart, together] = [valueOf(others, 1), valueOf(others + 1, 0)];
    return apart !== undefined && together !== undefined && atomsEqual(apart, together);
  });
  const isCount = [...counts, maxLength].every((n) => {
    const value = valueOf(n, 0);
    return value !== undefined && atomsEqual(value, BigInt(n));
  });
  const both = form.combine(left.selection, right.selection, (a, b) => a || b);
  return dependsOnSum && isCount && both ? form.width(both, sop.origin) : sop;
}

/** A function of one width that is that width or, if it counts all positions after the first, the length. */
function countAll(form: NormalForm, sop: NormalSOp, width: Width, formula: Formula, maxLength: number): NormalSOp {
  if (width.summed) return sop;
  const counts = Array.from({ length: maxLength }, (_, n) => n);
  const isPlus = (more: number): boolean =>
    [...counts, ...(more === 0 ? [maxLength] : [])].every((n) => {
      const value = formula.evaluate([BigInt(n)])?.[0];
      return value !== undefined && atomsEqual(value, BigInt(n + more));
    });
  if (isPlus(0)) return width;
  const first = form.compare(form.indices(), form.constant(0n), "==");
  return width.selection === form.not(first) && isPlus(1) ? form.width(form.everywhere(), sop.origin) : sop;
}

/** Sums, which heads compute exactly, in place of means, which they do not. */
import type { Atom } from "../../language/graph/node.js";
import { compareAtoms } from "../../language/atom/compare.js";
import { Formula } from "./formula.js";
import { truthOf, type Mapped, type Mean, type NormalForm, type NormalSOp, type Selection } from "./normal-form.js";

/**
 * How RASP programs sum (Weiss, Goldberg, Yahav 2021, Dyck-2): `round(w * (aggregate(s, indicator(a)) - aggregate(s, indicator(b))))`,
 * where w is the width of s. Rounding removes the error of the floats, so that this is the sum of indicator(a) - indicator(b)
 * over s.
 */
export function sumOfMeans(form: NormalForm, sop: NormalSOp, maxLength: number): NormalSOp {
  if (!isMap(sop, "round")) return sop;
  const [product] = sop.args;
  if (!isMap(product!, "*")) return sop;
  const [a, b] = product.args as [NormalSOp, NormalSOp];
  for (const [width, means] of [
    [a, b],
    [b, a],
  ] as const) {
    const found: Mean[] = [];
    const value = summand(form, means, found);
    const selection = found[0]?.selection;
    if (!value || !selection || found.some((mean) => mean.selection !== selection)) continue;
    if (isWidth(form, width, selection, maxLength)) return form.width(selection, sop.origin, value);
  }
  return sop;
}

/**
 * How RASP programs ask which of two kinds is more frequent (Weiss, Goldberg, Yahav 2021, Dyck-1):
 * `aggregate(s, indicator(a)) - aggregate(s, indicator(b)) < 0`. Two quotients with one divisor differ by a number that has the
 * sign of the difference of their dividends, in floats too, and is 0 where that is 0. With more than two quotients this need
 * not hold.
 */
export function signOfMeans(form: NormalForm, sop: NormalSOp): NormalSOp {
  if (sop.kind !== "map" || !COMPARISONS.has(sop.fn.name)) return sop;
  const zero = sop.args.findIndex((arg) => arg.kind === "constant" && arg.value !== null && Number(arg.value) === 0);
  if (zero < 0) return sop;
  const difference = sop.args[1 - zero]!;
  const means: Mean[] = [];
  const value = isMap(difference, "-") ? summand(form, difference, means) : undefined;
  const [first, second, ...more] = means;
  if (!value || !first || first.selection !== second?.selection || more.length > 0) return sop;
  if (means.some((mean) => Number(mean.default) !== 0)) return sop;
  const sum = form.width(first.selection, difference.origin, value);
  return form.map(sop.fn, sop.args.with(1 - zero, sum), sop.origin);
}

const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);

const isMap = (sop: NormalSOp, name: string): sop is Mapped => sop.kind === "map" && sop.fn.name === name;

/**
 * Sums and differences of means as the mean of one s-op: the same sums and differences of what they are means of, indicators that
 * are 0 or 1. Undefined where `sop` is made of anything else.
 *
 * @param means - receives the means that were found
 */
function summand(form: NormalForm, sop: NormalSOp, means: Mean[]): NormalSOp | undefined {
  if (sop.kind === "mean") {
    const { value, default: otherwise, best } = sop;
    if (best || !isMap(value, "indicator") || canBeNull(value)) return undefined;
    if (typeof otherwise === "string" || !Number.isFinite(Number(otherwise ?? NaN))) return undefined;
    means.push(sop);
    return value;
  }
  if (!isMap(sop, "+") && !isMap(sop, "-")) return undefined;
  const args: NormalSOp[] = [];
  for (const arg of sop.args) {
    const part = summand(form, arg, means);
    if (!part) return undefined;
    args.push(part);
  }
  return form.map(sop.fn, args, sop.origin);
}

/** Whether null occurs anywhere in what `sop` is made of. */
function canBeNull(sop: NormalSOp): boolean {
  const seen = new Set<NormalSOp>([sop]);
  for (const node of seen) {
    if ((node.kind === "constant" && node.value === null) || (node.kind === "mean" && node.default === null)) {
      return true;
    }
    for (const operand of operands(node)) seen.add(operand);
  }
  return false;
}

function operands(sop: NormalSOp): readonly NormalSOp[] {
  if (sop.kind === "map") return sop.args;
  if (sop.kind !== "mean" && sop.kind !== "width") return [];
  const sides = sop.selection.comparisons.flatMap(({ keys, queries }) => [keys, queries]);
  return [
    ...sides,
    ...(sop.kind === "mean" ? [sop.value] : []),
    ...(sop.kind === "width" && sop.summed ? [sop.summed] : []),
  ];
}

/** Whether `sop` is the width of the selection on every input: because it is that node, or as a function of positions alone. */
function isWidth(form: NormalForm, sop: NormalSOp, selection: Selection, maxLength: number): boolean {
  if (sop === form.width(selection)) return true;
  const indices = form.indices();
  const sides = selection.comparisons.flatMap(({ keys, queries }) => [keys, queries]);
  if ([sop, ...sides].some((side) => new Formula([side]).leaves.some((leaf) => leaf !== indices))) return false;
  const positions = Array.from({ length: maxLength }, (_, i) => BigInt(i));
  const byPosition = (side: NormalSOp): (Atom | undefined)[] => {
    const formula = new Formula([side]);
    return positions.map((i) => formula.evaluate(formula.leaves.map(() => i))?.[0]);
  };
  const operandValues = selection.comparisons.map(({ keys, queries }) => ({
    keys: byPosition(keys),
    queries: byPosition(queries),
  }));
  if (operandValues.some(({ keys, queries }) => [...keys, ...queries].includes(undefined))) return false;
  const isSelected = (k: number, q: number): boolean =>
    truthOf(selection, ({ op }, j) => compareAtoms(op, operandValues[j]!.keys[k]!, operandValues[j]!.queries[q]!));
  // The shortest input with this query ends at it: keys after the query would not count there.
  return byPosition(sop).every((width, q) => {
    const keys = positions.flatMap((_, k) => (isSelected(k, q) && !(form.causal && k > q) ? [k] : []));
    return width === BigInt(keys.length) && keys.every((k) => k <= q);
  });
}

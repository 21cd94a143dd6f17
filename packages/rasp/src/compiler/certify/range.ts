/**
 * The range of float32. The bounds on rounding are relative: they hold while no sum overflows, and while nothing is so small that it
 * loses digits (below 2^-126). A plan that could leave that range is not proved.
 */
import type { Plan } from "../plan/ir/plan.js";
import type { Read } from "../plan/ir/read.js";
import type { Margins } from "./margins.js";

/** Powers of two well inside float32's range, which leave room for sums of many terms. */
const SMALLEST = 2 ** -120;
const LARGEST = 2 ** 120;

/** Not for NaN and infinities. */
const isInRange = (size: number): boolean => size === 0 || (size >= SMALLEST && size <= LARGEST);

/** Adds a decision without any margin for each place whose weights, terms or sums could leave the range. */
export function checkRange({ heads, features, anchors, outputs }: Plan, margins: Margins): void {
  /** The largest sum of the terms' absolute values, anchors included; all that goes into it is checked. */
  const sizeOf = ({ constant, terms }: Read, where: string): number => {
    let size = Math.abs(constant);
    for (const [subspace, coefficients] of terms) {
      const held = subspace.largest + Math.abs(anchors.get(subspace)?.value ?? 0);
      for (const c of coefficients) {
        check(c, where);
        check(c * subspace.grid, where);
        size += Math.abs(c) * held;
      }
    }
    check(constant, where);
    check(size, where);
    return size;
  };
  const check = (size: number, where: string): void => {
    if (!isInRange(Math.abs(size))) margins.add(0, 1, `${where}: ${size} is outside the range of float32`);
  };

  for (const { keys, queries, values, label, layer } of heads) {
    const where = `${label}, layer ${layer}`;
    check(
      keys.reduce((sum, key, d) => sum + sizeOf(key, where) * sizeOf(queries[d]!, where), 0),
      where,
    );
    for (const { read, atBos, scale } of values) {
      check(atBos * scale, where);
      check(sizeOf(read, where) * scale, where);
    }
  }
  for (const { subspace, units } of features) {
    const where = `${subspace.label}, layer ${subspace.layer}`;
    let sum = 0;
    for (const { input, output, bosWeight } of units) {
      check(bosWeight, where);
      for (const weight of output) check(weight, where);
      sum += sizeOf(input, where) * output.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    }
    check(sum, where);
  }
  for (const { reads } of outputs) for (const read of reads) sizeOf(read, "decoding");
}

/**
 * Leaves that the position decides, or the position and the length, whatever the tokens are: `select(indices, indices, <=)` selects one
 * position more than the query's own. No head is better at them than a table of positions, beside the head that knows the length.
 */
import { atomKey } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import type { Domain } from "../values/domain.js";

/** The value at each position, if it is the same in inputs of all lengths; undefined at a position that a promise leaves out. */
export function byPosition(leaf: NormalSOp, domain: Domain): readonly (Atom | undefined)[] | undefined {
  const { maxLength } = domain;
  const table = domain.table(leaf);
  if ([...table.distinct].some(({ atoms }) => atoms.length > 1)) return undefined;
  const known: (Atom | undefined)[] = [];
  for (let i = 0; i < maxLength; i++) {
    for (let n = maxLength; n > (table.dependence.length ? i : maxLength - 1); n--) {
      const { atoms } = table.at(n, i);
      if (atoms.length === 0) continue;
      known[i] ??= atoms[0]!;
      if (atomKey(atoms[0]!) !== atomKey(known[i]!)) return undefined;
    }
  }
  return Array.from({ length: maxLength }, (_, i) => known[i]);
}

/** For each position the number that a leaf is beside the length or, with a sign of -1, beside its negative. */
export interface BesideLength {
  readonly sign: 1 | -1;
  readonly numbers: readonly number[];
}

/** Undefined where the leaf is no such int. */
export function besideLength(leaf: NormalSOp, domain: Domain): BesideLength | undefined {
  const { maxLength, promised } = domain;
  const table = domain.table(leaf);
  if (promised || !table.dependence.length) return undefined;
  if ([...table.distinct].some(({ atoms: [only, other] }) => typeof only !== "bigint" || other !== undefined)) {
    return undefined;
  }
  const intAt = (n: number, i: number): number => Number(table.at(n, i).atoms[0]);
  const sign = intAt(2, 0) - intAt(1, 0);
  if (sign !== 1 && sign !== -1) return undefined;
  const numbers = Array.from({ length: maxLength }, (_, i) => intAt(maxLength, i) - sign * maxLength);
  for (let n = 1; n <= maxLength; n++) {
    for (let i = 0; i < n; i++) if (intAt(n, i) !== sign * n + numbers[i]!) return undefined;
  }
  return { sign, numbers };
}

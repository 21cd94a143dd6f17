/** An s-op as a table over the values of its leaves, without the leaves that do not matter. */
import { atomKey } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import type { Domain } from "../../values/domain.js";
import type { Row } from "../ir/finite-function.js";
import type { NormalSOp } from "../../normalize/normal.js";

export interface FunctionTable {
  /** One row for each joint value of the leaves that can occur; `values[j]` numbers a value of `leaves[j]`. */
  readonly rows: readonly Row[];
  /** The leaves on which the result depends. */
  readonly leaves: readonly NormalSOp[];
}

/** @param resultOf - the number of the result for a value of `sop`. */
export function functionTable(sop: NormalSOp, domain: Domain, resultOf: (value: Atom) => number): FunctionTable {
  const formula = domain.formula(sop);
  const leafValues = formula.leaves.map((leaf) => domain.values(leaf));
  const numberOf = leafValues.map((values) => new Map(values.map((value, v) => [atomKey(value), v])));
  const rows: Row[] = [];
  for (const joint of domain.joint(formula.leaves)) {
    const value = formula.evaluate(joint)?.[0];
    if (value === undefined) continue;
    rows.push({ values: joint.map((atom, j) => numberOf[j]!.get(atomKey(atom))!), result: resultOf(value) });
  }
  return dropIrrelevant(
    rows,
    leafValues.map((values) => values.length),
    formula.leaves,
  );
}

/** Removes arguments on which the table does not depend, numbers first: they are the costly ones. */
function dropIrrelevant(table: readonly Row[], sizes: readonly number[], leaves: readonly NormalSOp[]): FunctionTable {
  let rows = [...table];
  let kept = leaves.map((_, j) => j);
  const cost = (j: number): number => (leaves[j]!.kind === "mean" || leaves[j]!.kind === "width" ? 1e6 : 0) + sizes[j]!;
  for (const j of [...kept].sort((a, b) => cost(b) - cost(a))) {
    const at = kept.indexOf(j);
    const without = new Map<string, Row>();
    const consistent = rows.every(({ values, result }) => {
      const rest = values.filter((_, position) => position !== at);
      const key = rest.join(",");
      const known = without.get(key);
      if (!known) without.set(key, { values: rest, result });
      return known === undefined || known.result === result;
    });
    if (!consistent) continue;
    rows = [...without.values()];
    kept = kept.filter((other) => other !== j);
  }
  return { rows, leaves: kept.map((j) => leaves[j]!) };
}

/** An s-op as a table over the values of its leaves, without the leaves that do not matter. */
import { atomKey } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import { getOrInsert } from "../../../language/maps.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import type { Row } from "../ir/finite-function.js";
import type { FunctionArguments } from "./function-arguments.js";

export interface FunctionTable {
  /** One row for each joint value of the leaves that can occur; `values[j]` numbers a value of `leaves[j]`. */
  readonly rows: readonly Row[];
  /** The leaves on which the result depends. */
  readonly leaves: readonly NormalSOp[];
}

/** Numbers the different vectors of a function, in the order in which they are asked for. */
export class Results {
  readonly vectors: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #byValue = new Map<string, number>();

  readonly #vectorOf: (value: Atom) => readonly number[];

  constructor(vectorOf: (value: Atom) => readonly number[]) {
    this.#vectorOf = vectorOf;
  }

  numberOf(value: Atom): number {
    return getOrInsert(this.#byValue, atomKey(value), () => this.#numberAnew(value));
  }

  #numberAnew(value: Atom): number {
    const vector = this.#vectorOf(value);
    const key = vector.join(",");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.vectors.length));
      this.vectors.push(vector);
    }
    return number;
  }
}

/**
 * @param isPossible - false for values that the s-op never has: joint values of the leaves may be too many
 * @param results - numbers the vectors of the function's values
 */
export function functionTable(
  { leaves, joint, valueAt }: FunctionArguments,
  isPossible: (value: Atom) => boolean,
  domain: Domain,
  results: Results,
): FunctionTable {
  const leafValues = leaves.map((leaf) => domain.values(leaf));
  const numberOf = leafValues.map((values) => new Map(values.map((value, v) => [atomKey(value), v])));
  const rows: Row[] = [];
  for (const atoms of joint) {
    const value = valueAt(atoms);
    if (value === undefined || !isPossible(value)) continue;
    const values = atoms.map((atom, j) => numberOf[j]!.get(atomKey(atom))!);
    rows.push({ values, result: results.numberOf(value) });
  }
  const sizes = leafValues.map((values) => values.length);
  return dropIrrelevant(rows, sizes, leaves);
}

/** Drops arguments on which the table does not depend: results of heads first, then those with many values, which cost the most. */
function dropIrrelevant(table: readonly Row[], sizes: readonly number[], leaves: readonly NormalSOp[]): FunctionTable {
  let rows = [...table];
  let kept = leaves.map((_, j) => j);
  const cost = (j: number): number => (leaves[j]!.kind === "mean" || leaves[j]!.kind === "width" ? 1e6 : 0) + sizes[j]!;
  for (const j of [...kept].sort((a, b) => cost(b) - cost(a))) {
    const fewer = withoutArgument(rows, kept.indexOf(j));
    if (!fewer) continue;
    rows = fewer;
    kept = kept.filter((other) => other !== j);
  }
  return { rows, leaves: kept.map((j) => leaves[j]!) };
}

/** @returns undefined where rows with different results differ in this argument alone */
function withoutArgument(rows: readonly Row[], argument: number): Row[] | undefined {
  const byRest = new Map<string, Row>();
  for (const { values, result } of rows) {
    const rest = values.filter((_, j) => j !== argument);
    const key = rest.join(",");
    if (getOrInsert(byRest, key, () => ({ values: rest, result })).result !== result) return undefined;
  }
  return [...byRest.values()];
}

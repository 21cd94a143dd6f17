/**
 * Ranks: a count of the keys that come before a query in a strict order of all positions is each of 0, 1, … n - 1 once, so that
 * `select(rank, indices, ==)` selects one key in every row, whatever the tokens are. That is how RASP sorts (`sort` of the library).
 */
import type { Comparison } from "../../language/graph/node.js";
import { decide } from "../normalize/decision-diagram.js";
import type { NormalSOp, Width } from "../normalize/normal-form.js";
import type { Table } from "./table.js";
import type { ValueSet } from "./value-set.js";

/** What is known of values. */
interface Values {
  readonly maxLength: number;
  table(sop: NormalSOp): Table<ValueSet>;
}

/** How the values of s-ops at a key compare with those at the query: below, equal or above. */
type Signs = ReadonlyMap<NormalSOp, Sign>;
type Sign = -1 | 0 | 1;

/** More s-ops are not tried as the keys of an order. */
const MAX_KEYS = 5;

/**
 * The least value of an s-op that has n different ints in a row, one at each position of inputs of every length n; undefined where
 * that is not known. The order must compare s-ops with themselves, one after the other, the last of them with different values at
 * different positions. Not for causal models, whose rows do not see all positions.
 */
export function rankOffset(sop: NormalSOp, values: Values): number | undefined {
  if (sop.kind === "indices") return 0;
  const sum = countsOf(sop);
  if (!sum) return undefined;
  const comparisons = sum.counts.flatMap(({ width }) => width.selection.comparisons);
  if (comparisons.length === 0 || comparisons.some(({ keys, queries }) => keys !== queries)) return undefined;
  const keys = [...new Set(comparisons.map((compared) => compared.keys))];
  if (keys.length > MAX_KEYS || !keys.every((key) => isOrdered(key, values))) return undefined;
  const countOf = (signs: Signs): number =>
    sum.counts.reduce((all, { width, times }) => all + times * Number(isSelected(width, signs)), 0);
  if (!isOrder(countOf, keys, new Map(), values)) return undefined;
  return sum.constant + countOf(new Map(keys.map((key) => [key, 0])));
}

interface Counts {
  readonly counts: readonly { readonly width: Width; readonly times: number }[];
  readonly constant: number;
}

/** A sum of widths and a number; undefined where the s-op is none. */
function countsOf(sop: NormalSOp): Counts | undefined {
  if (sop.kind === "width" && !sop.summed) return { counts: [{ width: sop, times: 1 }], constant: 0 };
  if (sop.kind === "constant" && typeof sop.value === "bigint") return { counts: [], constant: Number(sop.value) };
  if (sop.kind !== "map" || sop.args.length !== 2 || (sop.fn.name !== "+" && sop.fn.name !== "-")) return undefined;
  const [left, right] = sop.args.map(countsOf);
  if (!left || !right) return undefined;
  const sign = sop.fn.name === "+" ? 1 : -1;
  return {
    counts: [...left.counts, ...right.counts.map(({ width, times }) => ({ width, times: sign * times }))],
    constant: left.constant + sign * right.constant,
  };
}

/** Whether any two values compare: NaN compares with none. */
function isOrdered(key: NormalSOp, values: Values): boolean {
  if (key.kind === "indices" || key.kind === "tokens") return true;
  return [...values.table(key).distinct].every(({ atoms }) => !atoms.some(Number.isNaN));
}

function isSelected({ selection: { comparisons, truth } }: Width, signs: Signs): boolean {
  const answers = new Map(comparisons.map(({ id, keys, op }) => [id, HOLDS[op](signs.get(keys)!)]));
  return decide(truth, (variable) => answers.get(variable)!);
}

const HOLDS: Readonly<Record<Comparison, (sign: Sign) => boolean>> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
  "==": (sign) => sign === 0,
  "!=": (sign) => sign !== 0,
};

/**
 * Whether the count is 1 for the keys before a query and 0 for those after it, in an order by one of `keys`, and where that is equal
 * by the others.
 *
 * @param fixed - keys whose signs are given
 */
function isOrder(countOf: (signs: Signs) => number, keys: readonly NormalSOp[], fixed: Signs, values: Values): boolean {
  const free = keys.filter((key) => !fixed.has(key));
  return free.some((key) => {
    const isAlways = (sign: Sign, count: number): boolean =>
      allSigns(free.filter((other) => other !== key)).every(
        (signs) => countOf(new Map([...fixed, ...signs, [key, sign]])) === count,
      );
    const decides = (isAlways(-1, 1) && isAlways(1, 0)) || (isAlways(-1, 0) && isAlways(1, 1));
    if (!decides) return false;
    return isDifferentEverywhere(key, values) || isOrder(countOf, keys, new Map([...fixed, [key, 0]]), values);
  });
}

function allSigns(keys: readonly NormalSOp[]): Signs[] {
  return keys.reduce<Signs[]>(
    (all, key) => all.flatMap((signs) => ([-1, 0, 1] as const).map((sign) => new Map([...signs, [key, sign]]))),
    [new Map()],
  );
}

/** Whether no value occurs at two positions of one input. */
function isDifferentEverywhere(key: NormalSOp, values: Values): boolean {
  if (key.kind === "indices") return true;
  if (key.kind === "tokens") return values.maxLength < 2;
  const table = values.table(key);
  const lengths = table.dependence.length
    ? Array.from({ length: values.maxLength }, (_, l) => l + 1)
    : [values.maxLength];
  return lengths.every((n) => {
    const seen = new Set<number>();
    for (let i = 0; i < n; i++) {
      const { codes } = table.at(n, i);
      if (codes.some((code) => seen.has(code))) return false;
      for (const code of codes) seen.add(code);
    }
    return true;
  });
}

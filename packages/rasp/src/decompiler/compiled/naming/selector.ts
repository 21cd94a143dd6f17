/** The text of a relation: a comparison of two s-ops with names, or of the classes that it makes of them. */
import { compareAtoms } from "../../../language/atom/compare.js";
import {
  bestNode,
  selectNode,
  selectorPairNode,
  type Atom,
  type Comparison,
  type Selector,
} from "../../../language/graph/node.js";
import type { Cases } from "../expressions/cases.js";
import { constant, isWhole, plus, type Expression } from "../expressions/expression.js";
import { nameClasses, nameValues } from "../expressions/function.js";
import type { PairTable } from "./relation.js";

export interface NamedSelector {
  readonly selector: Selector;
  readonly text: string;
  /** The outermost operator. */
  readonly kind: "select" | "and" | "or";
  readonly tabular: boolean;
  /** What it selects among cases of keys and of queries. */
  readonly table: (keys: Cases, queries: Cases) => PairTable;
}

const select = (keys: Expression, queries: Expression, op: Comparison): NamedSelector => ({
  selector: selectNode(keys.sop, queries.sop, op),
  text: `select(${keys.text}, ${queries.text}, ${op})`,
  kind: "select",
  tabular: keys.tabular === true || queries.tabular === true,
  table: (keyCases, queryCases) => {
    const queryColumn = queryCases.column(queries);
    return keyCases
      .column(keys)
      .map((key) => Int8Array.from(queryColumn, (query) => Number(compareAtoms(op, key, query))));
  },
});

export const everything: NamedSelector = {
  ...select(constant(1n), constant(1n), "=="),
  text: "full_s",
};

/** Of what the selector selects, the key with the highest score, and of equal scores the first. */
export const bestOf = ({ selector, text, tabular }: NamedSelector, score: Expression): NamedSelector => ({
  selector: bestNode(selector, score.sop),
  text: `best(${text}, ${score.text})`,
  kind: "select",
  tabular: tabular || score.tabular === true,
  table: () => {
    throw new Error("what is best is not decided by a key and a query alone");
  },
});

export const bothSelectors = (a: NamedSelector, b: NamedSelector): NamedSelector => pair("and", a, b);
export const eitherSelector = (a: NamedSelector, b: NamedSelector): NamedSelector => pair("or", a, b);

function pair(kind: "and" | "or", a: NamedSelector, b: NamedSelector): NamedSelector {
  // They bind equally and group from the left.
  const operand = (one: NamedSelector): string =>
    one.kind === "select" || (one === a && one.kind === kind) ? one.text : `(${one.text})`;
  return {
    selector: selectorPairNode(kind, a.selector, b.selector),
    text: `${operand(a)} ${kind} ${operand(b)}`,
    kind,
    tabular: a.tabular || b.tabular,
    table: (keys, queries) => {
      const [x, y] = [a.table(keys, queries), b.table(keys, queries)];
      const join = kind === "and" ? Math.min : Math.max;
      return x.map((row, k) => row.map((yes, q) => join(yes, y[k]![q]!)));
    },
  };
}

/** Keys or queries alone, for which a condition holds. */
export function selectWhere(condition: Expression, side: "keys" | "queries"): NamedSelector {
  const { comparison } = condition;
  if (comparison && side === "keys") return select(comparison.left, comparison.right, comparison.op);
  const yes = constant(true);
  return side === "keys" ? select(condition, yes, "==") : select(yes, condition, "==");
}

/**
 * A selector that is right in all cases of a table.
 *
 * @param loose - what is needed of it at the least: tried where `strict` has no short form
 */
export function nameRelation(strict: PairTable, loose: PairTable, keys: Cases, queries: Cases): NamedSelector {
  if (queries.inputs.length === 0) return nameSide(strict, loose, keys, "keys");
  if (keys.inputs.length === 0) return nameSide(transposed(strict), transposed(loose), queries, "queries");
  let tabular: NamedSelector | undefined;
  for (const way of WAYS) {
    for (const name of [nameComparison, nameWithin]) {
      for (const table of [strict, loose]) {
        const found = name(way, table, keys, queries);
        if (found && !found.tabular) return found;
        tabular ??= found;
      }
    }
  }
  return tabular ?? byClasses(strict, keys, queries);
}

/** A comparison of keys and queries that are selected at all, and conditions that they are. */
function nameWithin(way: Way, table: PairTable, keys: Cases, queries: Cases): NamedSelector | undefined {
  const [anyKey, anyQuery] = [table, transposed(table)].map((rows) => rows.map((row) => row.includes(1)));
  if (anyKey!.every(Boolean) && anyQuery!.every(Boolean)) return undefined;
  const inside = table.map((row, k) => row.map((cell, q) => (anyKey![k]! && anyQuery![q]! ? cell : -1)));
  const comparison = nameComparison(way, inside, keys, queries);
  if (!comparison) return undefined;
  const within = excluding(table, anyKey!, comparison, keys, queries, "keys");
  return excluding(table, anyQuery!, within, keys, queries, "queries");
}

/** The selector, without the keys (or queries) among those that no row selects for which it would select something. */
function excluding(
  table: PairTable,
  selected: readonly boolean[],
  selector: NamedSelector,
  keys: Cases,
  queries: Cases,
  side: "keys" | "queries",
): NamedSelector {
  const means = selector.table(keys, queries);
  const wrong = table.map((row, k) => row.map((cell, q) => Number(cell === 0 && means[k]![q] === 1)));
  const excluded = (side === "keys" ? wrong : transposed(wrong)).map((row) => row.includes(1));
  const known = selected.flatMap((is, i) => (is || excluded[i]! ? [i] : []));
  if (known.every((i) => selected[i])) return selector;
  const condition = nameValues(
    (side === "keys" ? keys : queries).only(known),
    known.map((i) => selected[i]!),
  );
  return bothSelectors(selectWhere(condition, side), selector);
}

function nameSide(strict: PairTable, loose: PairTable, cases: Cases, side: "keys" | "queries"): NamedSelector {
  const found = [strict, loose].map((table) => {
    const known = table.flatMap(([cell], i) => (cell! < 0 ? [] : [i]));
    return nameValues(
      cases.only(known),
      known.map((i) => table[i]![0] === 1),
    );
  });
  return selectWhere(found.find(({ tabular }) => !tabular) ?? found[0]!, side);
}

/** Pairs of s-ops that a table may be a comparison of. */
type Way = (table: PairTable, keys: Cases, queries: Cases) => readonly (readonly [Expression, Expression])[];

/** The inputs themselves; a function that says for each key which query it goes with, or the other way round; classes of both. */
const WAYS: readonly Way[] = [
  (_table, keys, queries) => {
    const [a, b] = [onlyInput(keys), onlyInput(queries)];
    return a && b ? [[a, b]] : [];
  },
  (table, keys, queries) => {
    const query = onlyInput(queries);
    const values = query && partners(table, queries.column(query));
    return values ? [[nameKnown(keys, values), query]] : [];
  },
  (table, keys, queries) => {
    const key = onlyInput(keys);
    const values = key && partners(transposed(table), keys.column(key));
    return values ? [[key, nameKnown(queries, values)]] : [];
  },
  (table, keys, queries) => [[nameClasses(keys, classesOf(table)), nameClasses(queries, classesOf(transposed(table)))]],
];

function nameComparison(way: Way, table: PairTable, keys: Cases, queries: Cases): NamedSelector | undefined {
  const found = way(table, keys, queries).flatMap(([key, query]) => {
    const [a, b] = [keys.columnIfAny(key), queries.columnIfAny(query)];
    return a && b ? comparisons(key, query, a, b, table) : [];
  });
  return found.find(({ tabular }) => !tabular) ?? found[0];
}

/** A function that has these values where they are known. */
function nameKnown(cases: Cases, values: readonly (Atom | undefined)[]): Expression {
  const known = values.flatMap((value, i) => (value === undefined ? [] : [i]));
  return nameValues(
    cases.only(known),
    known.map((i) => values[i]!),
  );
}

const onlyInput = (cases: Cases): Expression | undefined => (cases.inputs.length === 1 ? cases.inputs[0] : undefined);

const transposed = (table: PairTable): Int8Array[] =>
  Array.from(table[0]!, (_, q) => Int8Array.from(table, (row) => row[q]!));

/** States that no other state can tell apart are one class; pairs that were not seen count as unselected. */
function classesOf(table: PairTable): number[] {
  const ids = new Map<string, number>();
  return table.map((row) => {
    const key = row.map((cell) => Number(cell === 1)).join("");
    if (!ids.has(key)) ids.set(key, ids.size);
    return ids.get(key)!;
  });
}

/**
 * For each row the only value that it goes with; a value of its own for rows that go with none, undefined where nothing is known.
 * None where a row goes with several.
 */
function partners(table: PairTable, values: readonly Atom[]): (Atom | undefined)[] | undefined {
  if (!isWhole(values)) return undefined;
  const none = values.reduce((least, value) => (value < least ? value : least), 0n) - 1n;
  const result: (Atom | undefined)[] = [];
  for (const row of table) {
    const own = new Set(values.filter((_, q) => row[q] === 1));
    if (own.size > 1) return undefined;
    const [partner] = own;
    result.push(partner ?? (row.every((cell) => cell < 0) ? undefined : none));
  }
  return result;
}

const OPS = ["==", "<", "<=", ">", ">=", "!="] as const;

/** Comparisons of two s-ops, the query shifted by a constant if need be, that are right wherever a pair was seen. */
function comparisons(
  keys: Expression,
  queries: Expression,
  a: readonly Atom[],
  b: readonly Atom[],
  table: PairTable,
): NamedSelector[] {
  const fits = (test: (k: number, q: number) => boolean): boolean =>
    table.every((row, k) => row.every((cell, q) => cell < 0 || (cell === 1) === test(k, q)));
  if (isWhole(a) && isWhole(b)) {
    const shifts = shiftsOf(a, b, table);
    for (const shift of shifts) {
      for (const op of OPS) {
        if (fits((k, q) => compareAtoms(op, a[k]!, b[q]! + shift))) {
          return [select(keys, plus(queries, constant(shift)), op)];
        }
      }
    }
    return [];
  }
  const sameType =
    new Set([...a, ...b].map((value) => (typeof value === "bigint" ? "number" : typeof value))).size === 1;
  if (!sameType) return [];
  const op = OPS.find((one) => fits((k, q) => compareAtoms(one, a[k]!, b[q]!)));
  return op ? [select(keys, queries, op)] : [];
}

/** 0 first, then the differences of selected pairs at the ends of their range, and those just beside. */
function shiftsOf(a: readonly bigint[], b: readonly bigint[], table: PairTable): bigint[] {
  const differences = table.flatMap((row, k) => [...row].flatMap((cell, q) => (cell === 1 ? [a[k]! - b[q]!] : [])));
  if (differences.length === 0) return [0n];
  const least = differences.reduce((x, y) => (x < y ? x : y));
  const most = differences.reduce((x, y) => (x > y ? x : y));
  return [...new Set([0n, least, most])];
}

/** Key classes one by one, each with the queries that select it. */
function byClasses(table: PairTable, keyCases: Cases, queryCases: Cases): NamedSelector {
  const classes = classesOf(table);
  const parts = [...new Set(classes)].flatMap((c) => {
    const row = table[classes.indexOf(c)]!;
    if (!row.includes(1)) return [];
    const keys = nameValues(
      keyCases,
      classes.map((other) => other === c),
    );
    const queries = nameValues(
      queryCases,
      [...row].map((cell) => cell === 1),
    );
    const wanted = selectWhere(keys, "keys");
    return [queries.sop.kind === "constant" ? wanted : bothSelectors(wanted, selectWhere(queries, "queries"))];
  });
  return { ...parts.reduce(eitherSelector), tabular: true };
}

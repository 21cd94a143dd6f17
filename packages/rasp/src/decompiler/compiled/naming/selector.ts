/** The text of a relation: a comparison of two named s-ops, or of the classes that the relation divides them into. */
import { compareAtoms } from "../../../language/atom/compare.js";
import {
  bestNode,
  selectNode,
  selectorPairNode,
  type Atom,
  type Comparison,
  type Selector,
} from "../../../language/graph/node.js";
import { getOrInsert } from "../../../language/maps.js";
import type { Cases } from "../expressions/cases.js";
import { constant, isWhole, plus, type Expression } from "../expressions/expression.js";
import { nameClasses, nameValues } from "../expressions/function.js";
import type { PairTable } from "./relation.js";

/** The cases that a selector compares. */
export interface Sides {
  readonly keys: Cases;
  readonly queries: Cases;
}

/** A selector with its text. */
export interface NamedSelector {
  readonly selector: Selector;
  readonly text: string;
  /** The outermost operator. */
  readonly kind: "select" | "and" | "or";
  readonly tabular: boolean;
  /** Which pairs of cases it selects. */
  readonly table: (sides: Sides) => PairTable;
}

const select = (keys: Expression, queries: Expression, op: Comparison): NamedSelector => ({
  selector: selectNode(keys.sop, queries.sop, op),
  text: `select(${keys.text}, ${queries.text}, ${op})`,
  kind: "select",
  tabular: keys.tabular === true || queries.tabular === true,
  table: (sides) => {
    const queryColumn = sides.queries.column(queries);
    return sides.keys
      .column(keys)
      .map((key) => Int8Array.from(queryColumn, (query) => Number(compareAtoms(op, key, query))));
  },
});

export const everything: NamedSelector = {
  ...select(constant(1n), constant(1n), "=="),
  text: "full_s",
};

/** Of the selected keys the one with the highest score, of equal scores the first. */
export const bestOf = ({ selector, text, tabular }: NamedSelector, score: Expression): NamedSelector => ({
  selector: bestNode(selector, score.sop),
  text: `best(${text}, ${score.text})`,
  kind: "select",
  tabular: tabular || score.tabular === true,
  table: () => {
    throw new Error("best: whether a key is selected depends on the other keys, so there is no table of pairs");
  },
});

export const bothSelectors = (a: NamedSelector, b: NamedSelector): NamedSelector => pair("and", a, b);
export const eitherSelector = (a: NamedSelector, b: NamedSelector): NamedSelector => pair("or", a, b);

function pair(kind: "and" | "or", a: NamedSelector, b: NamedSelector): NamedSelector {
  // `and` and `or` bind equally and group from the left.
  const operand = (part: NamedSelector): string =>
    part.kind === "select" || (part === a && part.kind === kind) ? part.text : `(${part.text})`;
  return {
    selector: selectorPairNode(kind, a.selector, b.selector),
    text: `${operand(a)} ${kind} ${operand(b)}`,
    kind,
    tabular: a.tabular || b.tabular,
    table: (sides) => {
      const [x, y] = [a.table(sides), b.table(sides)];
      const join = kind === "and" ? Math.min : Math.max;
      return x.map((row, k) => row.map((yes, q) => join(yes, y[k]![q]!)));
    },
  };
}

/** The keys, or the queries, for which a condition holds. */
export function selectWhere(condition: Expression, side: keyof Sides): NamedSelector {
  const { comparison } = condition;
  if (comparison && side === "keys") return select(comparison.left, comparison.right, comparison.op);
  const yes = constant(true);
  return side === "keys" ? select(condition, yes, "==") : select(yes, condition, "==");
}

/**
 * A selector that agrees with a table.
 *
 * @param strict - the table itself
 * @param loose - the table with more pairs left open, which is enough if `strict` has no short form
 */
export function nameRelation(strict: PairTable, loose: PairTable, sides: Sides): NamedSelector {
  const { keys, queries } = sides;
  if (queries.inputs.length === 0) return nameSide(strict, loose, keys, "keys");
  if (keys.inputs.length === 0) return nameSide(transposed(strict), transposed(loose), queries, "queries");
  let tabular: NamedSelector | undefined;
  for (const way of WAYS) {
    for (const name of [nameComparison, nameWithin]) {
      for (const table of [strict, loose]) {
        const found = name(way, table, sides);
        if (found && !found.tabular) return found;
        tabular ??= found;
      }
    }
  }
  return tabular ?? byClasses(strict, sides);
}

/** A comparison of the keys and queries that go with any other, and conditions that leave out the rest. */
function nameWithin(way: Way, table: PairTable, sides: Sides): NamedSelector | undefined {
  const [anyKey, anyQuery] = [table, transposed(table)].map((rows) => rows.map((row) => row.includes(1)));
  if (anyKey!.every(Boolean) && anyQuery!.every(Boolean)) return undefined;
  const inside = table.map((row, k) => row.map((cell, q) => (anyKey![k]! && anyQuery![q]! ? cell : -1)));
  const comparison = nameComparison(way, inside, sides);
  if (!comparison) return undefined;
  const within = excluding(table, anyKey!, comparison, sides, "keys");
  return excluding(table, anyQuery!, within, sides, "queries");
}

/**
 * The selector without the keys, or the queries, that go with no other in the table and for which it would select something.
 *
 * @param selected - whether each key, or query, goes with any other
 */
function excluding(
  table: PairTable,
  selected: readonly boolean[],
  selector: NamedSelector,
  sides: Sides,
  side: keyof Sides,
): NamedSelector {
  const found = selector.table(sides);
  const wrong = table.map((row, k) => row.map((cell, q) => Number(cell === 0 && found[k]![q] === 1)));
  const excluded = (side === "keys" ? wrong : transposed(wrong)).map((row) => row.includes(1));
  const known = selected.flatMap((is, i) => (is || excluded[i]! ? [i] : []));
  if (known.every((i) => selected[i])) return selector;
  const condition = nameValues(
    sides[side].only(known),
    known.map((i) => selected[i]!),
  );
  return bothSelectors(selectWhere(condition, side), selector);
}

/** A condition on the keys, or on the queries, alone. The table has one column. */
function nameSide(strict: PairTable, loose: PairTable, cases: Cases, side: keyof Sides): NamedSelector {
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
type Way = (table: PairTable, sides: Sides) => readonly (readonly [Expression, Expression])[];

/** In this order: the inputs themselves; the query and the value that a key goes with, or the other way round; classes of both. */
const WAYS: readonly Way[] = [
  (_table, { keys, queries }) => {
    const [a, b] = [onlyInput(keys), onlyInput(queries)];
    return a && b ? [[a, b]] : [];
  },
  (table, { keys, queries }) => {
    const query = onlyInput(queries);
    const values = query && partners(table, queries.column(query));
    return values ? [[nameKnown(keys, values), query]] : [];
  },
  (table, { keys, queries }) => {
    const key = onlyInput(keys);
    const values = key && partners(transposed(table), keys.column(key));
    return values ? [[key, nameKnown(queries, values)]] : [];
  },
  (table, { keys, queries }) => [
    [nameClasses(keys, classesOf(table)), nameClasses(queries, classesOf(transposed(table)))],
  ],
];

function nameComparison(way: Way, table: PairTable, sides: Sides): NamedSelector | undefined {
  const { keys, queries } = sides;
  const found = way(table, sides).flatMap(([key, query]) => {
    const [a, b] = [keys.columnIfAny(key), queries.columnIfAny(query)];
    return a && b ? comparisons(key, query, a, b, table) : [];
  });
  return found.find(({ tabular }) => !tabular) ?? found[0];
}

/** An expression with these values, where they are known. */
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

/** The class of each key: keys that go with the same queries are one class. Open pairs count as pairs that do not go together. */
function classesOf(table: PairTable): number[] {
  const ids = new Map<string, number>();
  return table.map((row) => {
    const key = row.map((cell) => Number(cell === 1)).join("");
    return getOrInsert(ids, key, () => ids.size);
  });
}

/**
 * For each row the one value that it goes with; a value that is none of them if it goes with none, undefined if nothing is known of it.
 * Undefined altogether if a row goes with several.
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

/** A comparison of two s-ops, perhaps with a constant added to the query, that agrees with a table. */
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
  const op = OPS.find((candidate) => fits((k, q) => compareAtoms(candidate, a[k]!, b[q]!)));
  return op ? [select(keys, queries, op)] : [];
}

/** 0, and the smallest and the largest difference of pairs that go together. */
function shiftsOf(a: readonly bigint[], b: readonly bigint[], table: PairTable): bigint[] {
  const differences = table.flatMap((row, k) => [...row].flatMap((cell, q) => (cell === 1 ? [a[k]! - b[q]!] : [])));
  if (differences.length === 0) return [0n];
  const least = differences.reduce((x, y) => (x < y ? x : y));
  const most = differences.reduce((x, y) => (x > y ? x : y));
  return [...new Set([0n, least, most])];
}

/** The classes of keys one by one, each with the queries that it goes with. */
function byClasses(table: PairTable, sides: Sides): NamedSelector {
  const classes = classesOf(table);
  const parts = [...new Set(classes)].flatMap((c) => {
    const row = table[classes.indexOf(c)]!;
    if (!row.includes(1)) return [];
    const keys = nameValues(
      sides.keys,
      classes.map((other) => other === c),
    );
    const queries = nameValues(
      sides.queries,
      [...row].map((cell) => cell === 1),
    );
    const wanted = selectWhere(keys, "keys");
    return [queries.sop.kind === "constant" ? wanted : bothSelectors(wanted, selectWhere(queries, "queries"))];
  });
  return { ...parts.reduce(eitherSelector), tabular: true };
}

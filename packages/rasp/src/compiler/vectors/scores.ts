/** Scores as the query and key dimensions of a head: their products add up to the score. */
import { isHard, type Score, type Vector } from "../../language/graph/soft.js";
import type { Selector, SOp } from "../../language/graph/node.js";
import type { Table } from "../../language/graph/table.js";
import { refuse } from "../refusal.js";
import { compareAtoms } from "../../language/atom/compare.js";
import { comparedBy, type Locals, type Relation } from "./local.js";
import { combination, constantly, isZero, times, type Affine, type Reading, type Stream } from "./stream.js";

/** A dimension of a head. */
export interface Dimension {
  readonly query: Affine;
  readonly key: Affine;
}

/**
 * How far a selected key scores above the others where `attend` has a selector: e^-128 is 0 in float32. Where none is selected all score 0, and
 * have equal shares.
 */
const SHARP = 128;

/** Beyond so many indices a match of numbers takes two dimensions instead of one for each. */
const FEW = 8;
const MOST = 512;
/** Up to so many indices float32 tells such a match from its neighbours by more than e^-104, below which there is only 0. */
const MOST_NUMBERS = 1024;

/** What scores are made of. */
export interface ScoreContext {
  readonly stream: Stream;
  readonly locals: Locals;
  readonly reading: (vector: Vector) => Reading;
  /** The values of an s-op, 1 for the one that it has. */
  readonly oneHot: (sop: SOp) => Reading;
}

export function dimensionsOf(pattern: Score | Selector, context: ScoreContext): Dimension[] {
  const all = isHard(pattern) ? selected(pattern, SHARP, context, true) : scoreDimensions(pattern, 1, context);
  const isOne = ({ query }: Dimension): boolean => query.terms.size === 0;
  const ofKeys = all.filter(isOne);
  const key = combination(ofKeys.map((dimension) => [dimension.query.constant, dimension.key]));
  const merged = ofKeys.length === 0 ? [] : [{ query: constantly(1), key }];
  // What a query scores at every key alike, softmax does not see.
  return [...all.filter((dimension) => !isOne(dimension)), ...merged].filter(
    ({ query, key }) => !isZero(query) && key.terms.size > 0,
  );
}

function scoreDimensions(score: Score, factor: number, context: ScoreContext): Dimension[] {
  const { reading, locals, stream } = context;
  switch (score.kind) {
    case "even":
      return [];
    case "score-sum":
      return score.terms.flatMap((term) => scoreDimensions(term, factor, context));
    case "score-scale":
      return scoreDimensions(score.of, factor * score.by, context);
    case "key": {
      const { basis, components } = reading(score.keys);
      const weight = (c: number): number => score.weights.values[score.weights.basis.find(basis.atoms[c]!)] ?? 0;
      return [{ query: constantly(factor), key: combination(components.map((part, c) => [weight(c), part])) }];
    }
    case "numeric": {
      const { source, values } = locals.local(score.of);
      return [{ query: constantly(factor), key: stream.feature(source, values.map(Number)) }];
    }
    case "selected":
      return selected(score.selector, factor, context, false);
    case "match":
      return matched(reading(score.queries), reading(score.keys), score.table, factor);
  }
}

/** A dimension for each component of the queries, or of the keys where these are fewer. */
function matched(queries: Reading, keys: Reading, table: Table | undefined, factor: number): Dimension[] {
  const entry = entriesOf(queries, keys, table);
  const rows = queries.components.map((query, q) => ({
    query: times(query, factor),
    key: combination(keys.components.map((key, k) => [entry(q, k), key])),
  }));
  const columns = keys.components.map((key, k) => ({
    query: combination(queries.components.map((query, q) => [factor * entry(q, k), query])),
    key,
  }));
  const used = (dimensions: Dimension[]): Dimension[] =>
    dimensions.filter(({ query, key }) => !isZero(query) && !isZero(key));
  const [byRow, byColumn] = [used(rows), used(columns)];
  return byRow.length <= byColumn.length ? byRow : byColumn;
}

/** The table's entry for a component of the queries and one of the keys; without a table 1 where they are equal. */
function entriesOf(queries: Reading, keys: Reading, table: Table | undefined): (q: number, k: number) => number {
  if (!table) {
    const same = queries.basis.atoms.map((atom) => keys.basis.find(atom));
    return (q, k) => (same[q] === k ? 1 : 0);
  }
  const rows = queries.basis.atoms.map((atom) => table.rows[table.rowBasis.find(atom)]);
  const columns = keys.basis.atoms.map((atom) => table.columnBasis.find(atom));
  const dense = rows.map((row) => {
    const values = new Map<number, number>();
    if (row) for (let i = 0; i < row.values.length; i++) values.set(row.columns[i]!, row.values[i]!);
    return columns.map((column) => values.get(column) ?? 0);
  });
  return (q, k) => dense[q]![k]!;
}

/** `factor` where a selector selects, and 0 elsewhere; where it is sharp, any number so far below 0 will do where something is selected. */
function selected(selector: Selector, factor: number, context: ScoreContext, isSharp: boolean): Dimension[] {
  const { keys, queries } = comparedBy(selector);
  if (!context.locals.isLocal([...keys, ...queries])) return comparedValues(selector, factor, context);
  const relation = context.locals.relation(selector);
  const { stream } = context;
  const match = isSharp && matchedNumbers(relation, factor, stream);
  if (match) return match;
  return classDimensions(selector, relation.selected, {
    query: (column) => times(stream.feature(relation.queries, column), factor),
    key: (column) => stream.feature(relation.keys, column),
  });
}

/** Of one comparison, by the values that both sides have. */
function comparedValues(selector: Selector, factor: number, { oneHot }: ScoreContext): Dimension[] {
  if (selector.kind !== "select") {
    return refuse(
      selector,
      "it joins comparisons of what other positions have",
      "let each `attend` have one comparison, or functions of the token or the index alone",
    );
  }
  const [keys, queries] = [oneHot(selector.keys), oneHot(selector.queries)];
  const rows = queries.basis.atoms.map((query) => keys.basis.atoms.map((key) => compareAtoms(selector.op, key, query)));
  const sum = ({ components }: Reading, column: readonly number[], by: number): Affine =>
    combination(components.map((part, c) => [by * column[c]!, part]));
  return classDimensions(selector, rows, {
    query: (column) => sum(queries, column, factor),
    key: (column) => sum(keys, column, 1),
  });
}

/** The functions of rows, and of columns, with these values. */
interface Sides {
  readonly query: (column: readonly number[]) => Affine;
  readonly key: (column: readonly number[]) => Affine;
}

/** A dimension for each class of rows that select alike, or of columns where these are fewer. */
function classDimensions(
  selector: Selector,
  rows: readonly (readonly boolean[])[],
  { query, key }: Sides,
): Dimension[] {
  const columns = rows[0]!.map((_, k) => rows.map((row) => row[k]!));
  const [ofRows, ofColumns] = [classes(rows), classes(columns)];
  const [fewer, isByRow] = ofRows.length <= ofColumns.length ? [ofRows, true] : [ofColumns, false];
  if (fewer.length > MOST) {
    refuse(
      selector,
      `it tells ${fewer.length} kinds of keys apart; the limit is ${MOST}`,
      "compile it for shorter inputs",
    );
  }
  return fewer.map(({ members, pattern }) => {
    const [one, other] = [members.map(Number), pattern.map(Number)];
    return { query: query(isByRow ? one : other), key: key(isByRow ? other : one) };
  });
}

/** The different rows that are not empty: which rows are so, and what they are. */
function classes(
  rows: readonly (readonly boolean[])[],
): { readonly members: boolean[]; readonly pattern: readonly boolean[] }[] {
  const found = new Map<string, { members: boolean[]; pattern: readonly boolean[] }>();
  rows.forEach((pattern, r) => {
    if (!pattern.includes(true)) return;
    const key = pattern.map(Number).join("");
    const known = found.get(key) ?? { members: rows.map(() => false), pattern };
    known.members[r] = true;
    found.set(key, known);
  });
  return [...found.values()];
}

/**
 * -factor · (k - wanted)² without wanted², which is the same for all keys, of rows that select one index. Rows that select none, or a later one,
 * score 0 everywhere.
 */
function matchedNumbers(
  { queries, keys, selected: rows }: Relation,
  factor: number,
  stream: Stream,
): Dimension[] | undefined {
  // Scores up to 2 factor n² are off by no more than their last digits, and the next key is by `factor` lower.
  if (queries === "token" || queries !== keys || rows.length > MOST_NUMBERS) return undefined;
  if (rows.length <= FEW || rows.some((row) => row.filter(Boolean).length > 1)) return undefined;
  const wanted = rows.map((row, q) => {
    const key = row.indexOf(true);
    return key > q ? -1 : key;
  });
  const ask = (of: (key: number) => number): Affine => {
    const column = wanted.map((key) => (key < 0 ? 0 : factor * of(key)));
    return stream.feature(queries, column);
  };
  const numbers = rows.map((_, k) => k);
  const squares = numbers.map((k) => k * k);
  return [
    { query: ask((key) => 2 * key), key: stream.feature(keys, numbers) },
    { query: ask(() => -1), key: stream.feature(keys, squares) },
  ];
}

/** Blocks that are an order of many values: a query selects all keys up to a number, or all from a number up. */
import type { Atom } from "../../../language/graph/node.js";
import type { Domain } from "../../values/domain.js";
import { COMPARE, counting, type NumberComparison } from "./compared-numbers.js";
import type { Block } from "./selection.js";

/** The test holds where `x(key) < y(query)`. */
export interface Order {
  /** A key's number, from 0 up; undefined for one that is never selected. */
  readonly x: (key: Atom) => number | undefined;
  /** From 0 to `below`. */
  readonly y: (query: Atom) => number;
  /** How many numbers keys have. */
  readonly below: number;
}

/** Undefined where the block is no order, or one of up to `few` values. */
export function orderOf(block: Block, domain: Domain, few: number): Order | undefined {
  const { keys, queries, test, equal, compared } = block;
  const [ascending, queryValues] = [domain.values(keys), domain.values(queries)];
  if (equal || Math.min(ascending.length, queryValues.length) <= few) return undefined;
  if (compared) return orderOfNumbers(compared, ascending, queryValues, few);
  const ever = ascending.filter((key) => queryValues.some((query) => test(key, query)));
  return orderAmong(ever, queryValues, test, few) ?? orderAmong(ever.toReversed(), queryValues, test, few);
}

function orderAmong(
  keys: readonly Atom[],
  queries: readonly Atom[],
  test: Block["test"],
  few: number,
): Order | undefined {
  /** For each query how many keys it selects. */
  const counts = new Map<Atom, number>();
  for (const query of queries) {
    const first = keys.findIndex((key) => !test(key, query));
    const count = first < 0 ? keys.length : first;
    for (let k = count; k < keys.length; k++) if (test(keys[k]!, query)) return undefined;
    counts.set(query, count);
  }
  if (new Set(counts.values()).size <= few) return undefined;
  return orderBy(keys, counts);
}

function orderBy(keys: readonly Atom[], counts: ReadonlyMap<Atom, number>): Order {
  const rank = new Map(keys.map((key, r) => [key, r]));
  return { x: (key) => rank.get(key), y: (query) => counts.get(query)!, below: keys.length };
}

/** The same of a comparison of numbers, which need not ascend or descend with the values. */
function orderOfNumbers(
  { op, key, query }: NumberComparison,
  keys: readonly Atom[],
  queries: readonly Atom[],
  few: number,
): Order | undefined {
  if (op === "==" || op === "!=") return undefined;
  const isBelow = op.startsWith("<");
  const countQueries = counting(queries.map(query));
  const selects = new Map(
    keys.map((atom) => [atom, countQueries((number) => COMPARE[op](key(atom), number), !isBelow)]),
  );
  const ever = keys.filter((atom) => selects.get(atom)! > 0);
  const isPrefix = (order: readonly Atom[]): boolean =>
    order.every((atom, k) => k === 0 || selects.get(order[k - 1]!)! >= selects.get(atom)!);
  const order = [ever, ever.toReversed()].find(isPrefix) ?? ever.toSorted((a, b) => selects.get(b)! - selects.get(a)!);
  const countKeys = counting(ever.map(key));
  const counts = new Map(
    queries.map((atom) => [atom, countKeys((number) => COMPARE[op](number, query(atom)), isBelow)]),
  );
  if (new Set(counts.values()).size <= few) return undefined;
  return orderBy(order, counts);
}

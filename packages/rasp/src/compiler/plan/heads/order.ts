/** Blocks that are an order of many values: a query selects all keys up to a number, or all from a number up. */
import type { Atom } from "../../../language/graph/node.js";
import type { Domain } from "../../values/domain.js";
import { FEW } from "./number-match.js";
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
export function orderOf({ keys, queries, test, equal }: Block, domain: Domain, few = FEW): Order | undefined {
  const [ascending, queryValues] = [domain.values(keys), domain.values(queries)];
  if (equal || Math.min(ascending.length, queryValues.length) <= few) return undefined;
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
  const rank = new Map(keys.map((key, r) => [key, r]));
  return { x: (key) => rank.get(key), y: (query) => counts.get(query)!, below: keys.length };
}

/** Which blocks are equalities of whole numbers, for which a head takes few dimensions: `number-dimensions.ts`. */
import type { Atom } from "../../../language/graph/node.js";
import { groupBy } from "../../../language/maps.js";
import { wholeNumber, type NumberComparison } from "./compared-numbers.js";
import type { HeadContext } from "./context.js";
import type { Block, Equality } from "./selection.js";

/**
 * What a row's selected key has to be above: the keys that it does not select, where every row selects one, or BOS too, for which the
 * score must not depend on the query.
 */
export type Level = "other keys" | "BOS";

/** Blocks over fewer numbers are one-hot: these are small, and anything can be read of them. */
export const FEW = 32;
/** Digits of orders are one-hot where they have so few numbers. */
const FEW_DIGITS = 3;

/** A block that holds where whole numbers are equal. */
export interface Match {
  readonly block: Block;
  readonly equal: Equality;
}

/** Undefined where a block is no equality, or one of few numbers. */
export function matchOf(block: Block, { domain, few }: HeadContext): Match | undefined {
  const { keys, queries } = block;
  const keyValues = domain.values(keys);
  const queryValues = domain.values(queries);
  const equal = block.equal ?? equalityOf(keyValues, queryValues, block, few);
  if (!equal) return undefined;
  const isSmall = block.equal && new Set(keyValues.map(equal.key)).size <= FEW_DIGITS;
  return isSmall ? undefined : { block, equal };
}

/** Numbers of both sides that are equal where a block of many values holds. Values that are numbers are their own. */
export function equalityOf(
  keys: readonly Atom[],
  queries: readonly Atom[],
  { compared, test }: Block,
  few: number,
): Equality | undefined {
  if (Math.min(keys.length, queries.length) <= few) return undefined;
  if (compared && compared.op !== "==") return undefined;
  const offset = compared ? offsetBy(keys, queries, compared) : offsetOf(keys, queries, test);
  if (offset !== undefined) return { key: Number, query: (atom) => Number(atom) + offset };
  return compared && { key: compared.key, query: compared.query };
}

/** What is added to a query's number to give that of the keys for which a test holds; undefined where there is none for all pairs. */
function offsetOf(keys: readonly Atom[], queries: readonly Atom[], test: Block["test"]): number | undefined {
  if ([...keys, ...queries].some((atom) => wholeNumber(atom) === undefined)) return undefined;
  const first = firstPair(keys, queries, test);
  if (!first) return undefined;
  const offset = Number(first[0]) - Number(first[1]);
  const holds = queries.every((query) =>
    keys.every((key) => test(key, query) === (Number(key) === Number(query) + offset)),
  );
  return holds ? offset : undefined;
}

/** The same of a comparison of numbers. */
function offsetBy(
  keys: readonly Atom[],
  queries: readonly Atom[],
  { key, query }: NumberComparison,
): number | undefined {
  if ([...keys, ...queries].some((atom) => wholeNumber(atom) === undefined)) return undefined;
  const byClass = groupBy(
    keys.filter((atom) => !Number.isNaN(key(atom))),
    key,
  );
  const first = queries.find((atom) => byClass.has(query(atom)));
  if (first === undefined) return undefined;
  const offset = Number(byClass.get(query(first))![0]) - Number(first);
  const byNumber = new Map(keys.map((atom) => [Number(atom), atom]));
  const holds = queries.every((atom) => {
    const selected = byClass.get(query(atom)) ?? [];
    const expected = byNumber.get(Number(atom) + offset);
    return selected.length === Number(expected !== undefined) && selected[0] === expected;
  });
  return holds ? offset : undefined;
}

function firstPair(
  keys: readonly Atom[],
  queries: readonly Atom[],
  test: Block["test"],
): readonly [Atom, Atom] | undefined {
  for (const query of queries) for (const key of keys) if (test(key, query)) return [key, query];
  return undefined;
}

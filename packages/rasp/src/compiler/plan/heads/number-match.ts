/**
 * Equality of numbers by two or three dimensions, however many numbers there are. A one-hot block takes one for each of them. The score
 *
 *     2·k·q - k²  =  q² - (k - q)²
 *
 * of keys (2k, -k²) and queries (q, 1) is highest for the key with the query's number, by the square of the distance to the next. With
 * a third dimension (1, -q²) the highest score is the same for all queries, so that it can be compared with that of BOS. All numbers are
 * whole, and counted from the middle of their range so that float32 holds every partial sum.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import { groupBy } from "../../../language/maps.js";
import { gridOf } from "../ir/exact-sum.js";
import { isLow } from "../ir/arithmetic.js";
import type { NumberDimension } from "../ir/plan.js";
import { combineReads, constantRead, type Read } from "../ir/read.js";
import { wholeNumber, type NumberComparison } from "./compared-numbers.js";
import type { HeadContext } from "./context.js";
import type { BlockReads } from "./scores.js";
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

/** The dimensions of a block of equal numbers, by the least difference of scores; undefined where it is none, or of few numbers. */
export function matchOf(
  block: Block,
  { domain, materialize, arithmetic }: HeadContext,
  level: Level,
): ((unit: number) => BlockReads) | undefined {
  if (isLow(arithmetic)) return undefined;
  const { keys, queries } = block;
  const keyValues = domain.values(keys);
  const queryValues = domain.values(queries);
  const equal = block.equal ?? equalityOf(keyValues, queryValues, block);
  if (!equal) return undefined;
  const numbers = keyValues.map(equal.key);
  if (block.equal && new Set(numbers).size <= FEW_DIGITS) return undefined;
  const middle = Math.round((minimum(numbers) - minimum(numbers.map((number) => -number))) / 2);
  const k = (atom: Atom): number => equal.key(atom) - middle;
  const q = (atom: Atom): number => equal.query(atom) - middle;
  const withLevel = level === "BOS";
  return (unit) => {
    const dimension = (
      key: readonly [Read, (atom: Atom) => number],
      query: readonly [Read, (atom: Atom) => number],
    ): NumberDimension => {
      const [keyNumbers, queryNumbers] = [keyValues.map(key[1]), queryValues.map(query[1])];
      return {
        key: key[0],
        query: query[0],
        largestKey: largestOf(keyNumbers),
        largestQuery: largestOf(queryNumbers),
        grid: gridOf(keyNumbers) * gridOf(queryNumbers),
      };
    };
    const numberOf = (sop: NormalSOp, of: (atom: Atom) => number, name: string): [Read, (atom: Atom) => number] => {
      const [read] = materialize(sop, (atom) => [of(atom)], [name]);
      return [read!, of];
    };
    const scaled = ([read, of]: readonly [Read, (atom: Atom) => number], factor: number, constant = 0) =>
      [combineReads([[factor, read]], constant), (atom: Atom) => factor * of(atom) + constant] as const;
    const always = (number: number) => [constantRead(number), () => number] as const;
    const square = (of: (atom: Atom) => number) => (atom: Atom) => of(atom) ** 2;
    const dimensions = [
      dimension(scaled(numberOf(keys, k, "number"), 2), scaled(numberOf(queries, q, "number"), unit)),
      dimension(scaled(numberOf(keys, square(k), "square"), -1), always(unit)),
      ...(withLevel ? [dimension(always(1), scaled(numberOf(queries, square(q), "square"), -unit, unit))] : []),
    ];
    return {
      keys: dimensions.map(({ key }) => key),
      queries: dimensions.map(({ query }) => query),
      selectedScore: withLevel ? unit : 0,
      scores: { kind: "numbers", unit, dimensions },
    };
  };
}

const largestOf = (numbers: readonly number[]): number => numbers.reduce((most, n) => Math.max(most, Math.abs(n)), 0);

const minimum = (numbers: readonly number[]): number => numbers.reduce((least, n) => Math.min(least, n), Infinity);

/** Numbers of both sides that are equal where a block of many values holds. Values that are numbers are their own. */
export function equalityOf(
  keys: readonly Atom[],
  queries: readonly Atom[],
  { compared, test }: Block,
): Equality | undefined {
  if (Math.min(keys.length, queries.length) <= FEW) return undefined;
  if (compared && compared.op !== "==") return undefined;
  const offset = compared ? offsetBy(keys, queries, compared) : offsetOf(keys, queries, test);
  if (offset !== undefined) return { key: Number, query: (atom) => Number(atom) + offset };
  return compared && classNumbers(keys, queries, compared);
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

/** The numbers that are compared; those that are none become numbers that the other side does not have. */
function classNumbers(keys: readonly Atom[], queries: readonly Atom[], { key, query }: NumberComparison): Equality {
  const numbers = [...keys.map(key), ...queries.map(query)].filter((number) => !Number.isNaN(number));
  const above = largestOf(numbers) + 1;
  const or = (number: number, other: number): number => (Number.isNaN(number) ? other : number);
  return { key: (atom) => or(key(atom), above), query: (atom) => or(query(atom), above + 1) };
}

function firstPair(
  keys: readonly Atom[],
  queries: readonly Atom[],
  test: Block["test"],
): readonly [Atom, Atom] | undefined {
  for (const query of queries) for (const key of keys) if (test(key, query)) return [key, query];
  return undefined;
}

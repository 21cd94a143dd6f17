/**
 * Several comparisons as one. Of `k < q and k != 0` and others like it, the answers follow from how the two numbers compare, and from
 * what is asked of each side alone. Where the pairs that a block selects are those for which one comparison holds, except for keys or
 * queries that are always or never selected, the block is that comparison of other numbers.
 */
import type { Comparison } from "../../../language/graph/node.js";
import { COMPARE, type ComparedNumbers } from "./compared-numbers.js";

/** What a pair's answers follow from: the classes of key and query by what is asked of them alone, and how their numbers compare. */
export interface Sides {
  readonly keys: Side;
  readonly queries: Side;
  /** The answers, as 0 and 1, where the key's number minus the query's has this sign. */
  readonly answers: (keyClass: number, sign: Sign, queryClass: number) => string;
}

interface Side {
  readonly numbers: readonly number[];
  /** By value. */
  readonly classOf: readonly number[];
  readonly classes: number;
}

type Sign = -1 | 0 | 1;
const SIGNS: readonly Sign[] = [-1, 0, 1];

/** Undefined where comparisons of both sides compare different numbers, or where there is none. */
export function sidesOf(compared: readonly ComparedNumbers[]): Sides | undefined {
  const roles = compared.map(({ keys, queries }) =>
    isConstant(queries) ? "key" : isConstant(keys) ? "query" : "both",
  );
  const [first, ...others] = compared.filter((_, j) => roles[j] === "both");
  if (!first || [...first.keys, ...first.queries].some(Number.isNaN)) return undefined;
  if (others.some(({ keys, queries }) => !areEqual(keys, first.keys) || !areEqual(queries, first.queries))) {
    return undefined;
  }
  const alone = (role: "key" | "query", numbers: readonly number[]): Side & { readonly texts: readonly string[] } => {
    const asked = compared.filter((_, j) => roles[j] === role);
    const textOf = (v: number): string =>
      asked
        .map(({ op, keys, queries }) =>
          Number(role === "key" ? COMPARE[op](keys[v]!, queries[0]!) : COMPARE[op](keys[0]!, queries[v]!)),
        )
        .join("");
    const places = new Map<string, number>();
    const classOf = numbers.map((_, v) => {
      const text = textOf(v);
      if (!places.has(text)) places.set(text, places.size);
      return places.get(text)!;
    });
    return { numbers, classOf, classes: places.size, texts: [...places.keys()] };
  };
  const [keys, queries] = [alone("key", first.keys), alone("query", first.queries)];
  const answers = (a: number, sign: Sign, b: number): string => {
    let [ofKey, ofQuery, text] = [0, 0, ""];
    for (const [j, { op }] of compared.entries()) {
      if (roles[j] === "key") text += keys.texts[a]![ofKey++]!;
      else if (roles[j] === "query") text += queries.texts[b]![ofQuery++]!;
      else text += Number(COMPARE[op](sign, 0));
    }
    return text;
  };
  return { keys, queries, answers };
}

const isConstant = (numbers: readonly number[]): boolean => numbers.every((number) => number === numbers[0]);

const areEqual = (a: readonly number[], b: readonly number[]): boolean => a.every((number, v) => number === b[v]);

/** The answers that occur for some pair, in the order of the first pairs, key by key. Only keys at which one may be new are gone through. */
export function occurring({ keys, queries, answers }: Sides): string[] {
  const byClass = Array.from({ length: queries.classes }, (_, b) => {
    const numbers = queries.numbers.filter((__, q) => queries.classOf[q] === b);
    const [least, most] = numbers.reduce(
      ([low, high], n) => [Math.min(low, n), Math.max(high, n)],
      [Infinity, -Infinity],
    );
    return { least, most, all: new Set(numbers) };
  });
  const occurs = (key: number, sign: Sign, b: number): boolean => {
    const { least, most, all } = byClass[b]!;
    return sign === 0 ? all.has(key) : sign < 0 ? key < most : key > least;
  };
  const seen = new Set<number>();
  const found = new Set<string>();
  const placeOf = (a: number, sign: Sign, b: number): number => (a * queries.classes + b) * 3 + sign + 1;
  for (const [k, key] of keys.numbers.entries()) {
    const a = keys.classOf[k]!;
    const isNew = byClass.some((_, b) => SIGNS.some((sign) => !seen.has(placeOf(a, sign, b)) && occurs(key, sign, b)));
    if (!isNew) continue;
    for (const [q, query] of queries.numbers.entries()) {
      const [sign, b] = [Math.sign(key - query) as Sign, queries.classOf[q]!];
      seen.add(placeOf(a, sign, b));
      found.add(answers(a, sign, b));
    }
  }
  return [...found];
}

/** When keys, or queries, of a class are selected. */
type State = "compared" | "never" | "always";

/** More ways to give classes a state are not tried. */
const MOST_CLASSES = 6;

/** One comparison of numbers that holds exactly for the pairs with accepted answers, among those that occur; undefined where there is none. */
export function asOneComparison(
  { keys, queries, answers }: Sides,
  accepted: ReadonlySet<string>,
  occurring: ReadonlySet<string>,
): ComparedNumbers | undefined {
  if (keys.classes + queries.classes > MOST_CLASSES) return undefined;
  for (const op of ["==", "<", "<=", ">", ">=", "!="] as const) {
    const fits = (a: State, b: State, keyClass: number, queryClass: number): boolean =>
      SIGNS.every((sign) => {
        const text = answers(keyClass, sign, queryClass);
        const holds = a === "never" || b === "never" ? false : a === "always" || b === "always" || COMPARE[op](sign, 0);
        return !occurring.has(text) || accepted.has(text) === holds;
      });
    for (const states of waysOf(statesOf(op), keys.classes + queries.classes)) {
      const [ofKeys, ofQueries] = [states.slice(0, keys.classes), states.slice(keys.classes)];
      if (!ofKeys.every((a, k) => ofQueries.every((b, q) => fits(a, b, k, q)))) continue;
      const all = [...keys.numbers, ...queries.numbers];
      const [low, high] = all.reduce(([l, h], n) => [Math.min(l, n - 1), Math.max(h, n + 1)], [Infinity, -Infinity]);
      const isBelow = op.startsWith("<");
      const numbersOf = ({ numbers, classOf }: Side, state: readonly State[], always: number): number[] =>
        numbers.map((number, v) => ({ compared: number, never: NaN, always })[state[classOf[v]!]!]);
      return {
        op,
        keys: numbersOf(keys, ofKeys, isBelow ? low : high),
        queries: numbersOf(queries, ofQueries, isBelow ? high : low),
      };
    }
  }
  return undefined;
}

/** NaN differs from everything, and no number equals all. */
const statesOf = (op: Comparison): readonly State[] =>
  op === "!=" ? ["compared"] : op === "==" ? ["compared", "never"] : ["compared", "never", "always"];

/** All ways to choose one of some states several times. */
function waysOf(states: readonly State[], count: number): readonly (readonly State[])[] {
  let ways: readonly (readonly State[])[] = [[]];
  for (let c = 0; c < count; c++) ways = ways.flatMap((way) => states.map((state) => [...way, state]));
  return ways;
}

/** How the values of keys compare with that of a query: what any comparison of two s-ops can answer follows from it. */
import { numeric } from "../../language/atom/number.js";
import type { Atom, Comparison } from "../../language/graph/node.js";

/** Which of two answers can be given. */
export interface Answers {
  readonly yes: boolean;
  readonly no: boolean;
}

/** Some of these bits: a key is below the query, equal, above; or it is another string. */
export type Relations = number;
export const [BELOW, EQUAL, ABOVE, OTHER] = [1, 2, 4, 8] as const;

/** Of numbers, and of strings, which are compared for equality only. */
export const HOLDS_FOR: Readonly<Record<Comparison, Relations>> = {
  "<": BELOW,
  "<=": BELOW | EQUAL,
  "==": EQUAL,
  "!=": BELOW | ABOVE | OTHER,
  ">=": ABOVE | EQUAL,
  ">": ABOVE,
};

export const isEquality = (op: Comparison): boolean => op === "==" || op === "!=";

/** The values of one side of a comparison: all numbers, or all strings. */
export interface Side {
  readonly areNumbers: boolean;
  /** In the order of the atoms. */
  readonly values: readonly (number | string)[];
  readonly different: ReadonlySet<number | string>;
  /** Infinity and -Infinity for strings, and where there are no values. */
  readonly least: number;
  readonly most: number;
  /** How far each number is above the one before it, where they ascend by the same whole number; undefined elsewhere. */
  readonly step: number | undefined;
}

/** Undefined where the values are of several types, or compare otherwise than float64 does. */
export function sideOf(atoms: readonly Atom[]): Side | undefined {
  const areNumbers = atoms.every(isExactNumber);
  if (!areNumbers && !atoms.every((atom) => typeof atom === "string")) return undefined;
  const values = areNumbers ? atoms.map(Number) : (atoms as readonly string[]);
  const numbers = areNumbers ? (values as readonly number[]) : [];
  return {
    areNumbers,
    values,
    different: new Set<number | string>(values),
    least: numbers.reduce((least, number) => Math.min(least, number), Infinity),
    most: numbers.reduce((most, number) => Math.max(most, number), -Infinity),
    step: stepOf(numbers),
  };
}

/** Whether float64 compares the number with others as the language does. */
function isExactNumber(atom: Atom): boolean {
  if (typeof atom === "string" || atom === null) return false;
  const value = numeric(atom)!;
  return typeof value === "bigint" ? Number.isSafeInteger(Number(value)) : !Number.isNaN(value);
}

function stepOf(numbers: readonly number[]): number | undefined {
  if (numbers.length === 0 || !numbers.every(Number.isSafeInteger)) return undefined;
  const step = numbers.length === 1 ? 1 : numbers[1]! - numbers[0]!;
  return step > 0 && numbers.every((number, j) => number === numbers[0]! + j * step) ? step : undefined;
}

/** How any of the keys can compare with a query of their type. */
export function relationsOf(query: number | string, keys: Side): Relations {
  const isThere = keys.different.has(query);
  if (typeof query === "string") return EQUAL * Number(isThere) + OTHER * Number(keys.different.size > Number(isThere));
  return BELOW * Number(keys.least < query) + EQUAL * Number(isThere) + ABOVE * Number(keys.most > query);
}

/** What the comparison of any key with any query can answer; undefined where it needs the values themselves. */
export function betweenSides(op: Comparison, keys: Side, queries: Side): Answers | undefined {
  if (keys.areNumbers !== queries.areNumbers || (!keys.areNumbers && !isEquality(op))) return undefined;
  if (keys.different.size === 0 || queries.different.size === 0) return { yes: false, no: false };
  let relations = EQUAL * Number(meet(keys, queries));
  if (keys.areNumbers) {
    relations |= BELOW * Number(keys.least < queries.most) + ABOVE * Number(keys.most > queries.least);
  } else if (keys.different.size > 1 || queries.different.size > 1 || relations === 0) {
    relations |= OTHER;
  }
  return { yes: (relations & HOLDS_FOR[op]) !== 0, no: (relations & ~HOLDS_FOR[op]) !== 0 };
}

/** Whether a value is on both sides. */
function meet(a: Side, b: Side): boolean {
  if (a.areNumbers && (a.least > b.most || b.least > a.most)) return false;
  const [fine, coarse] = (a.step ?? 0) < (b.step ?? 0) ? [a, b] : [b, a];
  if (fine.step !== undefined && coarse.step !== undefined && coarse.step % fine.step === 0) {
    if ((coarse.least - fine.least) % fine.step !== 0) return false;
    const first = coarse.least + coarse.step * Math.ceil(Math.max(0, fine.least - coarse.least) / coarse.step);
    return first <= Math.min(fine.most, coarse.most);
  }
  const [few, many] = a.different.size < b.different.size ? [a, b] : [b, a];
  for (const value of few.different) if (many.different.has(value)) return true;
  return false;
}

/**
 * Where in the ascending queries the relations of the keys to them can change: the places that begin another piece, 0 among them; all
 * places where no rule is known.
 */
export function breaksOf(queries: Side, keys: Side): readonly number[] {
  const { values, step, least } = queries;
  const all = (): number[] => [...values.keys()];
  if (step === undefined || keys.step === undefined || values.length < 6) return all();
  // In the midst of the keys either all queries are among them, or none, or some.
  if (keys.values.length > 1 && step % keys.step !== 0) return all();
  const breaks = new Set([0]);
  for (const end of [keys.least, keys.most]) {
    const place = (end - least) / step;
    for (const next of [Math.ceil(place), Math.floor(place) + 1]) {
      if (next > 0 && next < values.length) breaks.add(next);
    }
  }
  return [...breaks].sort((a, b) => a - b);
}

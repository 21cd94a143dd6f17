/** The values of one side of a comparison, so that what it can answer needs no pairs. */
import { atomKey } from "../../language/atom/compare.js";
import { numeric } from "../../language/atom/number.js";
import type { Atom, Comparison } from "../../language/graph/node.js";

/** Which of two answers can be given. */
export interface Answers {
  readonly yes: boolean;
  readonly no: boolean;
}

/** The different values of one side. */
export interface Side {
  /** Numbers compare with numbers only, and strings with strings. */
  readonly areNumbers: boolean;
  readonly keys: ReadonlySet<string>;
  /** For each joint value of the set. */
  readonly ofValue: readonly { readonly key: string; readonly number: number }[];
  readonly least: number;
  readonly most: number;
}

/** Undefined where the values are of several types, or compare otherwise than float64 does. */
export function sideOf(atoms: readonly Atom[]): Side | undefined {
  const areNumbers = atoms.every(isExactNumber);
  if (!areNumbers && !atoms.every((atom) => typeof atom === "string")) return undefined;
  const ofValue = atoms.map((atom) => ({ key: atomKey(atom), number: areNumbers ? Number(atom) : NaN }));
  return {
    areNumbers,
    keys: new Set(ofValue.map(({ key }) => key)),
    ofValue,
    least: ofValue.reduce((least, { number }) => Math.min(least, number), Infinity),
    most: ofValue.reduce((most, { number }) => Math.max(most, number), -Infinity),
  };
}

/** Whether float64 compares the number with others as the language does. */
function isExactNumber(atom: Atom): boolean {
  if (typeof atom === "string" || atom === null) return false;
  const value = numeric(atom)!;
  return typeof value === "bigint" ? Number.isSafeInteger(Number(value)) : !Number.isNaN(value);
}

/** `k op query` for all keys k. */
export function ofOrder(op: Comparison, query: number, { least, most, keys }: Side): Answers {
  if (keys.size === 0) return { yes: false, no: false };
  switch (op) {
    case "<":
      return { yes: least < query, no: most >= query };
    case "<=":
      return { yes: least <= query, no: most > query };
    case ">":
      return { yes: most > query, no: least <= query };
    default:
      return { yes: most >= query, no: least < query };
  }
}

/** `k op query` for all keys k. */
export function ofEquality(op: Comparison, query: string, keys: ReadonlySet<string>): Answers {
  const isThere = keys.has(query);
  const others = keys.size > Number(isThere);
  return op === "==" ? { yes: isThere, no: others } : { yes: others, no: isThere };
}

/** What the comparison of any key with any query can answer; undefined where it needs the values themselves. */
export function betweenSides(op: Comparison, keys: Side, queries: Side): Answers | undefined {
  if (keys.areNumbers !== queries.areNumbers) return undefined;
  const [{ size: keyCount }, { size: queryCount }] = [keys.keys, queries.keys];
  if (keyCount === 0 || queryCount === 0) return { yes: false, no: false };
  if (op === "==" || op === "!=") {
    const [few, many] = keyCount < queryCount ? [keys.keys, queries.keys] : [queries.keys, keys.keys];
    let meet = false;
    for (const key of few) if ((meet = many.has(key))) break;
    const differ = keyCount > 1 || queryCount > 1 || !meet;
    return op === "==" ? { yes: meet, no: differ } : { yes: differ, no: meet };
  }
  if (!keys.areNumbers) return undefined;
  const answers = [ofOrder(op, queries.least, keys), ofOrder(op, queries.most, keys)];
  return { yes: answers.some(({ yes }) => yes), no: answers.some(({ no }) => no) };
}

/** The values that a block does not tell apart. */
import type { Atom } from "../../../language/graph/node.js";
import { groupBy } from "../../../language/maps.js";
import type { Domain } from "../../values/domain.js";
import { COMPARE, counting, type NumberComparison } from "./compared-numbers.js";
import type { Block } from "./selection.js";

/** Without the values that are in no selected pair. Classes come in the order of their first values. */
export interface Classes {
  readonly keys: readonly (readonly Atom[])[];
  readonly queries: readonly (readonly Atom[])[];
  /** Whether the keys of a class are selected for the queries of a class. */
  readonly holds: (key: number, query: number) => boolean;
}

/** The work of one pair of a key and a query, and of one value where no pairs are tried. */
const [PAIR, VALUE] = [40, 60];

export function classesOf({ keys, queries, test, compared }: Block, domain: Domain): Classes {
  const [keyValues, queryValues] = [domain.values(keys), domain.values(queries)];
  const work = compared
    ? VALUE * (keyValues.length + queryValues.length)
    : PAIR * keyValues.length * queryValues.length;
  domain.work.spend(work, keys, "comparing this s-op with its queries");
  const [signatureOfKey, signatureOfQuery] = compared
    ? signaturesOf(compared, keyValues, queryValues)
    : [
        (key: Atom) => bitsOf(queryValues.length, (q) => test(key, queryValues[q]!)),
        (query: Atom) => bitsOf(keyValues.length, (k) => test(keyValues[k]!, query)),
      ];
  const [keyClasses, queryClasses] = [together(keyValues, signatureOfKey), together(queryValues, signatureOfQuery)];
  const [firstKeys, firstQueries] = [keyClasses.map(([first]) => first!), queryClasses.map(([first]) => first!)];
  const holds = compared
    ? holdsBetween(compared, firstKeys, firstQueries)
    : (k: number, q: number): boolean => test(firstKeys[k]!, firstQueries[q]!);
  return { keys: keyClasses, queries: queryClasses, holds };
}

function holdsBetween(
  { op, key, query }: NumberComparison,
  keys: readonly Atom[],
  queries: readonly Atom[],
): Classes["holds"] {
  const [keyNumbers, queryNumbers, holds] = [keys.map(key), queries.map(query), COMPARE[op]];
  return (k, q) => holds(keyNumbers[k]!, queryNumbers[q]!);
}

/** What is the same for values that go together; undefined for one that selects nothing. */
type Signature = string | number | undefined;

function together(values: readonly Atom[], signatureOf: (value: Atom) => Signature): Atom[][] {
  return [...groupBy(values, signatureOf)].flatMap(([signature, members]) =>
    signature === undefined ? [] : [members],
  );
}

/** Answers as a text with 16 of them in each character; undefined where all are no. */
export function bitsOf(count: number, answer: (place: number) => boolean): string | undefined {
  let [text, bits, isEmpty] = ["", 0, true];
  for (let place = 0; place < count; place++) {
    bits = 2 * bits + Number(answer(place));
    if (place % 16 < 15 && place < count - 1) continue;
    if (bits > 0) isEmpty = false;
    text += String.fromCharCode(bits);
    bits = 0;
  }
  return isEmpty ? undefined : text;
}

/** What a value selects is told by its number or, in an order, by how many values of the other side it selects. */
function signaturesOf(
  { op, key, query }: NumberComparison,
  keys: readonly Atom[],
  queries: readonly Atom[],
): [(key: Atom) => Signature, (query: Atom) => Signature] {
  const [keyNumbers, queryNumbers] = [keys.map(key), queries.map(query)];
  if (op === "==" || op === "!=") {
    const side = (of: (atom: Atom) => number, others: readonly number[]): ((atom: Atom) => Signature) => {
      const numbers = new Set(others);
      return (atom) => {
        const number = of(atom);
        const isAmong = !Number.isNaN(number) && numbers.has(number);
        if (op === "==") return isAmong ? number : undefined;
        return isAmong ? (numbers.size > 1 ? number : undefined) : "all";
      };
    };
    return [side(key, queryNumbers), side(query, keyNumbers)];
  }
  const [countQueries, countKeys] = [counting(queryNumbers), counting(keyNumbers)];
  return [
    (atom) => countQueries((number) => COMPARE[op](key(atom), number), !op.startsWith("<")) || undefined,
    (atom) => countKeys((number) => COMPARE[op](number, query(atom)), op.startsWith("<")) || undefined,
  ];
}

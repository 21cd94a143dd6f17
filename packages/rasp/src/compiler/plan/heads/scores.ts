/** The query and key dimensions of a head. */
import { leastPowerOfTwo } from "@selectron/core";
import { atomKey } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import { getOrInsert } from "../../../language/maps.js";
import type { BlockScores, Scores } from "../ir/plan.js";
import { combineReads, type Read } from "../ir/read.js";
import type { HeadContext } from "./context.js";
import { matchOf, type Level } from "./number-match.js";
import type { Block, BlockConjunction } from "./selection.js";

/**
 * Keys and queries whose products add up to `selectedScore` where all blocks hold, and to at least `unit` less for each that does not.
 *
 * @param level - what the score of a selected key is compared with
 */
export function scoresOf(
  conjunction: BlockConjunction,
  unit: number,
  context: HeadContext,
  level: Level = "BOS",
): Scores {
  const numbers = conjunction.map((block) => matchOf(block, context, level));
  // Beside one that compares numbers, other equalities compare the numbers of classes: heads then are narrow.
  const isNarrow = conjunction.some(({ equal }, b) => equal !== undefined || numbers[b] !== undefined);
  const matches = !isNarrow
    ? numbers
    : conjunction.map((block, b) => numbers[b] ?? classMatchOf(block, context, level));
  // Multiples of a power of two add up without rounding.
  const costly = matches.some((match) => match !== undefined) ? leastPowerOfTwo(unit) : unit;
  const blocks = conjunction.map((block, b) => matches[b]?.(costly) ?? blockReads(block, costly, context));
  return {
    keys: blocks.flatMap(({ keys }) => keys),
    queries: blocks.flatMap(({ queries }) => queries),
    selectedScore: blocks.reduce((sum, { selectedScore }) => sum + selectedScore, 0),
    blocks: blocks.map(({ scores }) => scores),
  };
}

/** Like `matchOf`, of blocks for which each class of keys goes with one class of queries, by numbers of the classes. */
function classMatchOf(block: Block, context: HeadContext, level: Level): ReturnType<typeof matchOf> {
  const { keys, queries, test } = block;
  const [keyValues, queryValues] = [context.domain.values(keys), context.domain.values(queries)];
  const keyClasses = classesOf(keyValues, (key) => queryValues.map((query) => Number(test(key, query))).join(""));
  const numbers = new Map<string, number>();
  for (const [number, members] of keyClasses.entries()) for (const key of members) numbers.set(atomKey(key), number);
  const numberOfQuery = new Map<string, number>();
  for (const query of queryValues) {
    const classes = new Set(keyValues.filter((key) => test(key, query)).map((key) => numbers.get(atomKey(key))!));
    if (classes.size > 1) return undefined;
    for (const number of classes) numberOfQuery.set(atomKey(query), number);
  }
  const key = (atom: Atom): number => numbers.get(atomKey(atom)) ?? -2;
  const query = (atom: Atom): number => numberOfQuery.get(atomKey(atom)) ?? -1;
  return matchOf({ ...block, equal: { key, query } }, context, level);
}

/** The work of one pair of a key and a query. */
const PAIR = 40;

/** The dimensions of a block. */
export interface BlockReads {
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  /** The least score of a key for which it holds. */
  readonly selectedScore: number;
  readonly scores: BlockScores;
}

function blockReads({ keys, queries, test }: Block, unit: number, { domain, materialize }: HeadContext): BlockReads {
  const keyValues = domain.values(keys);
  const queryValues = domain.values(queries);
  domain.work.spend(PAIR * keyValues.length * queryValues.length, keys, "comparing this s-op with its queries");
  const keyClasses = classesOf(keyValues, (key) => queryValues.map((query) => Number(test(key, query))).join(""));
  const queryClasses = classesOf(queryValues, (query) => keyValues.map((key) => Number(test(key, query))).join(""));
  // The side with fewer classes gives the head's dimensions: one for each class that selects anything.
  const isKeySide = keyClasses.length <= queryClasses.length;
  const [sop, classes] = isKeySide ? [keys, keyClasses] : [queries, queryClasses];
  const [otherSOp, otherClasses] = isKeySide ? [queries, queryClasses] : [keys, keyClasses];
  const oneHot = materialize(sop, membership(classes), classes.map(showClass));
  // The other side has 1 in each dimension whose class it goes with. That is a function of its value, not a sum of one-hot
  // coordinates, so that an order comparison has the error of one step instead of the errors of many coordinates.
  const goesWith = (value: Atom, otherValue: Atom): boolean =>
    isKeySide ? test(value, otherValue) : test(otherValue, value);
  const partners = otherClasses.map(([otherValue]) => classes.map(([value]) => Number(goesWith(value!, otherValue!))));
  const otherMembership = membership(otherClasses);
  const noPartner = classes.map(() => 0);
  const other = materialize(
    otherSOp,
    (value) => partners[otherMembership(value).indexOf(1)] ?? noPartner,
    classes.map((members) => `with ${showClass(members)}`),
  ).map((read) => combineReads([[unit, read]]));
  const active = partners.map((vector) => vector.filter((v) => v === 1).length);
  const maxActive = active.reduce((most, count) => Math.max(most, count), 0);
  return {
    keys: isKeySide ? oneHot : other,
    queries: isKeySide ? other : oneHot,
    selectedScore: unit,
    scores: { kind: "one-hot", unit, oneHot, other, maxActive },
  };
}

/** Values with equal signatures go together; those whose signature has no 1 are left out. */
function classesOf(values: readonly Atom[], signatureOf: (value: Atom) => string): Atom[][] {
  const classes = new Map<string, Atom[]>();
  for (const value of values) {
    const signature = signatureOf(value);
    if (!signature.includes("1")) continue;
    getOrInsert(classes, signature, () => []).push(value);
  }
  return [...classes.values()];
}

/** One component for each class: 1 where the value is in it. */
function membership(classes: readonly (readonly Atom[])[]): (value: Atom) => readonly number[] {
  const members = classes.map((values) => new Set(values.map(atomKey)));
  return (value) => {
    const key = atomKey(value);
    return members.map((keys) => Number(keys.has(key)));
  };
}

const showClass = (values: readonly Atom[]): string =>
  values.length <= 3
    ? values.map(describeAtom).join("|")
    : `${describeAtom(values[0]!)}|…|${describeAtom(values.at(-1)!)}`;

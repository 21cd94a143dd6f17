/** The query and key dimensions of a head. */
import { leastPowerOfTwo } from "@selectron/core";
import { atomKey } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import { MANTISSA } from "../ir/exact-sum.js";
import type { BlockScores, Scores } from "../ir/plan.js";
import { combineReads, type Read } from "../ir/read.js";
import { classesOf } from "./classes.js";
import type { HeadContext } from "./context.js";
import { numberDimensions } from "./number-dimensions.js";
import { matchOf, type Level, type Match } from "./number-match.js";
import type { Block, BlockConjunction } from "./selection.js";

/** What else is in the sum of a head's scores: how much, and a power of two of which all of it is a multiple. */
interface Beside {
  readonly size: number;
  readonly grid: number;
}

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
  beside: Beside = { size: 0, grid: Infinity },
): Scores {
  const found = conjunction.map((block) => matchOf(block, context));
  // Beside one that compares numbers, other equalities compare the numbers of classes: heads then are narrow.
  const isNarrow = conjunction.some(({ equal }, b) => equal !== undefined || found[b] !== undefined);
  const matches = isNarrow ? conjunction.map((block, b) => found[b] ?? classMatchOf(block, context)) : found;
  const numbers = matches.filter((match) => match !== undefined);
  const others = conjunction.filter((_, b) => !matches[b]);
  // Multiples of a power of two add up without rounding.
  const costly = numbers.length > 0 ? leastPowerOfTwo(unit) : unit;
  const room = (MANTISSA * Math.min(costly, beside.grid) - beside.size) / costly - others.length;
  const blocks = [
    ...(numbers.length > 0 ? [numberDimensions(numbers, { unit: costly, room, level }, context)] : []),
    ...others.map((block) => blockReads(block, costly, context)),
  ];
  return {
    keys: blocks.flatMap(({ keys }) => keys),
    queries: blocks.flatMap(({ queries }) => queries),
    selectedScore: blocks.reduce((sum, { selectedScore }) => sum + selectedScore, 0),
    blocks: blocks.map(({ scores }) => scores),
  };
}

/** Like `matchOf`, of blocks for which each class of keys goes with one class of queries, by numbers of the classes. */
function classMatchOf(block: Block, context: HeadContext): Match | undefined {
  const { keys, queries, holds } = classesOf(block, context.domain);
  const numberOfKey = placesOf(keys);
  const numberOfQuery = new Map<string, number>();
  for (const [q, members] of queries.entries()) {
    const number = keys.findIndex((_, k) => holds(k, q));
    for (let k = number + 1; k < keys.length; k++) if (holds(k, q)) return undefined;
    for (const query of members) numberOfQuery.set(atomKey(query), number);
  }
  const key = (atom: Atom): number => numberOfKey(atom) ?? -2;
  const query = (atom: Atom): number => numberOfQuery.get(atomKey(atom)) ?? -1;
  return matchOf({ ...block, equal: { key, query } }, context);
}

/** The dimensions of a block. */
interface BlockReads {
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  /** The least score of a key for which it holds. */
  readonly selectedScore: number;
  readonly scores: BlockScores;
}

function blockReads(block: Block, unit: number, { domain, materialize }: HeadContext): BlockReads {
  const { keys, queries, holds } = classesOf(block, domain);
  // The side with fewer classes gives the head's dimensions: one for each class that selects anything.
  const isKeySide = keys.length <= queries.length;
  const [sop, classes] = isKeySide ? [block.keys, keys] : [block.queries, queries];
  const [otherSOp, otherClasses] = isKeySide ? [block.queries, queries] : [block.keys, keys];
  const dimensionOf = placesOf(classes);
  const none = classes.map(() => 0);
  const membership = (value: Atom): readonly number[] => {
    const dimension = dimensionOf(value);
    return dimension === undefined ? none : none.with(dimension, 1);
  };
  const oneHot = materialize(sop, membership, classes.map(showClass));
  // The other side has 1 in each dimension whose class it goes with. That is a function of its value, not a sum of one-hot
  // coordinates, so that an order comparison has the error of one step instead of the errors of many coordinates.
  const partners = otherClasses.map((_, o) => classes.map((__, c) => Number(isKeySide ? holds(c, o) : holds(o, c))));
  const otherClassOf = placesOf(otherClasses);
  const other = materialize(
    otherSOp,
    (value) => partners[otherClassOf(value) ?? -1] ?? none,
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

/** The place of the class that a value is in. */
function placesOf(classes: readonly (readonly Atom[])[]): (value: Atom) => number | undefined {
  const places = new Map(classes.flatMap((members, c) => members.map((value) => [atomKey(value), c])));
  return (value) => places.get(atomKey(value));
}

const showClass = (values: readonly Atom[]): string =>
  values.length <= 3
    ? values.map(describeAtom).join("|")
    : `${describeAtom(values[0]!)}|…|${describeAtom(values.at(-1)!)}`;

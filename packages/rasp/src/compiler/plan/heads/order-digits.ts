/**
 * An order of numbers, `key < query + c`, as a disjoint union of equalities, one head for each binary digit: a number is smaller where it
 * has 0 and the other has 1 in the highest digit in which they differ. With x the key's number and y the query's, both without the
 * digits below digit d, that is `x + 1 == y` where y is odd. A head per digit takes a few dimensions, where the matrix of an order has
 * full rank: as one block it takes a dimension for each number.
 *
 * That is for positions and tokens, of which embeddings hold any function. Hidden units would have to write what is left of a computed
 * number, and its square, as sums that float32 holds for some hundred numbers only. Computed numbers have digits of a larger base, each
 * small: a number is smaller where a digit is, and all digits above it are equal.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import type { DomainAndFew } from "./context.js";
import { orderOf, type Order } from "./order.js";
import type { Block, BlockConjunction } from "./selection.js";

/** Beside heads that compare numbers, which are narrow, an order of few values would need wide ones. */
const FEW_BESIDE = 8;

/** The conjunctions with one block of each, an order of many numbers, replaced by one equality for each digit. */
export function splitIntoDigits(
  conjunctions: readonly BlockConjunction[],
  { domain, few }: DomainAndFew,
): BlockConjunction[] {
  const hasMany = conjunctions.some((blocks) => blocks.some((block) => orderOf(block, domain, few) !== undefined));
  return hasMany
    ? conjunctions.flatMap((conjunction) => split(conjunction, domain, [few, Math.min(few, FEW_BESIDE)]))
    : [...conjunctions];
}

function split(conjunction: BlockConjunction, domain: Domain, limits: readonly number[]): BlockConjunction[] {
  for (const few of limits) {
    for (const block of conjunction) {
      const order = orderOf(block, domain, few);
      if (!order) continue;
      const areComputed = isComputed(block.keys, domain) || isComputed(block.queries, domain);
      const parts = areComputed ? largeDigitsOf(block, order) : digitsOf(block, order).map((digit) => [digit]);
      return parts.map((part) => conjunction.flatMap((b) => (b === block ? part : [b])));
    }
  }
  return [conjunction];
}

function digitsOf({ keys, queries }: Block, { x, y, below }: Order): Block[] {
  const digits: Block[] = [];
  for (let d = 0; 2 ** d <= below; d++) {
    const key = (atom: Atom): number => {
      const number = x(atom);
      return number === undefined ? NO_QUERY : Math.floor(number / 2 ** d) + 1;
    };
    const query = (atom: Atom): number => {
      const number = Math.floor(y(atom) / 2 ** d);
      return number % 2 === 1 ? number : NO_KEY;
    };
    const equal = { key, query };
    digits.push({ keys, queries, test: (k, q) => key(k) === query(q), compared: { op: "==", ...equal }, equal });
  }
  return digits;
}

/** Whether hidden units compute what is read of the s-op. */
function isComputed(sop: NormalSOp, domain: Domain): boolean {
  if (sop.kind !== "map") return sop.kind !== "indices" && sop.kind !== "tokens" && sop.kind !== "given";
  const { leaves } = domain.formula(sop);
  return leaves.length > 1 || leaves.some((leaf) => leaf !== sop && isComputed(leaf, domain));
}

/** The base of digits that are compared as one-hot vectors, so that heads stay narrow, and how large the highest digit may be. */
const [BASE, MOST_HIGHEST] = [8, 12];

/** Conjunctions, one for each digit: it is smaller, and the digits above it are equal. */
function largeDigitsOf({ keys, queries }: Block, { x, y, below }: Order): Block[][] {
  let count = 1;
  while (below / BASE ** (count - 1) >= MOST_HIGHEST) count++;
  const digit = (number: number, d: number): number => {
    const left = Math.floor(number / BASE ** d);
    return d === count - 1 ? left : left % BASE;
  };
  const isBelow = (d: number): Block => {
    const key = (atom: Atom): number => digit(x(atom) ?? NaN, d);
    const query = (atom: Atom): number => digit(y(atom), d);
    return { keys, queries, test: (k, q) => key(k) < query(q), compared: { op: "<", key, query } };
  };
  const isEqual = (d: number): Block => {
    const key = (atom: Atom): number => {
      const number = x(atom);
      return number === undefined ? NO_QUERY : digit(number, d);
    };
    const query = (atom: Atom): number => digit(y(atom), d);
    const equal = { key, query };
    return { keys, queries, test: (k, q) => key(k) === query(q), compared: { op: "==", ...equal }, equal };
  };
  return Array.from({ length: count }, (_, d) => [
    ...Array.from({ length: count - 1 - d }, (__, above) => isEqual(d + 1 + above)),
    isBelow(d),
  ]);
}

/** No key and no query have these numbers. */
const [NO_KEY, NO_QUERY] = [-1, -2];

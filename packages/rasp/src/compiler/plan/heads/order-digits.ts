/**
 * An order of numbers, `key < query + c`, as a disjoint union of equalities, one head for each binary digit: a number is smaller where it
 * has 0 and the other has 1 in the highest digit in which they differ. With x the key's number and y the query's, both without the
 * digits below digit d, that is `x + 1 == y` where y is odd. A head per digit takes a few dimensions, where the matrix of an order has
 * full rank: as one block it takes a dimension for each number.
 */
import type { Atom } from "../../../language/graph/node.js";
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
      if (order) return digitsOf(block, order).map((digit) => conjunction.map((b) => (b === block ? digit : b)));
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

/** No key and no query have these numbers. */
const [NO_KEY, NO_QUERY] = [-1, -2];

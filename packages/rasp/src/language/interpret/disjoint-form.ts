/**
 * A selector as a disjoint union of conjunctions of comparisons. Each cell is in at most one of them, so counts and sums over a row add
 * up over the conjunctions.
 */
import type { BestNode, Comparison, Selector, SOp } from "../graph/node.js";

/** The relations that a factor admits, key < query, key = query, key > query: a set of bits. */
export type Relation = number;
export const BELOW = 1;
export const EQUAL = 2;
export const ABOVE = 4;
export const UNEQUAL = BELOW | ABOVE;
const ANY = BELOW | EQUAL | ABOVE;

export const RELATIONS: Readonly<Record<Comparison, Relation>> = {
  "==": EQUAL,
  "!=": UNEQUAL,
  "<": BELOW,
  "<=": BELOW | EQUAL,
  ">": ABOVE,
  ">=": ABOVE | EQUAL,
};

/** A comparison of an s-op's keys with an s-op's queries, or of positions with the one that `best` chooses for the row. */
export interface Factor {
  readonly source: { readonly keys: SOp; readonly queries: SOp } | BestNode;
  readonly relation: Relation;
}

/** Holds where all factors hold, so everywhere if there are none. No two compare the same keys with the same queries. */
export type Conjunction = readonly Factor[];

/** The cells that a selector selects and those that it does not, each as a disjoint union. */
export interface DisjointForm {
  readonly yes: readonly Conjunction[];
  readonly no: readonly Conjunction[];
}

/** With more conjunctions than this, visiting every cell is cheaper. */
const MAX_CONJUNCTIONS = 64;

/** The form of a selector, from the forms of those that it combines; `undefined` if one of these is, or if it is too large. */
export function disjointForm(
  node: Selector,
  known: (operand: Selector) => DisjointForm | undefined,
): DisjointForm | undefined {
  switch (node.kind) {
    case "select":
      return comparison(node, RELATIONS[node.op]);
    case "best":
      return comparison(node, EQUAL);
    case "not":
      return complement(known(node.arg));
    case "and":
      return conjunction(known(node.left), known(node.right));
    case "or":
      return complement(conjunction(complement(known(node.left)), complement(known(node.right))));
  }
}

const comparison = (source: Factor["source"], relation: Relation): DisjointForm => ({
  yes: [[{ source, relation }]],
  no: [[{ source, relation: ANY & ~relation }]],
});

const complement = (shape: DisjointForm | undefined): DisjointForm | undefined =>
  shape && { yes: shape.no, no: shape.yes };

function conjunction(left: DisjointForm | undefined, right: DisjointForm | undefined): DisjointForm | undefined {
  if (!left || !right) return undefined;
  const yes = product(left.yes, right.yes);
  const no = [...left.no, ...product(left.yes, right.no)];
  return yes.length + no.length > MAX_CONJUNCTIONS ? undefined : { yes, no };
}

const product = (left: readonly Conjunction[], right: readonly Conjunction[]): Conjunction[] =>
  left.flatMap((a) => right.map((b) => meet(a, b)).filter((both) => both !== undefined));

/** Both conjunctions at once; undefined where they contradict each other. */
export function meet(left: Conjunction, right: Conjunction): Conjunction | undefined {
  const factors = [...left];
  for (const factor of right) {
    const same = factors.findIndex(({ source }) => sameSides(source, factor.source));
    if (same < 0) {
      factors.push(factor);
    } else {
      const relation = factors[same]!.relation & factor.relation;
      if (relation === 0) return undefined;
      factors[same] = { source: factor.source, relation };
    }
  }
  return factors;
}

const sameSides = (a: Factor["source"], b: Factor["source"]): boolean =>
  a === b || ("keys" in a && "keys" in b && a.keys === b.keys && a.queries === b.queries);

/** A conjunction with a sign. */
export interface SignedConjunction {
  readonly sign: number;
  readonly conjunction: Conjunction;
}

/** "Unequal" counts as everything minus "equal": conjunctions with signs and without `UNEQUAL` that count the same cells. */
export function counted(conjunction: Conjunction): readonly SignedConjunction[] {
  const index = conjunction.findIndex(({ relation }) => relation === UNEQUAL);
  if (index < 0) return [{ sign: 1, conjunction }];
  return [
    ...counted(conjunction.toSpliced(index, 1)),
    ...counted(withRelation(conjunction, index, EQUAL)).map((term) => ({ ...term, sign: -term.sign })),
  ];
}

/** "Unequal" is "below" or "above": conjunctions without `UNEQUAL` that hold in the same cells. */
export function split(conjunction: Conjunction): readonly Conjunction[] {
  const index = conjunction.findIndex(({ relation }) => relation === UNEQUAL);
  if (index < 0) return [conjunction];
  return [...split(withRelation(conjunction, index, BELOW)), ...split(withRelation(conjunction, index, ABOVE))];
}

const withRelation = (conjunction: Conjunction, index: number, relation: Relation): Conjunction =>
  conjunction.with(index, { ...conjunction[index]!, relation });

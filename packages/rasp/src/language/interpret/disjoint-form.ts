/**
 * What a selector selects, as a disjoint union of conjunctions of comparisons. A cell lies in at most one of them, so that counts
 * and sums over a row are added up conjunction by conjunction.
 */
import type { BestNode, Comparison, Selector, SOp } from "../graph/node.js";

/** Which of key < query, key = query, key > query a factor admits: a set of bits. */
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

/** One comparison: an s-op's keys with an s-op's queries, or positions with the one that `best` chooses for the row. */
export interface Factor {
  readonly source: { readonly keys: SOp; readonly queries: SOp } | BestNode;
  readonly relation: Relation;
}

/** All factors hold. No two compare the same keys with the same queries; none at all holds everywhere. */
export type Conjunction = readonly Factor[];

/** Where a selector selects and where it does not, each as a disjoint union. */
export interface DisjointForm {
  readonly yes: readonly Conjunction[];
  readonly no: readonly Conjunction[];
}

/** More conjunctions than this are dearer than looking at every cell. */
const MAX_CONJUNCTIONS = 64;

/** The shape of a selector from those of the selectors that it combines; none if it is too large, or one of theirs is. */
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
    const at = factors.findIndex(({ source }) => sameSides(source, factor.source));
    if (at < 0) {
      factors.push(factor);
    } else {
      const relation = factors[at]!.relation & factor.relation;
      if (relation === 0) return undefined;
      factors[at] = { source: factor.source, relation };
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

/** What is unequal is everything less what is equal: terms without `UNEQUAL` that count the same cells. */
export function counted(conjunction: Conjunction): readonly SignedConjunction[] {
  const at = conjunction.findIndex(({ relation }) => relation === UNEQUAL);
  if (at < 0) return [{ sign: 1, conjunction }];
  return [
    ...counted(conjunction.toSpliced(at, 1)),
    ...counted(withRelation(conjunction, at, EQUAL)).map((term) => ({ ...term, sign: -term.sign })),
  ];
}

/** What is unequal is below or above: conjunctions without `UNEQUAL` that hold in the same cells. */
export function split(conjunction: Conjunction): readonly Conjunction[] {
  const at = conjunction.findIndex(({ relation }) => relation === UNEQUAL);
  if (at < 0) return [conjunction];
  return [...split(withRelation(conjunction, at, BELOW)), ...split(withRelation(conjunction, at, ABOVE))];
}

const withRelation = (conjunction: Conjunction, at: number, relation: Relation): Conjunction =>
  conjunction.with(at, { ...conjunction[at]!, relation });

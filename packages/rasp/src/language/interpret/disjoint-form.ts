/**
 * A selector as a disjoint union of conjunctions of comparisons. Each cell is in at most one of them, so counts and sums over a row add
 * up over the conjunctions. A comparison with one value, such as `select(tokens, "a", ==)`, is a set of keys (or of queries), and any
 * combination of such sets is one set: twenty letters are no more work than one.
 */
import type { BestNode, Comparison, Selector, SelectNode, SOp } from "../graph/node.js";
import { getOrInsert } from "../maps.js";

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

/** 1 at each position that is in it. */
export type Mask = Uint8Array;

/**
 * Holds where all factors hold, for the keys and the queries in the masks; a mask that is absent has all. No two factors compare the
 * same keys with the same queries.
 */
export interface Conjunction {
  readonly keys?: Mask;
  readonly queries?: Mask;
  readonly factors: readonly Factor[];
}

/** The cells that a selector selects and those that it does not, each as a disjoint union. */
export interface DisjointForm {
  readonly yes: readonly Conjunction[];
  readonly no: readonly Conjunction[];
}

/** With more conjunctions than this, visiting every cell is cheaper: a conjunction costs about as much as some rows. */
export const mostConjunctions = (length: number): number => Math.min(64, length);

/**
 * The form of a selector, from the forms of those that it combines; `undefined` if one of these is, or if it is too large.
 *
 * @param maskOf the keys or the queries that a comparison selects, where it asks nothing of the other side
 */
export function disjointForm(
  node: Selector,
  known: (operand: Selector) => DisjointForm | undefined,
  maskOf: (node: SelectNode) => Pick<Conjunction, "keys" | "queries"> | undefined,
  length: number,
): DisjointForm | undefined {
  switch (node.kind) {
    case "select": {
      const mask = maskOf(node);
      return mask ? masked(mask) : comparison(node, RELATIONS[node.op]);
    }
    case "best":
      return comparison(node, EQUAL);
    case "not":
      return complement(known(node.arg));
    case "and":
      return conjunction(known(node.left), known(node.right), length);
    case "or":
      return complement(conjunction(complement(known(node.left)), complement(known(node.right)), length));
  }
}

const comparison = (source: Factor["source"], relation: Relation): DisjointForm => ({
  yes: [{ factors: [{ source, relation }] }],
  no: [{ factors: [{ source, relation: ANY & ~relation }] }],
});

const masked = ({ keys, queries }: Pick<Conjunction, "keys" | "queries">): DisjointForm => ({
  yes: [withMasks([], keys, queries)],
  no: [withMasks([], keys?.map(flip), queries?.map(flip))],
});

const flip = (bit: number): number => 1 - bit;

const complement = (shape: DisjointForm | undefined): DisjointForm | undefined =>
  shape && { yes: shape.no, no: shape.yes };

function conjunction(
  left: DisjointForm | undefined,
  right: DisjointForm | undefined,
  length: number,
): DisjointForm | undefined {
  if (!left || !right) return undefined;
  const yes = merged(product(left.yes, right.yes));
  const no = merged([...left.no, ...product(left.yes, right.no)]);
  return yes.length + no.length > mostConjunctions(length) ? undefined : { yes, no };
}

const product = (left: readonly Conjunction[], right: readonly Conjunction[]): Conjunction[] =>
  left.flatMap((a) => right.map((b) => meet(a, b)).filter((both) => both !== undefined));

/** Both conjunctions at once; undefined where they contradict each other. */
export function meet(left: Conjunction, right: Conjunction): Conjunction | undefined {
  const keys = both(left.keys, right.keys);
  const queries = both(left.queries, right.queries);
  if (keys?.includes(1) === false || queries?.includes(1) === false) return undefined;
  const factors = [...left.factors];
  for (const factor of right.factors) {
    const same = factors.findIndex(({ source }) => sameSides(source, factor.source));
    if (same < 0) {
      factors.push(factor);
    } else {
      const relation = factors[same]!.relation & factor.relation;
      if (relation === 0) return undefined;
      factors[same] = { source: factor.source, relation };
    }
  }
  return withMasks(factors, keys, queries);
}

/** A conjunction, without a mask that has all positions. */
const withMasks = (factors: readonly Factor[], keys?: Mask, queries?: Mask): Conjunction => ({
  factors,
  ...(keys?.includes(0) ? { keys } : {}),
  ...(queries?.includes(0) ? { queries } : {}),
});

const both = (a: Mask | undefined, b: Mask | undefined): Mask | undefined =>
  a && b ? a.map((bit, i) => bit & b[i]!) : (a ?? b);

const either = (a: Mask | undefined, b: Mask | undefined): Mask | undefined => a && b && a.map((bit, i) => bit | b[i]!);

const sameSides = (a: Factor["source"], b: Factor["source"]): boolean =>
  a === b || ("keys" in a && "keys" in b && a.keys === b.keys && a.queries === b.queries);

/** Disjoint conjunctions with the same factors that differ in one mask are one. */
function merged(conjunctions: readonly Conjunction[]): Conjunction[] {
  const byFactors = new Map<string, Conjunction[]>();
  for (const one of conjunctions) {
    const alike = getOrInsert(byFactors, factorsKey(one), () => []);
    const at = alike.findIndex((other) => sameMask(other.keys, one.keys) || sameMask(other.queries, one.queries));
    const other = alike[at];
    if (!other) {
      alike.push(one);
    } else if (sameMask(other.keys, one.keys)) {
      alike[at] = withMasks(one.factors, one.keys, either(other.queries, one.queries));
    } else {
      alike[at] = withMasks(one.factors, either(other.keys, one.keys), one.queries);
    }
  }
  return [...byFactors.values()].flat();
}

const factorsKey = ({ factors }: Conjunction): string =>
  factors
    .map(
      ({ source, relation }) =>
        `${"keys" in source ? `${source.keys.id} ${source.queries.id}` : source.id}:${relation}`,
    )
    .sort()
    .join();

const sameMask = (a: Mask | undefined, b: Mask | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.every((bit, i) => bit === b[i]));

/** A conjunction with a sign. */
export interface SignedConjunction {
  readonly sign: number;
  readonly conjunction: Conjunction;
}

/**
 * "Unequal" counts as everything minus "equal": conjunctions with signs and without `UNEQUAL` that count the same cells; `undefined`
 * where they are too many.
 */
export function counted(form: DisjointForm, length: number): readonly SignedConjunction[] | undefined {
  if (expandedSize(form.yes) > mostConjunctions(length)) return undefined;
  const expand = (one: Conjunction): readonly SignedConjunction[] => {
    const index = one.factors.findIndex(({ relation }) => relation === UNEQUAL);
    if (index < 0) return [{ sign: 1, conjunction: one }];
    return [
      ...expand({ ...one, factors: one.factors.toSpliced(index, 1) }),
      ...expand(withRelation(one, index, EQUAL)).map((term) => ({ ...term, sign: -term.sign })),
    ];
  };
  return form.yes.flatMap(expand);
}

/**
 * "Unequal" is "below" or "above": conjunctions without `UNEQUAL` that hold in the same cells; `undefined` where they are too many.
 */
export function split(form: DisjointForm, length: number): readonly Conjunction[] | undefined {
  if (expandedSize(form.yes) > mostConjunctions(length)) return undefined;
  const expand = (one: Conjunction): readonly Conjunction[] => {
    const index = one.factors.findIndex(({ relation }) => relation === UNEQUAL);
    if (index < 0) return [one];
    return [BELOW, ABOVE].flatMap((relation) => expand(withRelation(one, index, relation)));
  };
  return form.yes.flatMap(expand);
}

/** The number of conjunctions if each `UNEQUAL` becomes two. */
const expandedSize = (conjunctions: readonly Conjunction[]): number =>
  conjunctions.reduce(
    (sum, { factors }) => sum + 2 ** factors.filter(({ relation }) => relation === UNEQUAL).length,
    0,
  );

const withRelation = (one: Conjunction, index: number, relation: Relation): Conjunction => ({
  ...one,
  factors: one.factors.with(index, { ...one.factors[index]!, relation }),
});

/**
 * Selectors as heads can compute them. A head adds up products of queries and keys, so that one head computes a *conjunction* of
 * blocks, each a boolean matrix over one pair of s-ops. Every selection is a disjoint union of conjunctions: several heads, whose
 * counts add up. A mean needs a single conjunction, for which blocks that do not separate are joined into one over tuples.
 */
import type { Atom, Elementwise } from "../../../language/graph/node.js";
import { atomKey } from "../../../language/atom/compare.js";
import { getOrInsert } from "../../../language/maps.js";
import type { NormalForm, NormalSOp, Selection } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { atomOfKey } from "../../values/value-set.js";
import { groupsOf, type Group } from "./groups.js";

/** `select(keys, queries, test)`, with a test over the values of the two. It takes some of the dimensions of a head. */
export interface Block {
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  readonly test: (key: Atom, query: Atom) => boolean;
}

/** All blocks hold. Without a block every position is selected. */
export type BlockConjunction = readonly Block[];

/** Every selected pair is in exactly one of the conjunctions. */
export function disjointConjunctions(selection: Selection, domain: Domain): BlockConjunction[] {
  const groups = groupsOf(selection, domain);
  let best: BlockConjunction[] | undefined;
  for (const order of groups.length <= 4 ? permutations(groups) : [groups]) {
    const found = decompose(selection, order, 0);
    if (!best || found.length < best.length) best = found;
  }
  return best!;
}

/** The same selection as one conjunction. */
export function oneConjunction(selection: Selection, domain: Domain, form: NormalForm): BlockConjunction {
  const blocks: Block[] = [];
  let rest = groupsOf(selection, domain);
  /** A pattern of the groups that have become blocks, one for which these blocks hold. */
  let settled = 0;
  for (;;) {
    const others = (group: Group): Group[] => rest.filter((other) => other !== group);
    const apart = rest.find((group) => separates(selection, group, others(group), settled));
    if (!apart) break;
    const accepted = possiblePatterns(selection, apart, combinations(others(apart)), settled);
    if (accepted.length === 0) return [emptyBlock(apart)];
    blocks.push(...blockWhere(apart, accepted));
    settled |= accepted[0]!;
    rest = others(apart);
  }
  if (rest.length > 0) blocks.push(joined(selection, rest, settled, form));
  return blocks;
}

/** A block that never holds. */
const emptyBlock = ({ keys, queries }: Group): Block => ({ keys, queries, test: () => false });

/** A block that holds where the group has one of these patterns; none if it always has. */
function blockWhere({ keys, queries, pattern, patterns }: Group, accepted: readonly number[]): Block[] {
  const holding = new Set(patterns.filter((bits) => accepted.includes(bits)));
  if (holding.size === patterns.length) return [];
  return [{ keys, queries, test: (key, query) => holding.has(pattern(key, query)) }];
}

/** Every combination of the groups' patterns. */
function combinations(groups: readonly Group[]): number[] {
  return groups.reduce((all, group) => all.flatMap((bits) => group.patterns.map((pattern) => bits | pattern)), [0]);
}

/** One level of the decision diagram: patterns of the first group that leave the same question to the others go together. */
function decompose(selection: Selection, groups: readonly Group[], bits: number): BlockConjunction[] {
  const [group, ...rest] = groups;
  if (!group) return selection.truth[bits] ? [[]] : [];
  const restPatterns = combinations(rest);
  const byQuestion = new Map<string, number[]>();
  for (const pattern of group.patterns) {
    const question = restPatterns.map((restBits) => Number(selection.truth[bits | pattern | restBits])).join("");
    if (!question.includes("1")) continue;
    getOrInsert(byQuestion, question, () => []).push(pattern);
  }
  return [...byQuestion.values()].flatMap((patterns) => {
    const here = blockWhere(group, patterns);
    return decompose(selection, rest, bits | patterns[0]!).map((conjunction) => [...here, ...conjunction]);
  });
}

/** The group's patterns with which the selection can hold. */
const possiblePatterns = (selection: Selection, group: Group, others: readonly number[], settled: number): number[] =>
  group.patterns.filter((pattern) => others.some((bits) => selection.truth[settled | pattern | bits]));

/** Whether the selection is (something about this group) and (something about the others). */
function separates(selection: Selection, group: Group, others: readonly Group[], settled: number): boolean {
  const restPatterns = combinations(others);
  const possible = new Set(possiblePatterns(selection, group, restPatterns, settled));
  const restPossible = new Set(
    restPatterns.filter((bits) => group.patterns.some((pattern) => selection.truth[settled | pattern | bits])),
  );
  return group.patterns.every((pattern) =>
    restPatterns.every(
      (bits) => selection.truth[settled | pattern | bits] === (possible.has(pattern) && restPossible.has(bits)),
    ),
  );
}

/** One block over tuples of the s-ops that the groups compare. */
function joined(selection: Selection, groups: readonly Group[], settled: number, form: NormalForm): Block {
  const keys = tupled([...new Set(groups.map((group) => group.keys))], form);
  const queries = tupled([...new Set(groups.map((group) => group.queries))], form);
  return {
    keys: keys.sop,
    queries: queries.sop,
    test: (key, query) => {
      const bits = groups.map((group) => group.pattern(keys.part(key, group.keys), queries.part(query, group.queries)));
      return selection.truth[bits.reduce((all, some) => all | some, settled)]!;
    },
  };
}

/** An s-op whose value holds the values of several: their keys as JSON. */
function tupled(
  sops: readonly NormalSOp[],
  form: NormalForm,
): { readonly sop: NormalSOp; readonly part: (tuple: Atom, sop: NormalSOp) => Atom } {
  if (sops.length === 1) return { sop: sops[0]!, part: (value) => value };
  const tuple: Elementwise = {
    name: "tuple",
    key: "tuple",
    apply: (values) => JSON.stringify(values.map(atomKey)),
    seesNull: true,
  };
  return {
    sop: form.map(tuple, sops),
    part: (value, sop) => atomOfKey((JSON.parse(value as string) as string[])[sops.indexOf(sop)]!),
  };
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, j) =>
    permutations(items.filter((_, other) => other !== j)).map((rest) => [item, ...rest]),
  );
}

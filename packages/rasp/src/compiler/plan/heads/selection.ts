/**
 * Selectors as heads can compute them. A head adds up products of queries and keys, so that one head computes a *conjunction* of
 * blocks, each a boolean matrix over one pair of s-ops. Every selection is a disjoint union of conjunctions: several heads, whose
 * counts add up. A mean needs a single conjunction, for which blocks that do not separate are joined into one over tuples.
 */
import type { Atom, Elementwise } from "../../../language/graph/node.js";
import { atomKey, atomOfKey } from "../../../language/atom/compare.js";
import { getOrInsert, memoised } from "../../../language/maps.js";
import { decide, type Diagram } from "../../normalize/decision-diagram.js";
import type { NormalForm, NormalSOp, Selection } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import type { NumberComparison } from "./compared-numbers.js";
import { groupsOf, type Group, type Pattern } from "./groups.js";
import { after, branches, dimensionsOf, questionOf, waysOf, type Question } from "./questions.js";

/** `select(keys, queries, test)`, with a test over the values of the two. It takes some of the dimensions of a head. */
export interface Block {
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  readonly test: (key: Atom, query: Atom) => boolean;
  /** The test as one comparison, where that is known. */
  readonly compared?: NumberComparison;
  /** Whole numbers that are equal where the test holds, where that is known. */
  readonly equal?: Equality;
}

/** A number of each side. */
export interface Equality {
  readonly key: (key: Atom) => number;
  readonly query: (query: Atom) => number;
}

/** All blocks hold. Without a block every position is selected. */
export type BlockConjunction = readonly Block[];

/** Every selected pair is in exactly one of the conjunctions. */
export function disjointConjunctions(
  selection: Selection,
  domain: Domain,
  { diagrams }: NormalForm,
): BlockConjunction[] {
  const groups = groupsOf(selection, domain);
  const orders = groups.length <= 4 ? permutations(groups) : [groups];
  const questions = orders.map((order) => questionOf(selection.truth, order, diagrams));
  const ways = questions.map(waysOf);
  const least = questions.filter((_, q) => ways[q] === Math.min(...ways));
  const dimensions = least.length > 1 ? least.map(dimensionsOf) : [0];
  return decompose(least[dimensions.indexOf(Math.min(...dimensions))]!);
}

/** The same selection as one conjunction. */
export function oneConjunction(selection: Selection, domain: Domain, form: NormalForm): BlockConjunction {
  const { diagrams } = form;
  const blocks: Block[] = [];
  let rest = groupsOf(selection, domain);
  /** What is left to ask about the rest, wherever the blocks hold. */
  let truth = selection.truth;
  for (;;) {
    const others = (group: Group): Group[] => rest.filter((other) => other !== group);
    const found = firstOf(rest, (group) =>
      acceptedApart(questionOf(truth, [group, ...others(group)], diagrams), group),
    );
    if (!found) break;
    const [group, accepted] = found;
    if (accepted.length === 0) return [emptyBlock(group)];
    blocks.push(...blockWhere(group, accepted));
    truth = after(truth, group, accepted[0]!, diagrams);
    rest = others(group);
  }
  if (rest.length > 0) blocks.push(joined(truth, rest, form));
  return blocks;
}

/** A block that never holds. */
const emptyBlock = ({ keys, queries }: Group): Block => ({ keys, queries, test: () => false });

/** A block that holds where the group has one of these patterns; none if it always has. */
function blockWhere(group: Group, accepted: readonly Pattern[]): Block[] {
  const { keys, queries, pattern, patterns } = group;
  const holding = new Set(accepted);
  if (holding.size === patterns.length) return [];
  const compared = group.compared(accepted);
  const test = (key: Atom, query: Atom): boolean => holding.has(pattern(key, query));
  return [{ keys, queries, test, ...(compared ? { compared } : {}) }];
}

/** A conjunction for each way to yes. */
function decompose(question: Question): BlockConjunction[] {
  if (typeof question === "boolean") return question ? [[]] : [];
  return [...branches(question)].flatMap(([left, patterns]) => {
    const here = blockWhere(question.group, patterns);
    return decompose(left).map((conjunction) => [...here, ...conjunction]);
  });
}

/** The patterns of the first group that is asked about, if the selection is (one of these) and (something about the others). */
function acceptedApart(question: Question, group: Group): readonly Pattern[] | undefined {
  if (question === false) return [];
  if (question === true || question.group !== group) return group.patterns;
  const [only, ...others] = branches(question).values();
  return others.length > 0 ? undefined : only;
}

/** The first item that has an image, and that image. */
function firstOf<T, U>(
  items: readonly T[],
  image: (item: T, index: number) => U | undefined,
): readonly [T, U] | undefined {
  for (const [index, item] of items.entries()) {
    const found = image(item, index);
    if (found !== undefined) return [item, found];
  }
  return undefined;
}

/** One block over tuples of the s-ops that the groups compare. */
function joined(truth: Diagram, groups: readonly Group[], form: NormalForm): Block {
  const keys = tupled([...new Set(groups.map((group) => group.keys))], form);
  const queries = tupled([...new Set(groups.map((group) => group.queries))], form);
  return {
    keys: keys.sop,
    queries: queries.sop,
    test: memoised((key: Atom, query: Atom) => {
      const patterns = groups.map((group) =>
        group.pattern(keys.part(key, group.keys), queries.part(query, group.queries)),
      );
      return decide(truth, (id) => firstOf(groups, (group, g) => group.answer(patterns[g]!, id))![1]);
    }),
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
  const parts = new Map<Atom, ReadonlyMap<NormalSOp, Atom>>();
  const partsOf = (value: Atom): ReadonlyMap<NormalSOp, Atom> =>
    new Map((JSON.parse(value as string) as string[]).map((key, j) => [sops[j]!, atomOfKey(key)]));
  return {
    sop: form.map(tuple, sops),
    part: (value, sop) => getOrInsert(parts, value, () => partsOf(value)).get(sop)!,
  };
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, j) =>
    permutations(items.filter((_, other) => other !== j)).map((rest) => [item, ...rest]),
  );
}

/**
 * Selectors as what heads can do. A head adds up query-key products, so one head computes a *conjunction* of blocks, each a
 * boolean matrix over one pair of s-ops. Any selection is a disjoint union of conjunctions (several heads, whose counts add
 * up); a mean needs a single one, for which blocks that do not separate are joined into one over tuples.
 */
import type { Atom, Elementwise } from "../../../language/graph/node.js";
import type { Domain } from "../../values/domain.js";
import type { Compared, NormalForm, NormalSOp, Selection } from "../../normalize/normal.js";
import { atomKey, compareAtoms } from "../../../language/atom/compare.js";
import { atomOfKey } from "../../values/value-set.js";

/** `test(key, query)` over the values of `keys` and `queries`. */
export interface Block {
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  readonly test: (key: Atom, query: Atom) => boolean;
}

/** All blocks hold. No block: every position is selected. */
export type BlockConjunction = readonly Block[];

/** Comparisons whose keys stand on one s-op, and whose queries stand on one s-op. */
interface Group {
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  /** The answers of the group's comparisons as bits of the whole selection. */
  readonly pattern: (key: Atom, query: Atom) => number;
  /** The patterns that some pair of values has. */
  readonly patterns: readonly number[];
}

/** Every selected pair is in exactly one of the conjunctions. */
export function disjointConjunctions(
  selection: Selection,
  domain: Domain,
  isCategorical: IsCategorical,
): BlockConjunction[] {
  const groups = groupsOf(selection, domain, isCategorical);
  let best: BlockConjunction[] | undefined;
  for (const order of groups.length <= 4 ? permutations(groups) : [groups]) {
    const found = decompose(selection, order, 0);
    if (!best || found.length < best.length) best = found;
  }
  return best!;
}

/** The same selection as one conjunction. */
export function oneConjunction(
  selection: Selection,
  domain: Domain,
  form: NormalForm,
  isCategorical: IsCategorical,
): BlockConjunction {
  const blocks: Block[] = [];
  let rest = groupsOf(selection, domain, isCategorical);
  /** The answers of the groups that have become blocks, such that their blocks hold. */
  let settled = 0;
  for (;;) {
    const others = (group: Group): Group[] => rest.filter((other) => other !== group);
    const apart = rest.find((group) => separates(selection, group, others(group), settled));
    if (!apart) break;
    const accepted = possiblePatterns(selection, apart, combinations(others(apart)), settled);
    if (accepted.length === 0) return [NOTHING(apart)];
    blocks.push(...block(apart, (pattern) => accepted.includes(pattern)));
    settled |= accepted[0]!;
    rest = others(apart);
  }
  if (rest.length > 0) blocks.push(joined(selection, rest, settled, form));
  return blocks;
}

/** A block that never holds. */
const NOTHING = ({ keys, queries }: Group): Block => ({ keys, queries, test: () => false });

/** Whether a leaf stands one-hot in the residual stream, so that functions of it can be read off directly. */
export type IsCategorical = (leaf: NormalSOp) => boolean;

/** What an s-op stands on: its only leaf where that is categorical, else itself. */
function baseOf(
  sop: NormalSOp,
  domain: Domain,
  isCategorical: IsCategorical,
): { base: NormalSOp; of: (at: Atom) => Atom } {
  const itself = { base: sop, of: (at: Atom) => at };
  if (sop.kind !== "map") return itself;
  const formula = domain.formula(sop);
  const [leaf] = formula.leaves;
  if (formula.leaves.length !== 1 || leaf!.kind === "map" || !isCategorical(leaf!)) return itself;
  return {
    base: leaf!,
    of: (at) => {
      const value = formula.evaluate([at]);
      if (!value) throw new Error("no value here");
      return value[0]!;
    },
  };
}

function groupsOf(selection: Selection, domain: Domain, isCategorical: IsCategorical): Group[] {
  const based = selection.comparisons.map((compared, j) => ({
    compared,
    bit: 1 << j,
    keys: baseOf(compared.keys, domain, isCategorical),
    queries: baseOf(compared.queries, domain, isCategorical),
  }));
  const members = new Map<string, typeof based>();
  const isConstant = ({ keys, queries }: { keys: NormalSOp; queries: NormalSOp }): boolean =>
    keys.kind === "constant" || queries.kind === "constant";
  // A constant side fits any group that shares the other side, so the others make the groups first.
  for (const one of [...based].sort((a, b) => Number(isConstant(a.compared)) - Number(isConstant(b.compared)))) {
    const home = [...members.values()].find(([first]) => {
      const sameKeys = one.compared.keys.kind === "constant" || first!.keys.base === one.keys.base;
      const sameQueries = one.compared.queries.kind === "constant" || first!.queries.base === one.queries.base;
      return sameKeys && sameQueries;
    });
    if (home) home.push(one);
    else members.set(`${one.keys.base.id}|${one.queries.base.id}|${members.size}`, [one]);
  }
  return [...members.values()].map((group) => {
    const { keys, queries } = group[0]!;
    const pattern = (key: Atom, query: Atom): number =>
      group.reduce((bits, { compared, bit, keys: k, queries: q }) => {
        const keyValue = compared.keys.kind === "constant" ? compared.keys.value : k.of(key);
        const queryValue = compared.queries.kind === "constant" ? compared.queries.value : q.of(query);
        return holds(compared, keyValue, queryValue) ? bits | bit : bits;
      }, 0);
    const safe = (key: Atom, query: Atom): number => {
      try {
        return pattern(key, query);
      } catch {
        return 0; // The program fails on such a pair, so that any answer will do.
      }
    };
    const patterns = new Set<number>();
    const seen = isSeen(keys.base, queries.base, domain);
    for (const key of domain.values(keys.base)) {
      for (const query of domain.values(queries.base)) if (seen(key, query)) patterns.add(safe(key, query));
    }
    return { keys: keys.base, queries: queries.base, pattern: safe, patterns: [...patterns] };
  });
}

/** Whether a head ever looks from this query at this key: a causal one at no later position. */
function isSeen(keys: NormalSOp, queries: NormalSOp, { causal }: Domain): (key: Atom, query: Atom) => boolean {
  if (!causal || keys.kind !== "indices" || queries.kind !== "indices") return () => true;
  return (key, query) => Number(key) <= Number(query);
}

const holds = ({ op }: Compared, key: Atom, query: Atom): boolean => compareAtoms(op, key, query);

/** A block where the group's pattern is `accepted`; none where it always is. */
function block(group: Group, accepted: (pattern: number) => boolean): Block[] {
  const yes = new Set(group.patterns.filter(accepted));
  if (yes.size === group.patterns.length) return [];
  return [{ keys: group.keys, queries: group.queries, test: (key, query) => yes.has(group.pattern(key, query)) }];
}

/** Every way in which the groups' patterns can stand together. */
function combinations(groups: readonly Group[]): number[] {
  return groups.reduce((all, group) => all.flatMap((bits) => group.patterns.map((p) => bits | p)), [0]);
}

/** One level of the decision diagram: patterns of the first group that leave the same question go together. */
function decompose(selection: Selection, groups: readonly Group[], bits: number): BlockConjunction[] {
  const [group, ...rest] = groups;
  if (!group) return selection.truth[bits] ? [[]] : [];
  const restBits = combinations(rest);
  const byQuestion = new Map<string, number[]>();
  for (const pattern of group.patterns) {
    const question = restBits.map((r) => Number(selection.truth[bits | pattern | r])).join("");
    if (!question.includes("1")) continue;
    byQuestion.set(question, [...(byQuestion.get(question) ?? []), pattern]);
  }
  return [...byQuestion.values()].flatMap((patterns) => {
    const here = block(group, (pattern) => patterns.includes(pattern));
    return decompose(selection, rest, bits | patterns[0]!).map((conjunction) => [...here, ...conjunction]);
  });
}

/** The group's patterns with which the selection can hold. */
const possiblePatterns = (selection: Selection, group: Group, others: readonly number[], settled: number): number[] =>
  group.patterns.filter((pattern) => others.some((bits) => selection.truth[settled | pattern | bits]));

/** Whether the selection is (something about this group) and (something about the others). */
function separates(selection: Selection, group: Group, others: readonly Group[], settled: number): boolean {
  const restBits = combinations(others);
  const here = new Set(possiblePatterns(selection, group, restBits, settled));
  const there = new Set(restBits.filter((r) => group.patterns.some((p) => selection.truth[settled | p | r])));
  return group.patterns.every((p) =>
    restBits.every((r) => selection.truth[settled | p | r] === (here.has(p) && there.has(r))),
  );
}

/** One block over tuples of what the groups stand on. */
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

/** An s-op whose value stands for the values of several: their keys as JSON. */
function tupled(
  sops: readonly NormalSOp[],
  form: NormalForm,
): { sop: NormalSOp; part: (tuple: Atom, sop: NormalSOp) => Atom } {
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

/**
 * A block over functions of two leaves as a disjoint union of conjunctions of blocks over one leaf each. What a sort compares is such
 * a function, `token + position / n`: a key is smaller where its token is, or where the tokens are equal and its position is smaller.
 * Two heads compute that from what the residual stream holds already. The function's own values would have to be computed in a layer
 * before, and would take a dimension each.
 */
import { atomKey } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import { memoised } from "../../../language/maps.js";
import type { Formula } from "../../normalize/formula.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import type { DomainAndFew } from "./context.js";
import { equalityOf } from "./number-match.js";
import type { Block, BlockConjunction } from "./selection.js";

/** A block with more pairs of joint values is not decomposed: it would take too long. */
const MAX_PAIRS = 1 << 24;
/** More conjunctions, and thus heads, cost more than the dimensions that they save. */
const MAX_PARTS = 3;

/** The conjunction with one of its blocks decomposed, if that takes few conjunctions. */
export function decomposeOrder(conjunction: BlockConjunction, context: DomainAndFew): BlockConjunction[] {
  return conjunction.reduce<BlockConjunction[]>(
    (all, block) => {
      const parts = all.length === 1 ? (partsOf(block, context) ?? [[block]]) : [[block]];
      return all.flatMap((blocks) => parts.map((part) => [...blocks, ...part]));
    },
    [[]],
  );
}

/** Up to MAX_PARTS conjunctions of blocks over one leaf each; undefined where more are needed. */
function partsOf(block: Block, context: DomainAndFew): BlockConjunction[] | undefined {
  const { domain } = context;
  const keys = functionOfTwo(block.keys, domain);
  const queries = functionOfTwo(block.queries, domain);
  if (!keys || !queries || isEqualityOfMany(block, context)) return undefined;
  const test = memoised(block.test);
  const queryTables = tablesOf(queries, domain);
  let best: BlockConjunction[] | undefined;
  for (const keyTable of tablesOf(keys, domain)) {
    for (const queryTable of queryTables) {
      const parts = partsBy(keyTable, queryTable, test);
      if (parts && parts.length < (best?.length ?? MAX_PARTS + 1)) best = parts;
    }
  }
  return best;
}

/** It takes a few dimensions as it is: `number-match.ts`. */
const isEqualityOfMany = (block: Block, { domain, few }: DomainAndFew): boolean =>
  block.compared?.op === "==" &&
  equalityOf(domain.values(block.keys), domain.values(block.queries), block, few) !== undefined;

interface FunctionOfTwo {
  readonly leaves: readonly [NormalSOp, NormalSOp];
  readonly formula: Formula;
}

function functionOfTwo(sop: NormalSOp, domain: Domain): FunctionOfTwo | undefined {
  if (sop.kind !== "map") return undefined;
  const formula = domain.formula(sop);
  const [first, second, ...others] = formula.leaves;
  if (!first || !second || others.length > 0 || first.kind === "map" || second.kind === "map") return undefined;
  return { leaves: [first, second], formula };
}

/** A function of two leaves, row by row of the outer one. */
interface LeafTable {
  readonly outer: Leaf;
  readonly inner: Leaf;
  /** `rows[o][i]` is the function's value; undefined where the program has none. */
  readonly rows: readonly (readonly (Atom | undefined)[])[];
}

interface Leaf {
  readonly sop: NormalSOp;
  readonly values: readonly Atom[];
  /** The place of a value among `values`, or -1. */
  readonly indexOf: (value: Atom) => number;
}

/** With the first leaf as the outer one, and with the second. */
function tablesOf({ leaves, formula }: FunctionOfTwo, domain: Domain): LeafTable[] {
  const [first, second] = leaves.map((sop) => leafOf(sop, domain)) as [Leaf, Leaf];
  const valueAt = (a: Atom, b: Atom): Atom | undefined => formula.evaluate([a, b])?.[0];
  return [
    { outer: first, inner: second, rows: first.values.map((a) => second.values.map((b) => valueAt(a, b))) },
    { outer: second, inner: first, rows: second.values.map((b) => first.values.map((a) => valueAt(a, b))) },
  ];
}

function leafOf(sop: NormalSOp, domain: Domain): Leaf {
  const values = domain.values(sop);
  const indices = new Map(values.map((value, index) => [atomKey(value), index]));
  return { sop, values, indexOf: (value) => indices.get(atomKey(value)) ?? -1 };
}

/** What is left to ask of the inner leaves: the pairs of outer values that leave this question, and its answers. */
interface Question {
  readonly outerPairs: Set<string>;
  /** By the inner values of key and query. */
  readonly answers: readonly (readonly boolean[])[];
}

/** The outer leaves decide which question is left for the inner ones; each question is a conjunction. */
function partsBy(keys: LeafTable, queries: LeafTable, test: Block["test"]): BlockConjunction[] | undefined {
  if (sizeOf(keys) * sizeOf(queries) > MAX_PAIRS) return undefined;
  const pairCount = keys.outer.values.length * queries.outer.values.length;
  return questionsOf(keys, queries, test)?.map(({ outerPairs, answers }) => {
    const outer: Block = {
      keys: keys.outer.sop,
      queries: queries.outer.sop,
      test: (key, query) => outerPairs.has(pairKey(keys.outer.indexOf(key), queries.outer.indexOf(query))),
    };
    const inner: Block = {
      keys: keys.inner.sop,
      queries: queries.inner.sop,
      test: (key, query) => answers[keys.inner.indexOf(key)]?.[queries.inner.indexOf(query)] ?? false,
    };
    const alwaysAsked = outerPairs.size === pairCount;
    const alwaysTrue = answers.every((row) => row.every(Boolean));
    return [...(alwaysAsked ? [] : [outer]), ...(alwaysTrue ? [] : [inner])];
  });
}

/** The different questions of which some answer is yes; undefined where they are too many. */
function questionsOf(keys: LeafTable, queries: LeafTable, test: Block["test"]): Question[] | undefined {
  const questions = new Map<string, Question>();
  for (const [keyIndex, keyRow] of keys.rows.entries()) {
    for (const [queryIndex, queryRow] of queries.rows.entries()) {
      const answers = keyRow.map((key) =>
        queryRow.map((query) => key !== undefined && query !== undefined && test(key, query)),
      );
      const question = answers.map((row) => row.map(Number).join("")).join(",");
      if (!question.includes("1")) continue;
      const known = questions.get(question);
      if (known) known.outerPairs.add(pairKey(keyIndex, queryIndex));
      else if (questions.size === MAX_PARTS) return undefined;
      else questions.set(question, { outerPairs: new Set([pairKey(keyIndex, queryIndex)]), answers });
    }
  }
  return [...questions.values()];
}

const sizeOf = ({ outer, inner }: LeafTable): number => outer.values.length * inner.values.length;

const pairKey = (keyIndex: number, queryIndex: number): string => `${keyIndex},${queryIndex}`;

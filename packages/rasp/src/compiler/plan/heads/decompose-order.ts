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
import { bitsOf } from "./classes.js";
import { COMPARE, type ComparedNumbers, type NumberComparison } from "./compared-numbers.js";
import { equalityOf } from "./number-match.js";
import type { Block, BlockConjunction } from "./selection.js";

/** A block with more pairs of joint values is not decomposed: it would take too long. Numbers are compared faster. */
const [MAX_PAIRS, MAX_COMPARED] = [1 << 24, 1 << 26];
/** The work of a pair of joint values, and of a pair of their numbers. */
const [PAIR, COMPARED] = [10, 1 / 4];
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
  const compared = block.compared?.op === "!=" ? undefined : block.compared;
  const keyTables = tablesOf(keys, domain);
  const queryTables = tablesOf(queries, domain);
  if (sizeOf(keyTables[0]!) * sizeOf(queryTables[0]!) > (compared ? MAX_COMPARED : MAX_PAIRS)) return undefined;
  let best: BlockConjunction[] | undefined;
  for (const keyTable of keyTables) {
    for (const queryTable of queryTables) {
      const work = (compared ? COMPARED : PAIR) * sizeOf(keyTable) * sizeOf(queryTable);
      domain.work.spend(work, block.keys, "comparing this s-op with its queries");
      const cells = compared ? comparedCells(keyTable, queryTable, compared) : testedCells(keyTable, queryTable, test);
      const parts = partsBy(keyTable, queryTable, cells);
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

/** The block between the values of two tables, by their places: that of `rows[o][i]` is `o * inner values + i`. */
interface Cells {
  readonly holds: (key: number, query: number) => boolean;
  /** The numbers that are compared, where the block compares numbers. */
  readonly numbers?: ComparedNumbers;
}

/** @param compared - not "!=", which holds for values that the program does not have */
function comparedCells(keys: LeafTable, queries: LeafTable, { op, key, query }: NumberComparison): Cells {
  const numbersOf = ({ rows }: LeafTable, of: (atom: Atom) => number): number[] =>
    rows.flatMap((row) => row.map((atom) => (atom === undefined ? NaN : of(atom))));
  const numbers = { op, keys: numbersOf(keys, key), queries: numbersOf(queries, query) };
  const compare = COMPARE[op];
  return { numbers, holds: (k, q) => compare(numbers.keys[k]!, numbers.queries[q]!) };
}

function testedCells(keys: LeafTable, queries: LeafTable, test: Block["test"]): Cells {
  const [keyCells, queryCells] = [keys.rows.flat(), queries.rows.flat()];
  const holds = (k: number, q: number): boolean => {
    const [key, query] = [keyCells[k], queryCells[q]];
    return key !== undefined && query !== undefined && test(key, query);
  };
  return { holds };
}

/** What is left to ask of the inner leaves: the pairs of outer values that leave this question, the first of them, and its answers. */
interface Question {
  readonly outerPairs: Set<number>;
  readonly first: readonly [key: number, query: number];
  /** By the inner values of key and query. */
  readonly answers: readonly (readonly boolean[])[];
}

/** The outer leaves decide which question is left for the inner ones; each question is a conjunction. */
function partsBy(keys: LeafTable, queries: LeafTable, cells: Cells): BlockConjunction[] | undefined {
  const queryCount = queries.outer.values.length;
  const pairCount = keys.outer.values.length * queryCount;
  return questionsOf(keys, queries, cells)?.map(({ outerPairs, first, answers }) => {
    const outer: Block = {
      keys: keys.outer.sop,
      queries: queries.outer.sop,
      test: (key, query) => outerPairs.has(keys.outer.indexOf(key) * queryCount + queries.outer.indexOf(query)),
    };
    const inner: Block = {
      keys: keys.inner.sop,
      queries: queries.inner.sop,
      test: (key, query) => answers[keys.inner.indexOf(key)]?.[queries.inner.indexOf(query)] ?? false,
      ...(cells.numbers ? { compared: within(cells.numbers, first, keys, queries) } : {}),
    };
    const alwaysAsked = outerPairs.size === pairCount;
    const alwaysTrue = answers.every((row) => row.every(Boolean));
    return [...(alwaysAsked ? [] : [outer]), ...(alwaysTrue ? [] : [inner])];
  });
}

/** The comparison between the inner values of one row of each table. */
function within(
  { op, keys: keyNumbers, queries: queryNumbers }: ComparedNumbers,
  [keyRow, queryRow]: Question["first"],
  keys: LeafTable,
  queries: LeafTable,
): NumberComparison {
  const numberIn =
    (numbers: readonly number[], { inner }: LeafTable, row: number) =>
    (atom: Atom) => {
      const place = inner.indexOf(atom);
      return place < 0 ? NaN : numbers[row * inner.values.length + place]!;
    };
  return { op, key: numberIn(keyNumbers, keys, keyRow), query: numberIn(queryNumbers, queries, queryRow) };
}

/** The different questions of which some answer is yes; undefined where they are too many. */
function questionsOf(keys: LeafTable, queries: LeafTable, { holds }: Cells): Question[] | undefined {
  const questions = new Map<string, Question>();
  const [keyCount, queryCount] = [keys.inner.values.length, queries.inner.values.length];
  for (const k of keys.rows.keys()) {
    for (const q of queries.rows.keys()) {
      const answer = (i: number): boolean =>
        holds(k * keyCount + Math.floor(i / queryCount), q * queryCount + (i % queryCount));
      const question = bitsOf(keyCount * queryCount, answer);
      if (question === undefined) continue;
      const pair = k * queries.rows.length + q;
      const known = questions.get(question);
      if (known) {
        known.outerPairs.add(pair);
        continue;
      }
      if (questions.size === MAX_PARTS) return undefined;
      const answers = Array.from({ length: keyCount }, (_, i) =>
        Array.from({ length: queryCount }, (__, j) => answer(i * queryCount + j)),
      );
      questions.set(question, { outerPairs: new Set([pair]), first: [k, q], answers });
    }
  }
  return [...questions.values()];
}

const sizeOf = ({ outer, inner }: LeafTable): number => outer.values.length * inner.values.length;

/**
 * A block over s-ops that are functions of two leaves, as a disjoint union of conjunctions of blocks over one leaf each. What a sort
 * compares is such a function, `token + position / n`: a key is smaller where its token is, or where the tokens are equal and its
 * position is smaller. Two heads say that of what stands in the residual stream already; the numbers themselves would have to be
 * computed first, and have a dimension each.
 */
import { atomKey } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import type { Domain } from "../../values/domain.js";
import type { Formula } from "../../normalize/formula.js";
import type { NormalSOp } from "../../normalize/normal.js";
import type { Block, BlockConjunction } from "./selection.js";

/** More pairs of joint values are not looked at. */
const MOST_PAIRS = 1 << 24;
/** More conjunctions, and heads, are not worth the dimensions that they save. */
const MOST_PARTS = 3;

/** The conjunction's blocks taken apart where that can be done with few conjunctions. */
export function decomposeOrder(conjunction: BlockConjunction, domain: Domain): BlockConjunction[] {
  return conjunction.reduce<BlockConjunction[]>(
    (all, block) => {
      const parts = all.length === 1 ? (partsOf(block, domain) ?? [[block]]) : [[block]];
      return all.flatMap((blocks) => parts.map((part) => [...blocks, ...part]));
    },
    [[]],
  );
}

/** One side of a block as a function of two leaves. */
interface Side {
  readonly leaves: readonly [NormalSOp, NormalSOp];
  readonly formula: Formula;
}

function sideOf(sop: NormalSOp, domain: Domain): Side | undefined {
  if (sop.kind !== "map") return undefined;
  const formula = domain.formula(sop);
  const [first, second, ...others] = formula.leaves;
  if (!first || !second || others.length > 0 || first.kind === "map" || second.kind === "map") return undefined;
  return { leaves: [first, second], formula };
}

/** Several conjunctions for one block, or one of two blocks; undefined where there are none or too many. */
function partsOf(block: Block, domain: Domain): BlockConjunction[] | undefined {
  const keys = sideOf(block.keys, domain);
  const queries = sideOf(block.queries, domain);
  if (!keys || !queries) return undefined;
  let best: BlockConjunction[] | undefined;
  for (const key of [0, 1] as const) {
    for (const query of [0, 1] as const) {
      const parts = partsBy(block, keys, queries, key, query, domain);
      if (parts && parts.length < (best?.length ?? MOST_PARTS + 1)) best = parts;
    }
  }
  return best;
}

/** The leaves `key` and `query` decide which question is left for the others; each question is a conjunction. */
function partsBy(
  block: Block,
  keys: Side,
  queries: Side,
  key: 0 | 1,
  query: 0 | 1,
  domain: Domain,
): BlockConjunction[] | undefined {
  const keyTable = tableOf(keys, key, domain);
  const queryTable = tableOf(queries, query, domain);
  if (keyTable.size * queryTable.size > MOST_PAIRS) return undefined;
  const test = memoised(block.test);
  const questions = new Map<string, { readonly pairs: Set<string>; readonly rows: readonly (readonly boolean[])[] }>();
  for (const [a, keyRow] of keyTable.first.entries()) {
    for (const [b, queryRow] of queryTable.first.entries()) {
      const rows = keyRow.map((k) => queryRow.map((q) => k !== undefined && q !== undefined && test(k, q)));
      const question = rows.map((row) => row.map(Number).join("")).join(",");
      if (!question.includes("1")) continue;
      const known = questions.get(question);
      if (known) known.pairs.add(`${a},${b}`);
      else if (questions.size === MOST_PARTS) return undefined;
      else questions.set(question, { pairs: new Set([`${a},${b}`]), rows });
    }
  }
  const everyPair = keyTable.first.length * queryTable.first.length;
  return [...questions.values()].map(({ pairs, rows }) => [
    ...(pairs.size === everyPair
      ? []
      : [
          {
            keys: keys.leaves[key],
            queries: queries.leaves[query],
            test: (k: Atom, q: Atom) => pairs.has(`${keyTable.places[0](k)},${queryTable.places[0](q)}`),
          },
        ]),
    ...(rows.every((row) => row.every(Boolean))
      ? []
      : [
          {
            keys: keys.leaves[1 - key]!,
            queries: queries.leaves[1 - query]!,
            test: (k: Atom, q: Atom) => rows[keyTable.places[1](k)]?.[queryTable.places[1](q)] ?? false,
          },
        ]),
  ]);
}

/** The function's values by the value of one leaf, then of the other; undefined where the program has none. */
function tableOf({ leaves, formula }: Side, decisive: 0 | 1, domain: Domain) {
  const [outer, inner] = [leaves[decisive], leaves[1 - decisive]!].map((leaf) => domain.values(leaf));
  const first = outer!.map((a) =>
    inner!.map((b): Atom | undefined => formula.evaluate(decisive === 0 ? [a, b] : [b, a])?.[0]),
  );
  return { first, size: outer!.length * inner!.length, places: [placesIn(outer!), placesIn(inner!)] as const };
}

function placesIn(values: readonly Atom[]): (value: Atom) => number {
  const places = new Map(values.map((value, place) => [atomKey(value), place]));
  return (value) => places.get(atomKey(value)) ?? -1;
}

function memoised(test: Block["test"]): Block["test"] {
  const answers = new Map<Atom, Map<Atom, boolean>>();
  return (key, query) => {
    let row = answers.get(key);
    if (!row) answers.set(key, (row = new Map<Atom, boolean>()));
    let answer = row.get(query);
    if (answer === undefined) row.set(query, (answer = test(key, query)));
    return answer;
  };
}

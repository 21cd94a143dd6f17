/**
 * The s-ops that a program is searched among, in the order in which a reader would try them: those without attention, those of one layer
 * of selectors, and what a second and a third layer make of these.
 */
import { isText, type Batch, type Codes } from "./batch.js";
import {
  aggregate,
  agreement,
  and,
  difference,
  extreme,
  extremeBy,
  fromEnd,
  indices,
  length,
  mark,
  modulo,
  or,
  remainder,
  select,
  selectKeys,
  tokens,
  twice,
  width,
  upToSelf,
  type CandidateSelector,
  type CandidateSOp,
} from "./candidate.js";
import type { Pool } from "./pool.js";

/** Tokens of a larger vocabulary are not compared one by one. */
const FEW_TOKENS = 12;
/** Tokens of a larger vocabulary are not counted against each other. */
const FEW_PAIRED_TOKENS = 4;

const full: CandidateSelector = {
  kind: "selector",
  key: "full_s",
  isInline: false,
  text: () => "full_s",
  reads: [],
  test: () => () => true,
};

const before = select(indices, indices, "<");
const after = select(indices, indices, ">");
const ORDERS = [before, upToSelf, after, select(indices, indices, ">=")];

/** S-ops that need no attention. @param isCausal - whether no position sees later ones */
export const plainSOps = (isCausal = false): CandidateSOp[] => [
  tokens,
  indices,
  // A decoder does not know how long its input is going to be.
  ...(isCausal ? [] : [fromEnd, length]),
  modulo(2),
  modulo(3),
];

/** The tokens of a batch, ascending. */
const tokensOf = (batch: Batch): number[] => [...new Set(batch.tokens)].sort((a, b) => a - b);

/** The selectors of a first layer. */
function firstSelectors(batch: Batch, codes: Codes): CandidateSelector[] {
  const alphabet = tokensOf(batch);
  const same = select(tokens, tokens, "==");
  const [less, more] = [select(tokens, tokens, "<"), select(tokens, tokens, ">")];
  const single = alphabet.length <= FEW_TOKENS ? alphabet.map((code) => selectKeys(tokens, code, "==", codes)) : [];
  const ofTokens = [same, select(tokens, tokens, "!="), less, more, ...single];
  return [
    ...[0, -1, 1, -2, 2, -3, 3].map((by) => select(indices, indices, "==", by)),
    ...[0, 1, -1].map((by) => select(indices, fromEnd, "==", by)),
    ...[0, 1, 2].map((at) => selectKeys(indices, at, "==", codes)),
    ...[0, 1].map((at) => selectKeys(fromEnd, at, "==", codes)),
    full,
    ...ORDERS,
    ...ofTokens,
    ...ofTokens.flatMap((selector) => ORDERS.map((order) => and(selector, order))),
    ...[less, more].flatMap((selector) => [before, after].map((order) => or(selector, and(same, order)))),
    ...[2, 3].map((k) => select(modulo(k), modulo(k), "==")),
    select(indices, twice, "=="),
    select(twice, indices, "=="),
  ];
}

/** What counts are divided by. */
const REMAINDERS = [2, 3];

/** What the first layer gives to the others. */
export interface FirstLayer {
  readonly counts: readonly CandidateSOp[];
  readonly carried: readonly CandidateSOp[];
  /** Whether tokens are the same as what is carried, 1 or 0. */
  readonly marks: readonly CandidateSOp[];
}

/** Adds what one layer of selectors computes. */
export function addFirstLayer(pool: Pool): FirstLayer {
  const { batch, codes } = pool;
  const selectors = firstSelectors(batch, codes).filter(({ reads }) => !(pool.isCausal && reads.includes(fromEnd)));
  const attended = selectors.map((selector) => pool.attend(selector, [tokens, indices]));
  const carried = attended.flatMap((added) => added.carried);
  for (const selector of selectors.filter(({ reads }) => reads.includes(tokens))) {
    for (const last of [true, false]) {
      carried.push(...pool.add(aggregate(extreme(pool.seen(selector), last), tokens, codes)));
    }
  }
  const counts = [...attended.flatMap(({ count }) => count ?? []), ...addDifferences(pool)];
  for (const count of counts) pool.add(...REMAINDERS.map((k) => remainder(count, k)));
  addShares(pool);
  const marks = carried.flatMap((one) => pool.add(agreement(one, tokens)));
  return { counts, carried, marks };
}

/** Adds the share of each token among all positions or those so far, if the model answers with fractions. */
function addShares(pool: Pool): void {
  const { batch, codes, isCausal } = pool;
  if (batch.classes.every(Number.isInteger)) return;
  for (const order of isCausal ? [upToSelf] : [full, upToSelf]) {
    pool.add(...tokensOf(batch).map((code) => aggregate(order, mark(code, codes), codes)));
  }
}

/** Adds the differences of the numbers of two tokens, among all positions or those so far. */
function addDifferences(pool: Pool): CandidateSOp[] {
  const { batch, codes } = pool;
  const alphabet = tokensOf(batch);
  if (alphabet.length > FEW_PAIRED_TOKENS) return [];
  return (pool.isCausal ? [upToSelf] : [full, upToSelf]).flatMap((order) => {
    const widths = alphabet.map((code) => {
      const single = selectKeys(tokens, code, "==", codes);
      return width(order === full ? single : and(single, order));
    });
    return widths.flatMap((a, i) => widths.slice(i + 1).flatMap((b) => pool.add(difference(a, b))));
  });
}

/** Adds some s-ops to a pool. */
type Step = () => void;

/** How a layer reports its progress, and learns that the time is up. */
export interface LayerRun {
  readonly tell: (done: number, of: number) => void;
  readonly expired: () => boolean;
}

/** Adds what a second layer makes of the first, as far as the time allows. */
export function addSecondLayer(pool: Pool, { counts, carried, marks }: FirstLayer, run: LayerRun): void {
  const { batch } = pool;
  const texts = carried.filter((one) => one.values(batch).some(isText) === batch.tokens.some(isText));
  const steps: Step[] = [
    ...counts.map((count) => () => addMoves(pool, count)),
    ...marks.map((mark) => () => addAgreements(pool, mark)),
    ...counts.map((count) => () => addExtremes(pool, count)),
    ...counts.map((count) => () => addComparisons(pool, count)),
    ...texts.map((text) => () => addMatches(pool, text)),
    ...counts.map((mark) => () => addMarked(pool, mark, counts)),
  ];
  inTurn(steps, run);
}

/** Tokens moved to the position that a count names, or fetched from there. */
function addMoves(pool: Pool, count: CandidateSOp): void {
  for (const place of pool.isCausal ? [indices] : [indices, fromEnd]) {
    for (const by of [0, -1, 1]) {
      pool.attend(select(count, place, "==", by), [tokens]);
      pool.attend(select(place, count, "==", by), [tokens]);
    }
  }
}

/** How often tokens are the same as what is carried, and how often they are not. */
function addAgreements(pool: Pool, mark: CandidateSOp): void {
  for (const value of [0, 1]) {
    const keys = selectKeys(mark, value, "==", pool.codes);
    for (const selector of [keys, ...ORDERS.map((order) => and(keys, order))]) pool.attend(selector, []);
  }
}

/** The token that a count is largest or smallest at. */
function addExtremes(pool: Pool, count: CandidateSOp): void {
  for (const largest of [true, false]) pool.attend(extremeBy(pool.seen(full), count, largest), [tokens]);
}

/** Counts compared with each other and with 0 and 1. */
function addComparisons(pool: Pool, count: CandidateSOp): void {
  const same = select(tokens, tokens, "==");
  const [equal, less, more] = [select(count, count, "=="), select(count, count, "<"), select(count, count, ">")];
  for (const selector of [equal, less, more, or(less, and(equal, before)), or(more, and(equal, before))]) {
    pool.attend(selector, [tokens]);
  }
  for (const order of ORDERS) pool.attend(and(equal, order), [tokens]);
  for (const op of ["==", "<", ">"] as const) {
    for (const value of [0, 1]) {
      const keys = selectKeys(count, value, op, pool.codes);
      for (const selector of [keys, and(keys, same), ...ORDERS.map((order) => and(keys, order))]) {
        pool.attend(selector, []);
      }
    }
  }
}

/** What neighbours carry, matched with the query's token. */
function addMatches(pool: Pool, carried: CandidateSOp): void {
  const matches = select(carried, tokens, "==");
  for (const selector of [matches, and(matches, before), extreme(and(matches, before), true)]) {
    pool.attend(selector, [tokens]);
  }
}

/** Equal counts among the keys for which another count is 0: first occurrences, for instance. */
function addMarked(pool: Pool, mark: CandidateSOp, counts: readonly CandidateSOp[]): void {
  const marked = selectKeys(mark, 0, "==", pool.codes);
  for (const count of counts) if (count !== mark) pool.attend(and(select(count, count, "=="), marked), []);
}

/** Adds what a third layer makes of the counts of the first: tokens in the order of a count, each distinct token once. */
export function addThirdLayer(pool: Pool, { counts }: FirstLayer, run: LayerRun): void {
  const { codes } = pool;
  const isFirst = selectKeys(width(and(select(tokens, tokens, "=="), before)), 0, "==", codes);
  // BOS, if there is one, takes no part in the order.
  const kept = [isFirst, and(isFirst, selectKeys(indices, 0, ">", codes))];
  const steps = counts.flatMap((count) =>
    (["<", ">"] as const).map((op) => () => {
      const ahead = or(select(count, count, op), and(select(count, count, "=="), before));
      for (const keys of kept) addOrdered(pool, ahead, keys);
    }),
  );
  inTurn(steps, run);
}

/** Tokens of some keys, each moved to the position that says how many of these keys are ahead of it. */
function addOrdered(pool: Pool, ahead: CandidateSelector, keys: CandidateSelector): void {
  const { count: rank } = pool.attend(and(ahead, keys), []);
  if (!rank) return;
  for (const place of pool.isCausal ? [indices] : [indices, fromEnd]) {
    for (const by of [0, -1]) pool.attend(and(select(rank, place, "==", by), keys), [tokens]);
  }
}

/** Takes one step after the other until the time is up. */
function inTurn(steps: readonly Step[], { tell, expired }: LayerRun): void {
  steps.every((step, done) => {
    tell(done, steps.length);
    if (!expired()) step();
    return !expired();
  });
}

/**
 * What a program may be made of, in the order in which a reader would try it: terms without attention, what one layer of selectors gives,
 * and what a second layer makes of that. Of terms with equal values on a batch only the first is kept.
 */
import { isText, type Batch, type Codes } from "./batch.js";
import {
  aggregate,
  and,
  difference,
  extreme,
  fromEnd,
  indices,
  length,
  modulo,
  or,
  select,
  selectKeys,
  tokens,
  width,
  type Selector,
  type Term,
} from "./candidate.js";

/** More tokens than these are not told apart one by one. */
const FEW_TOKENS = 12;

const full: Selector = {
  kind: "selector",
  key: "full_s",
  isInline: false,
  text: () => "full_s",
  reads: [],
  test: () => () => true,
};

const before = select(indices, indices, "<");
const ORDERS = [before, select(indices, indices, "<="), select(indices, indices, ">"), select(indices, indices, ">=")];
const [, upTo] = ORDERS;

/** Terms with different values on a batch, in the order of their coming. */
export class Pool {
  readonly terms: Term[] = [];
  readonly #seen = new Set<string>();

  readonly batch: Batch;
  readonly codes: Codes;

  constructor(batch: Batch, codes: Codes) {
    this.batch = batch;
    this.codes = codes;
  }

  /** Adds terms whose values are none of the others'. */
  add(...terms: readonly Term[]): Term[] {
    const added = terms.filter((term) => {
      const values = term.values(this.batch);
      if (values.some(Number.isNaN)) return false;
      const key = fingerprint(values);
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      return true;
    });
    this.terms.push(...added);
    return added;
  }

  /** What a selector gives: a width, and what it carries of some terms. */
  attend(selector: Selector, carried: readonly Term[]): Term[] {
    return this.add(width(selector), ...carried.map((term) => aggregate(selector, term, this.codes)));
  }
}

/** Two hashes of 32 bits, and the first values. */
function fingerprint(values: Float32Array): string {
  let [a, b] = [0x811c9dc5, 0];
  for (const value of values) {
    const bits = Math.round(value * 4096);
    a = Math.imul(a ^ bits, 0x01000193);
    b = (Math.imul(b, 31) + bits) | 0;
  }
  return `${a} ${b}`;
}

/** Terms that need no attention. */
export const plainTerms = (): Term[] => [tokens, indices, fromEnd, length, modulo(2), modulo(3)];

/** The selectors of a first layer. */
export function firstSelectors(batch: Batch, codes: Codes): Selector[] {
  const letters = [...new Set(batch.tokens)].sort((a, b) => a - b);
  const same = select(tokens, tokens, "==");
  const [less, more] = [select(tokens, tokens, "<"), select(tokens, tokens, ">")];
  const letter = letters.length <= FEW_TOKENS ? letters.map((code) => selectKeys(tokens, code, "==", codes)) : [];
  const ofTokens = [same, select(tokens, tokens, "!="), less, more, ...letter];
  return [
    ...[0, -1, 1, -2, 2, -3, 3].map((by) => select(indices, indices, "==", by)),
    ...[0, 1, -1].map((by) => select(indices, fromEnd, "==", by)),
    ...[0, 1, 2].map((at) => selectKeys(indices, at, "==", codes)),
    ...[0, 1].map((at) => selectKeys(fromEnd, at, "==", codes)),
    full,
    ...ORDERS,
    ...ofTokens,
    ...ofTokens.flatMap((selector) => ORDERS.map((order) => and(selector, order))),
    ...[less, more].flatMap((selector) => [0, 2].map((order) => or(selector, and(same, ORDERS[order]!)))),
    ...[2, 3].map((k) => select(modulo(k), modulo(k), "==")),
  ];
}

/** Adds what one layer gives. Returns the terms that count. */
export function addFirstLayer(pool: Pool): { counts: Term[]; carried: Term[] } {
  const { batch, codes } = pool;
  const selectors = firstSelectors(batch, codes);
  const carried: Term[] = [];
  const counts: Term[] = [];
  for (const selector of selectors) {
    const [first, ...rest] = pool.attend(selector, [tokens, indices]);
    if (first?.key.startsWith("selector_width")) counts.push(first);
    carried.push(...[first!, ...rest].filter((term) => term?.key.startsWith("aggregate")));
  }
  for (const selector of selectors.filter(({ reads }) => reads.includes(tokens))) {
    for (const last of [true, false]) carried.push(...pool.add(aggregate(extreme(selector, last), tokens, codes)));
  }
  // Which of two tokens is ahead, among all positions or those so far.
  const letters = [...new Set(batch.tokens)].sort((a, b) => a - b);
  if (letters.length <= 4) {
    for (const order of [full, upTo!]) {
      const each = letters.map((code) => {
        const one = selectKeys(tokens, code, "==", codes);
        return width(order === full ? one : and(one, order));
      });
      each.forEach((a, i) => each.slice(i + 1).forEach((b) => counts.push(...pool.add(difference(a, b)))));
    }
  }
  return { counts, carried };
}

/** Adds what a second layer makes of the first. `expired` ends it early. */
export function addSecondLayer(
  pool: Pool,
  { counts, carried }: { readonly counts: readonly Term[]; readonly carried: readonly Term[] },
  tell: (done: number, of: number) => void,
  expired: () => boolean,
): void {
  const { codes, batch } = pool;
  const same = select(tokens, tokens, "==");
  const places = [indices, fromEnd];
  const texts = carried.filter((term) => term.values(batch).some(isText) === batch.tokens.some(isText));
  const groups: (() => void)[] = [];
  // Moving tokens to where a count says, and fetching them from there.
  for (const count of counts) {
    groups.push(() => {
      for (const place of places) {
        for (const by of [0, -1, 1]) {
          pool.attend(select(count, place, "==", by), [tokens]);
          pool.attend(select(place, count, "==", by), [tokens]);
        }
      }
    });
  }
  // Comparing and testing counts.
  for (const count of counts) {
    groups.push(() => {
      const [equal, less, more] = (["==", "<", ">"] as const).map((op) => select(count, count, op));
      for (const selector of [equal!, less!, more!, or(less!, and(equal!, before)), or(more!, and(equal!, before))]) {
        pool.attend(selector, [tokens]);
      }
      for (const order of ORDERS) pool.attend(and(equal!, order), [tokens]);
      for (const op of ["==", "<", ">"] as const) {
        for (const value of [0, 1]) {
          const one = selectKeys(count, value, op, codes);
          for (const selector of [one, and(one, same), ...ORDERS.map((order) => and(one, order))]) {
            pool.attend(selector, []);
          }
        }
      }
    });
  }
  // What neighbours carry, matched with the query's token.
  for (const term of texts) {
    groups.push(() => {
      const matches = select(term, tokens, "==");
      for (const selector of [matches, and(matches, before), extreme(and(matches, before), true)]) {
        pool.attend(selector, [tokens]);
      }
    });
  }
  // Equal counts among those that stand first, or are otherwise marked by another count.
  for (const mark of counts) {
    groups.push(() => {
      const marked = selectKeys(mark, 0, "==", codes);
      for (const count of counts) if (count !== mark) pool.attend(and(select(count, count, "=="), marked), []);
    });
  }
  inTurn(groups, tell, expired);
}

/** Adds what a third layer makes of the counts of the first: tokens in the order of a count, each kind of token once. */
export function addThirdLayer(
  pool: Pool,
  { counts }: { readonly counts: readonly Term[] },
  tell: (done: number, of: number) => void,
  expired: () => boolean,
): void {
  const { codes } = pool;
  const isFirst = selectKeys(width(and(select(tokens, tokens, "=="), before)), 0, "==", codes);
  // BOS, where there is one, is in no order.
  const kept = [isFirst, and(isFirst, selectKeys(indices, 0, ">", codes))];
  const groups = counts.flatMap((count) =>
    (["<", ">"] as const).map((op) => () => {
      const ahead = or(select(count, count, op), and(select(count, count, "=="), before));
      for (const keys of kept) {
        const [rank] = pool.attend(and(ahead, keys), []);
        if (!rank) continue;
        for (const place of [indices, fromEnd]) {
          for (const by of [0, -1]) pool.attend(and(select(rank, place, "==", by), keys), [tokens]);
        }
      }
    }),
  );
  inTurn(groups, tell, expired);
}

/** Does one after the other until time is up. */
function inTurn(
  groups: readonly (() => void)[],
  tell: (done: number, of: number) => void,
  expired: () => boolean,
): void {
  groups.every((group, done) => {
    tell(done, groups.length);
    if (!expired()) group();
    return !expired();
  });
}

/**
 * Rows of several heads that write to the same coordinates, as one. Where BOS outweighs all keys of each head, a key adds nearly the
 * same to a coordinate whatever the other keys are, so that only the sum over all heads is kept, and not how it is made up of theirs.
 */
import { leastPowerOfTwo } from "@selectron/core";
import { getOrInsert } from "../language/maps.js";
import { SOFTMAX } from "./attention.js";
import { Fold } from "./fold.js";
import { gamma, TINY, U } from "./float32.js";
import type { Head } from "./head.js";
import { Numbers, Pairs } from "./numbers.js";
import { sumBetween, type Affine, type ColumnSum } from "./ranges.js";

/** What keys add to a column: a whole number of steps, and how far off that can be. */
interface Sum {
  readonly whole: number;
  readonly lo: number;
  readonly hi: number;
}

/** What a key adds to a column if BOS has all of the attention but e^(the key's score - that of BOS). */
interface Term {
  readonly lo: number;
  readonly hi: number;
  /** The sizes of weight · value, and of that times the key's share, of all products. */
  readonly value: number;
  readonly size: number;
  /** Each product is near a multiple of the step: what these add up to, and how far the products are from them, all together. */
  readonly whole: number;
  readonly off: number;
  readonly step: number;
}

/** What a key adds to each column, and its largest share in a head. */
interface Added {
  readonly share: number;
  readonly terms: readonly Term[];
}

/** What holds for every row of a query: by column, of all keys together. */
interface Context {
  readonly size: number;
  /** What rounding can add. */
  readonly error: number;
  readonly near: { readonly step: number; readonly off: number };
}

/** One product in a column: a component of a head's value. */
interface Product {
  readonly head: number;
  readonly component: number;
  readonly weight: number;
}

/** A key may have this part of what BOS has. */
const MOST = 2 ** -10;
/** Of its value: less is nothing. */
const NOTHING = 2 ** -60;
/** How near a multiple of the step has to be, in steps. */
const NEAR = 2 ** -8;

export class SumFold extends Fold<readonly Sum[]> {
  readonly start: number;
  readonly #keys: number;
  readonly #heads: readonly Head[];
  readonly #columns: readonly { readonly bias: number; readonly products: readonly Product[] }[];
  /** By head, and by the number of BOS. */
  readonly #added: readonly Map<number, Pairs<Added>>[];
  readonly #summands = new Numbers<Added>();
  readonly #contributions = new Numbers<readonly Sum[]>();
  readonly #contexts = new Numbers<readonly Context[]>();
  readonly #results = new Numbers<readonly ColumnSum[]>();

  /**
   * @param all - those of the block, of which `heads` are summed
   * @param columns - that they write to
   * @param keys - how many a row has at most, with BOS
   */
  constructor(
    all: readonly Head[],
    heads: readonly number[],
    output: Affine,
    columns: readonly number[],
    keys: number,
  ) {
    super();
    this.#keys = keys;
    this.#heads = heads.map((h) => all[h]!);
    this.#added = heads.map(() => new Map<number, Pairs<Added>>());
    this.#columns = columns.map((c) => {
      const { rows, weights, bias } = output.columns[c]!;
      const products = rows.map((row, t): Product => {
        const { width } = this.#heads[0]!;
        const head = heads.indexOf(Math.floor(row / width));
        return { head, component: this.#heads[head]!.used.indexOf(row % width), weight: weights[t]! };
      });
      return { bias, products: products.filter(({ component }) => component >= 0) };
    });
    this.start = this.add(columns.map(() => ({ whole: 0, lo: 0, hi: 0 })));
  }

  /** Whether BOS, which is to have the largest share, adds nothing. */
  startsFrom(bos: readonly number[]): boolean {
    const values = this.#heads.map((head, h) => head.value(bos[h]!));
    return values.every(({ lo, hi }) => [...lo, ...hi].every((x) => x === 0));
  }

  /** The number of what a key is to a query, by the numbers of both and of BOS in each head; -1 where BOS does not outweigh it. */
  summand(queries: readonly number[], keys: readonly number[], bos: readonly number[]): number {
    let [terms, share]: [readonly Term[], number] = [this.#columns.map(() => NONE), NOTHING];
    for (let h = 0; h < this.#heads.length; h++) {
      const ofBos = getOrInsert(this.#added[h]!, bos[h]!, () => new Pairs<Added>());
      const added = ofBos.of(queries[h]!, keys[h]!, () => this.#addedBy(h, queries[h]!, keys[h]!, bos[h]!));
      terms = terms.map((term, c) => plus(term, added.terms[c]!));
      share = Math.max(share, added.share);
    }
    if (!(share <= MOST)) return -1;
    share = leastPowerOfTwo(share);
    const key = `${share};${terms.map((term) => Object.values(term).join()).join(";")}`;
    return this.#summands.of(key, () => ({ share, terms }));
  }

  #addedBy(h: number, query: number, key: number, bos: number): Added {
    const head = this.#heads[h]!;
    const [own, most] = [head.score(query, key), head.score(query, bos)];
    // Before exp, the maximum is subtracted with one rounding.
    const [from, to] = [own.lo - most.hi, own.hi - most.lo];
    const least = Math.exp(from - U * Math.abs(from) - 2 ** -40);
    const share = Math.exp(to + U * Math.abs(to) + 2 ** -40);
    const { lo, hi } = head.value(key);
    const terms = this.#columns.map(({ products }) =>
      products
        .filter((product) => product.head === h)
        .map(({ component, weight }) => termOf([lo[component]! * weight, hi[component]! * weight], [least, share]))
        .reduce(plus, NONE),
    );
    return { share, terms };
  }

  /**
   * What keys contribute to the rows of one query, and the number of what holds for all of these.
   *
   * @param kinds - the summands that there can be
   */
  contributions(kinds: readonly number[]): { readonly of: (summand: number) => number; readonly context: number } {
    const summands = kinds.map((kind) => this.#summands.all[kind]!);
    const keys = this.#keys;
    const excess = keys * summands.reduce((most, { share }) => Math.max(most, share), 0) * (1 + 2 ** -40);
    const relative = SOFTMAX + gamma(keys + 2) + 2 ** -40;
    const contexts = this.#columns.map((_, c): Context => {
      const terms = summands.map((summand) => summand.terms[c]!);
      const most = (of: (term: Term) => number): number => terms.reduce((max, term) => Math.max(max, of(term)), 0);
      const size = keys * most((term) => term.size);
      // What is too small for float32.
      const error = (keys + 1) * 2 ** -125 * most(({ value }) => value) + this.#heads.length * TINY;
      const off = keys * most((term) => term.off + (excess + relative) * term.size) + error + U * size;
      return { size, error, near: { off, step: terms.reduce((least, { step }) => Math.min(least, step), Infinity) } };
    });
    /** By what keys add: as whole numbers of steps and, of all with the same, how far off. */
    const sums = new Map<string, Sum[]>();
    const keyOf = ({ terms }: Added): string => terms.map(({ whole }) => whole).join();
    for (const summand of summands) {
      const own = summand.terms.map(({ lo, hi, size, whole }, c): Sum => {
        // Sums of multiples of a power of two are exact, in any order.
        const unit = leastPowerOfTwo(contexts[c]!.size + TINY) * 2 ** -40;
        const [least, most] = [Math.min(lo, lo / (1 + excess)), Math.max(hi, hi / (1 + excess))];
        const ends = [least - relative * size - whole, most + relative * size - whole] as const;
        return { whole, lo: Math.floor(ends[0] / unit) * unit, hi: Math.ceil(ends[1] / unit) * unit };
      });
      const known = sums.get(keyOf(summand));
      const joined = own.map((sum, c) => ({
        whole: sum.whole,
        lo: Math.min(sum.lo, known?.[c]!.lo ?? Infinity),
        hi: Math.max(sum.hi, known?.[c]!.hi ?? -Infinity),
      }));
      sums.set(keyOf(summand), joined);
    }
    const ids = new Map([...sums].map(([key, sum]) => [key, this.#contributions.of(this.keyOf(sum), () => sum)]));
    const context = this.#contexts.of(JSON.stringify(contexts), () => contexts);
    return { of: (id) => ids.get(keyOf(this.#summands.all[id]!))!, context };
  }

  protected next(sums: readonly Sum[], contribution: number): readonly Sum[] {
    const more = this.#contributions.all[contribution]!;
    return sums.map(({ whole, lo, hi }, c) => ({
      whole: whole + more[c]!.whole,
      lo: lo + more[c]!.lo,
      hi: hi + more[c]!.hi,
    }));
  }

  protected keyOf(sums: readonly Sum[]): string {
    return sums.map(({ whole, lo, hi }) => `${whole},${lo},${hi}`).join(";");
  }

  /** What the heads add to each column. */
  result(state: number, context: number): readonly ColumnSum[] {
    const id = this.#results.of(`${state} ${context}`, () => {
      const contexts = this.#contexts.all[context]!;
      return this.states[state]!.map(({ whole, lo, hi }, c) => {
        const { bias, products } = this.#columns[c]!;
        const { size, error, near } = contexts[c]!;
        const ends = [whole + lo - error, whole + hi + error] as const;
        return sumBetween(...ends, { bias, size: (size + error) * (1 + 2 ** -40), products: products.length, near });
      });
    });
    return this.#results.all[id]!;
  }
}

const NONE: Term = { lo: 0, hi: 0, value: 0, size: 0, whole: 0, off: 0, step: Infinity };

const plus = (a: Term, b: Term): Term => ({
  lo: a.lo + b.lo,
  hi: a.hi + b.hi,
  value: a.value + b.value,
  size: a.size + b.size,
  whole: a.whole + b.whole,
  off: a.off + b.off,
  step: Math.min(a.step, b.step),
});

/** One product of a number with a share of it. */
function termOf(ends: readonly [number, number], shares: readonly [number, number]): Term {
  const value = Math.max(...ends.map(Math.abs));
  const all = ends.flatMap((end) => shares.map((share) => end * share));
  // Multiples of a power of two, so that all that is as good as nothing is the same.
  const unit = leastPowerOfTwo(value + TINY) * NOTHING;
  const [lo, hi] = [Math.floor(Math.min(...all) / unit) * unit, Math.ceil(Math.max(...all) / unit) * unit];
  const size = Math.max(-lo, hi);
  const isNothing = size <= unit;
  const [whole, step] = isNothing ? [0, Infinity] : wholeSteps(lo, hi);
  return { lo, hi, value, size, whole, off: Math.max(hi - whole, whole - lo), step };
}

/** The largest step that a product is near a multiple of, and this multiple; 0 where there is none. */
function wholeSteps(lo: number, hi: number): readonly [whole: number, step: number] {
  const middle = (lo + hi) / 2;
  let step = 2 * leastPowerOfTwo(Math.abs(middle) + TINY);
  for (let tries = 0; tries < 16; tries++, step /= 2) {
    const whole = Math.round(middle / step) * step;
    if (whole !== 0 && Math.max(hi - whole, whole - lo) <= NEAR * step) return [whole, step];
  }
  return [0, 0];
}

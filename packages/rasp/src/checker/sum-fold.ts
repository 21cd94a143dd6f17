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

/** What keys add to each column: whole numbers of steps, and how far off their sum can be. */
interface Sum {
  readonly whole: readonly number[];
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** What a key adds to each column if BOS has all of the attention but e^(the key's score - that of BOS). */
interface Added {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  /** The largest share of it in a head. */
  readonly share: number;
  /** For each column the sum of |weight · value|, and of that times the key's share. */
  readonly values: readonly number[];
  readonly sizes: readonly number[];
}

/** The same of all heads together. */
interface Summand extends Added {
  /** The number of the whole numbers of steps that it adds. */
  readonly whole: number;
}

/** What holds for every row of a query. */
interface Context {
  readonly keys: number;
  /** For each column what all keys can add at most, and what rounding can add to them all. */
  readonly sizes: readonly number[];
  readonly errors: readonly number[];
  /** How far a product can be from a multiple of the step, at most, all products together. */
  readonly offs: readonly number[];
  readonly steps: readonly number[];
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

export class SumFold extends Fold<Sum> {
  readonly #heads: readonly Head[];
  readonly #columns: readonly { readonly bias: number; readonly products: readonly Product[] }[];
  /** By head, and by the number of BOS. */
  readonly #added: readonly Map<number, Pairs<Added>>[];
  readonly #summands = new Numbers<Summand>();
  readonly #wholes = new Numbers<{ readonly whole: readonly number[]; readonly steps: readonly number[] }>();
  readonly #contributions = new Numbers<Sum>();
  readonly #contexts = new Numbers<Context>();
  readonly #results = new Numbers<readonly ColumnSum[]>();
  readonly start: number;

  /** @param heads - of the block, by their numbers @param columns - that they write to */
  constructor(all: readonly Head[], heads: readonly number[], output: Affine, columns: readonly number[]) {
    super();
    this.#heads = heads.map((h) => all[h]!);
    this.#added = heads.map(() => new Map<number, Pairs<Added>>());
    this.#columns = columns.map((c) => {
      const { rows, weights, bias } = output.columns[c]!;
      const products = rows.map((row, t): Product => {
        const head = heads.findIndex((h) => Math.floor(row / all[h]!.width) === h);
        return { head, component: this.#heads[head]!.used.indexOf(row % all[0]!.width), weight: weights[t]! };
      });
      return { bias, products: products.filter(({ component }) => component >= 0) };
    });
    const nothing = columns.map(() => 0);
    this.start = this.add({ whole: nothing, lo: nothing, hi: nothing });
  }

  /** Whether BOS, which is to have the largest share, adds nothing. */
  startsFrom(bos: readonly number[]): boolean {
    const values = this.#heads.map((head, h) => head.value(bos[h]!));
    return values.every(({ lo, hi }) => [...lo, ...hi].every((x) => x === 0));
  }

  /** The number of what a key is to a query, by the numbers of both and of BOS in each head; -1 where BOS does not outweigh it. */
  summand(queries: readonly number[], keys: readonly number[], bos: readonly number[]): number {
    const width = this.#columns.length;
    const zeros = (): number[] => new Array<number>(width).fill(0);
    const sum = { lo: zeros(), hi: zeros(), values: zeros(), sizes: zeros() };
    let share = 0;
    for (let h = 0; h < this.#heads.length; h++) {
      const ofBos = getOrInsert(this.#added[h]!, bos[h]!, () => new Pairs<Added>());
      const added = ofBos.of(queries[h]!, keys[h]!, () => this.#addedBy(h, queries[h]!, keys[h]!, bos[h]!));
      for (const part of ["lo", "hi", "values", "sizes"] as const) {
        for (let c = 0; c < width; c++) sum[part][c]! += added[part][c]!;
      }
      share = Math.max(share, added.share);
    }
    if (!(share <= MOST)) return -1;
    share = leastPowerOfTwo(Math.max(share, NOTHING));
    return this.#summands.of(`${share};${Object.values(sum).join(";")}`, () => {
      const whole = sum.lo.map((lo, c) => wholeSteps(lo, sum.hi[c]!, sum.values[c]!));
      const number = this.#wholes.of(whole.flat().join(), () => ({
        whole: whole.map(([steps]) => steps),
        steps: whole.map(([, step]) => step),
      }));
      return { ...sum, share, whole: number };
    });
  }

  #addedBy(h: number, query: number, key: number, bos: number): Added {
    const head = this.#heads[h]!;
    const [own, most] = [head.score(query, key), head.score(query, bos)];
    // Before exp, the maximum is subtracted with one rounding.
    const [from, to] = [own.lo - most.hi, own.hi - most.lo];
    const least = Math.exp(from - U * Math.abs(from) - 2 ** -40);
    const share = Math.exp(to + U * Math.abs(to) + 2 ** -40);
    const value = head.value(key);
    const columns = this.#columns.map(({ products }) => {
      let [lo, hi, values] = [0, 0, 0];
      for (const { component, weight } of products.filter((product) => product.head === h)) {
        const ends = [value.lo[component]! * weight, value.hi[component]! * weight];
        const all = ends.flatMap((end) => [end * least, end * share]);
        lo += Math.min(...all);
        hi += Math.max(...all);
        values += Math.max(...ends.map(Math.abs));
      }
      // Multiples of a power of two, so that all that is as good as nothing is the same, and sums are exact.
      const unit = values > 0 ? leastPowerOfTwo(values) * NOTHING : 1;
      return { lo: Math.floor(lo / unit) * unit, hi: Math.ceil(hi / unit) * unit, values };
    });
    return {
      lo: columns.map(({ lo }) => lo),
      hi: columns.map(({ hi }) => hi),
      share,
      values: columns.map(({ values }) => values),
      sizes: columns.map(({ lo, hi }) => Math.max(-lo, hi)),
    };
  }

  /**
   * What keys contribute to the rows of one query, and the number of what holds for all of these.
   *
   * @param keys - how many there are beside BOS
   * @param kinds - the summands that there can be
   */
  contributions(
    keys: number,
    kinds: readonly number[],
  ): { readonly of: (summand: number) => number; readonly context: number } {
    const summands = kinds.map((kind) => this.#summands.all[kind]!);
    const most = (of: (summand: Summand) => number): number => summands.reduce((max, s) => Math.max(max, of(s)), 0);
    const excess = keys * most(({ share }) => share) * (1 + 2 ** -40);
    const relative = SOFTMAX + gamma(keys + 2) + 2 ** -40;
    const columns = [...this.#columns.keys()];
    const sizes = columns.map((c) => most((summand) => summand.sizes[c]!));
    // Sums of multiples of a power of two are exact, in any order.
    const units = sizes.map((size) => (size > 0 ? 2 ** (Math.ceil(Math.log2(size)) - 40) : 1));
    const sums = new Map<number, { lo: number[]; hi: number[] }>();
    for (const { whole, lo, hi, sizes: own } of summands) {
      const sum = getOrInsert(sums, whole, () => ({
        lo: columns.map(() => Infinity),
        hi: columns.map(() => -Infinity),
      }));
      const steps = this.#wholes.all[whole]!.whole;
      for (const c of columns) {
        const error = relative * own[c]!;
        const [least, highest] = [Math.min(lo[c]!, lo[c]! / (1 + excess)), Math.max(hi[c]!, hi[c]! / (1 + excess))];
        const unit = units[c]!;
        sum.lo[c] = Math.min(sum.lo[c]!, Math.floor((least - error - steps[c]!) / unit) * unit);
        sum.hi[c] = Math.max(sum.hi[c]!, Math.ceil((highest + error - steps[c]!) / unit) * unit);
      }
    }
    const ids = new Map<number, number>();
    const offs = columns.map(() => 0);
    const steps = columns.map(() => Infinity);
    for (const [whole, { lo, hi }] of sums) {
      const of = this.#wholes.all[whole]!;
      ids.set(
        whole,
        this.#contributions.of(`${whole} ${lo.join()} ${hi.join()}`, () => ({ whole: of.whole, lo, hi })),
      );
      for (const c of columns) {
        offs[c] = Math.max(offs[c]!, Math.abs(lo[c]!), Math.abs(hi[c]!));
        steps[c] = Math.min(steps[c]!, of.steps[c]!);
      }
    }
    // What is too small for float32.
    const errors = columns.map(
      (c) => (keys + 1) * 2 ** -125 * most(({ values }) => values[c]!) + this.#heads.length * TINY,
    );
    const context = { keys, sizes: sizes.map((s) => s * keys), errors, offs: offs.map((off) => off * keys), steps };
    const key = `${keys};${context.sizes.join()};${errors.join()};${context.offs.join()};${steps.join()}`;
    return { of: (id) => ids.get(this.#summands.all[id]!.whole)!, context: this.#contexts.of(key, () => context) };
  }

  protected next(sum: Sum, contribution: number): Sum {
    const { whole, lo, hi } = this.#contributions.all[contribution]!;
    const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, c) => x + b[c]!);
    return { whole: plus(sum.whole, whole), lo: plus(sum.lo, lo), hi: plus(sum.hi, hi) };
  }

  protected keyOf({ whole, lo, hi }: Sum): string {
    return `${whole.join()};${lo.join()};${hi.join()}`;
  }

  /** What the heads add to each column. */
  result(state: number, context: number): readonly ColumnSum[] {
    const id = this.#results.of(`${state} ${context}`, () => {
      const { whole, lo, hi } = this.states[state]!;
      const { sizes, errors, offs, steps } = this.#contexts.all[context]!;
      return this.#columns.map(({ bias, products }, c) => {
        const error = errors[c]!;
        const size = (sizes[c]! + error) * (1 + 2 ** -40);
        const near = { step: steps[c]!, off: offs[c]! + error + U * size };
        const from = whole[c]! + lo[c]! - error;
        const to = whole[c]! + hi[c]! + error;
        return sumBetween(from, to, { bias, size, products: products.length, near });
      });
    });
    return this.#results.all[id]!;
  }
}

/** What a key adds, as a number of the largest steps that it is near a multiple of, if it is more than nothing. */
function wholeSteps(lo: number, hi: number, values: number): readonly [sum: number, step: number] {
  const middle = (lo + hi) / 2;
  if (Math.max(Math.abs(lo), Math.abs(hi)) <= 2 ** -40 * values) return [0, Infinity];
  let step = 2 ** (Math.ceil(Math.log2(Math.abs(middle))) + 1);
  for (let tries = 0; tries < 16; tries++, step /= 2) {
    const whole = Math.round(middle / step) * step;
    if (whole !== 0 && Math.max(hi - whole, whole - lo) <= NEAR * step) return [whole, step];
  }
  return [0, 0];
}

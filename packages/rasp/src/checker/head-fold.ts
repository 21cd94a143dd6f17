/** Rows of one head. */
import { getOrInsert } from "../language/maps.js";
import type { Part, Score } from "./attention.js";
import { Fold } from "./fold.js";
import type { Head } from "./head.js";
import { Numbers, Pairs } from "./numbers.js";
import { rangesOf, type Ranges } from "./ranges.js";

/** Keys that score alike. */
interface Alike {
  readonly key: string;
  readonly count: number;
  readonly lo: number;
  readonly hi: number;
  /** For each value dimension the sum, the smallest and the largest. */
  readonly sum: Ranges;
  readonly extremes: Ranges;
}

interface Seen {
  readonly alike: readonly Alike[];
  /** The highest score that is certain. */
  readonly top: number;
  /** No key that is left out of `alike` scores more; -Infinity where there is none. */
  readonly low: number;
}

/** e^-19 of the largest share: keys that score so much lower are kept as one bound. */
const NEGLIGIBLE = 19;
/** Keys that score so much higher than all with other values take all of the attention, together. */
const DOMINANT = 24;
/** Sums of values are kept as multiples of this power of two, rounded outwards. */
const GRAIN = 2 ** 22;

/** Keys that score so much less than BOS are as one, whatever they hold. */
const NOTHING = 100;

/** What a key is to a query. */
interface Scored {
  readonly score: Score;
  /** The number of its value; -1 where that does not matter. */
  readonly value: number;
  /** As a contribution of its own. */
  contribution: number | undefined;
}

/** What a key adds to a row; without a name it scores at most `hi`, and has any value. */
interface Contribution {
  readonly name: string | undefined;
  readonly lo: number;
  readonly hi: number;
  readonly value: Ranges | undefined;
}

/** The rows of a head. */
export class HeadFold extends Fold<Seen> {
  readonly #head: Head;
  readonly #keys: number;
  readonly #empty: number;
  readonly #scored = new Numbers<Scored>();
  /** By the number of BOS. */
  readonly #ids = new Map<number, Pairs<number>>();
  readonly #contributions = new Numbers<Contribution>();
  readonly #results = new Map<string, number>();

  /** @param keys - how many a row has at most, with BOS */
  constructor(head: Head, keys: number) {
    super();
    this.#keys = keys;
    this.#head = head;
    this.#empty = this.add({ alike: [], top: -Infinity, low: -Infinity });
  }

  /** The row of BOS alone. */
  start(bos: number): number {
    return this.step(this.#empty, this.#own(bos));
  }

  /** The number of what a key is to a query. @param bos - as a key */
  scored(query: number, key: number, bos: number): number {
    const ids = getOrInsert(this.#ids, bos, () => new Pairs<number>());
    return ids.of(query, key, () => {
      const [score, ofBos] = [this.#head.score(query, key), this.#head.score(query, bos)];
      const most = Math.ceil(ofBos.lo - NOTHING);
      const isNothing = score.hi <= most;
      const { lo, hi, same } = isNothing ? { lo: -Infinity, hi: most, same: undefined } : score;
      const value = isNothing ? -1 : this.#head.valueId(key);
      return this.#scored.of(`${lo} ${hi} ${same} ${value}`, () => ({
        score: { lo, hi, same },
        value,
        contribution: undefined,
      }));
    });
  }

  /**
   * What keys contribute to the rows of one query. Those that score far below one that every row has are as one, and so are those of one
   * value that score far above all of other values: rows then differ only in what matters.
   *
   * @param bos - BOS, in every row
   * @param positions - what the key at each position can be
   */
  contributions(bos: number, positions: readonly (readonly number[])[]): (scored: number) => number {
    const { all } = this.#scored;
    let top = all[bos]!.score.lo;
    for (const keys of positions) {
      let least = Infinity;
      for (const key of keys) least = Math.min(least, all[key]!.score.lo);
      if (least < Infinity) top = Math.max(top, least);
    }
    const isNear = (key: number): boolean => all[key]!.score.hi >= top - NEGLIGIBLE;
    const keys = [...new Set(positions.flat())];
    const near = keys.filter(isNear);
    const low = keys.reduce((most, key) => (isNear(key) ? most : Math.max(most, all[key]!.score.hi)), -Infinity);
    const together = this.#dominant([...near, bos]);
    const far =
      low === -Infinity
        ? -1
        : this.#contribution({ name: undefined, lo: -Infinity, hi: Math.ceil(low), value: undefined });
    return (key) => (!isNear(key) ? far : together?.keys.has(key) ? together.contribution : this.#own(key));
  }

  /** Keys of one value that score far above all others. */
  #dominant(
    keys: readonly number[],
  ): { readonly keys: ReadonlySet<number>; readonly contribution: number } | undefined {
    const all = keys.map((key) => ({ key, ...this.#scored.all[key]! }));
    const { value } = all.reduce((most, other) => (other.score.hi > most.score.hi ? other : most));
    const others = all.reduce(
      (most, other) => (other.value === value ? most : Math.max(most, other.score.hi)),
      -Infinity,
    );
    const dominant = all.filter((other) => other.value === value && other.score.lo >= others + DOMINANT);
    if (dominant.length < 2) return undefined;
    const lo = dominant.reduce((least, { score }) => Math.min(least, score.lo), Infinity);
    const hi = dominant.reduce((most, { score }) => Math.max(most, score.hi), -Infinity);
    const contribution = this.#contribution({ name: "highest", lo, hi, value: this.#head.values.all[value] });
    return { keys: new Set(dominant.map(({ key }) => key)), contribution };
  }

  #own(key: number): number {
    const scored = this.#scored.all[key]!;
    const { lo, hi, same } = scored.score;
    const name = same ?? `about ${Math.round(8 * (lo + hi))}`;
    return (scored.contribution ??= this.#contribution({ name, lo, hi, value: this.#head.values.all[scored.value] }));
  }

  #contribution(contribution: Contribution): number {
    const { name, lo, hi, value } = contribution;
    const key = `${name ?? "low"} ${lo} ${hi} ${value ? ends(value) : ""}`;
    return this.#contributions.of(key, () => contribution);
  }

  protected next({ alike, top, low }: Seen, contribution: number): Seen {
    const { name, lo, hi, value } = this.#contributions.all[contribution]!;
    if (name === undefined || !value) return { alike, top, low: Math.max(low, hi) };
    const before = alike.find((other) => other.key === name);
    const added = before
      ? {
          key: name,
          count: before.count + 1,
          lo: Math.min(before.lo, lo),
          hi: Math.max(before.hi, hi),
          sum: plus(before.sum, value),
          extremes: both(before.extremes, value),
        }
      : { key: name, count: 1, lo, hi, sum: plus(rangesOf(value.lo.length), value), extremes: value };
    const highest = Math.max(top, lo);
    const all = [...alike.filter((other) => other !== before), added];
    const dropped = all.filter((other) => other.hi < highest - NEGLIGIBLE);
    return {
      alike: all.filter((other) => !dropped.includes(other)),
      top: highest,
      low: dropped.reduce((most, other) => Math.max(most, Math.ceil(other.hi)), low),
    };
  }

  protected keyOf({ alike, top, low }: Seen): string {
    const texts = alike.map((a) => `${a.key}*${a.count} ${a.lo} ${a.hi} ${ends(a.sum)} ${ends(a.extremes)}`).sort();
    return `${texts.join(";")} ${top} ${low}`;
  }

  /** The number of what the head gives. @param all - what the values of any key can be, with a number */
  result(state: number, all: { readonly id: number; readonly values: Ranges }): number {
    return getOrInsert(this.#results, `${state} ${all.id}`, () => {
      const { alike, low } = this.states[state]!;
      const parts = alike.map(({ count: n, lo, hi, key, sum, extremes }): Part => {
        const isSame = !key.startsWith("about");
        const value = rangesOf(sum.lo.length);
        for (let d = 0; d < sum.lo.length; d++) {
          // Keys whose scores differ by up to hi - lo have shares that differ by that factor.
          const width = extremes.hi[d]! - extremes.lo[d]!;
          const spread = isSame || width === 0 ? 0 : Math.expm1(hi - lo) * width;
          value.lo[d] = Math.max(sum.lo[d]! / n - spread, extremes.lo[d]!);
          value.hi[d] = Math.min(sum.hi[d]! / n + spread, extremes.hi[d]!);
        }
        return { count: n, score: { lo, hi, same: undefined }, value };
      });
      if (low > -Infinity) {
        parts.push({ count: this.#keys, score: { lo: -Infinity, hi: low, same: undefined }, value: all.values });
      }
      return this.#head.result(parts, this.#keys);
    });
  }
}

const ends = ({ lo, hi }: Ranges): string => `${lo.join()}:${hi.join()}`;

function plus(a: Ranges, b: Ranges): Ranges {
  const sum = rangesOf(a.lo.length);
  for (let d = 0; d < a.lo.length; d++) {
    sum.lo[d] = Math.floor((a.lo[d]! + b.lo[d]!) * GRAIN) / GRAIN;
    sum.hi[d] = Math.ceil((a.hi[d]! + b.hi[d]!) * GRAIN) / GRAIN;
  }
  return sum;
}

export function both(a: Ranges, b: Ranges): Ranges {
  const all = rangesOf(a.lo.length);
  for (let d = 0; d < a.lo.length; d++) {
    all.lo[d] = Math.min(a.lo[d]!, b.lo[d]!);
    all.hi[d] = Math.max(a.hi[d]!, b.hi[d]!);
  }
  return all;
}

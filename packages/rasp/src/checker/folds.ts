/**
 * Rows key by key. A *fold* is what is left of the keys so far: of an aggregate of the program how many were selected and their sum, of a
 * head how many keys had each score and the sum of their values. Equal states have one number, and each step is computed once.
 */
import { arithmetic } from "../language/atom/arithmetic.js";
import { compareAtoms } from "../language/atom/compare.js";
import { numeric, toFloat, type Numeric } from "../language/atom/number.js";
import { RaspError } from "../language/diagnostic.js";
import type { AggregateNode, Atom, BestNode } from "../language/graph/node.js";
import { getOrInsert } from "../language/maps.js";
import type { Part, Score } from "./attention.js";
import type { Head } from "./head.js";
import { bestIn, exactKey, FAILS, type Label, type ProgramValues, type Value } from "./program-values.js";
import { CannotFollow, rangesOf, type Ranges } from "./ranges.js";

/** States by number, and a memory of the steps between them. */
abstract class Fold<State> {
  readonly states: State[] = [];
  readonly #ids = new Map<string, number>();
  readonly #steps = new Map<number, number>();

  protected abstract next(state: State, contribution: number): State | undefined;
  protected abstract keyOf(state: State): string;

  protected add(state: State): number {
    return getOrInsert(this.#ids, this.keyOf(state), () => this.states.push(state) - 1);
  }

  /** The state after one more key; -1 where the program has no value. */
  step(state: number, contribution: number): number {
    return getOrInsert(this.#steps, state * 2 ** 24 + contribution, () => {
      const next = this.next(this.states[state]!, contribution);
      return next ? this.add(next) : -1;
    });
  }
}

interface Row {
  readonly count: number;
  readonly sum: Numeric;
  /** The value, where one is selected. */
  readonly only: Atom | undefined;
  /** Of a selector with `best`: what the best key so far contributes, which is not in the row yet. */
  readonly best: Contribution | undefined;
}

/** What a key contributes to a row of an aggregate. */
interface Contribution {
  readonly key: string;
  readonly value: Atom;
  /** Where `best` may choose it: the score. */
  readonly score: Atom | undefined;
  /** Whether it is selected if `best` chooses it, and if not. */
  readonly ifBest: boolean;
  readonly ifNot: boolean;
}

/** The rows of an aggregate. */
export class AggregateFold extends Fold<Row> {
  readonly start: number;
  /** Whether a row depends on the order of its keys. */
  isOrdered: boolean;
  readonly #contributions: Contribution[] = [];
  readonly #ids = new Map<string, number>();
  readonly #node: AggregateNode;
  readonly #best: BestNode | undefined;

  /** @throws CannotFollow where its selector has several `best` */
  constructor(node: AggregateNode) {
    super();
    this.#node = node;
    this.#best = bestIn(node.selector);
    this.isOrdered = this.#best !== undefined;
    this.start = this.add({ count: 0, sum: 0n, only: undefined, best: undefined });
  }

  /** The number of what a key contributes; -1 where the program has no value. */
  contribution(program: ProgramValues, query: Label, key: Label): number {
    const { selector, value } = this.#node;
    const best = this.#best;
    const ifNot = program.selects(selector, query, key, false);
    const ifBest = best ? program.selects(selector, query, key, true) : ifNot;
    const isChoice = best ? program.selects(best.selector, query, key, false) : false;
    const score = best ? program.value(best.score, key) : undefined;
    const atom = program.value(value, key);
    if (ifNot === FAILS || ifBest === FAILS || isChoice === FAILS || atom === FAILS || score === FAILS) return -1;
    if (score === null || typeof score === "string" || Number.isNaN(score)) return -1;
    if (!isExact(atom)) {
      // Sums of such numbers depend on the order, and the best key is added last.
      if (best && best !== selector) throw new CannotFollow("the program's values: rounded sums beside `best`");
      this.isOrdered = true;
    }
    const id = `${exactKey(atom)} ${isChoice ? exactKey(score) : ""} ${ifBest} ${ifNot}`;
    const contribution = { key: id, value: atom, score: isChoice ? score : undefined, ifBest, ifNot };
    return getOrInsert(this.#ids, id, () => this.#contributions.push(contribution) - 1);
  }

  protected next(row: Row, key: number): Row | undefined {
    const contribution = this.#contributions[key]!;
    const { score, ifNot } = contribution;
    if (score === undefined) return ifNot ? plusValue(row, contribution.value) : row;
    const known = row.best;
    // Of equal scores the earliest stays.
    const [best, other] =
      known === undefined || compareAtoms(">", score, known.score!) ? [contribution, known] : [known, contribution];
    const rest = other?.ifNot ? plusValue(row, other.value) : row;
    return rest && { ...rest, best };
  }

  protected keyOf({ count, sum, only, best }: Row): string {
    return `${count} ${exactKey(sum)} ${exactKey(only)} ${best?.key ?? ""}`;
  }

  /** The value of the row. */
  result(state: number): Value {
    const { best, ...rest } = this.states[state]!;
    const row = best?.ifBest ? plusValue({ ...rest, best }, best.value) : { ...rest, best };
    if (!row) return FAILS;
    const { count, sum, only } = row;
    if (count === 0) return this.#node.noDefault === undefined ? this.#node.default : FAILS;
    if (count === 1) return only!;
    const mean = toFloat(sum) / count;
    return Number.isFinite(mean) ? mean : FAILS;
  }
}

/** Whether sums of this number and others are exact in every order. */
const isExact = (atom: Atom): boolean =>
  typeof atom === "number"
    ? Number.isInteger(atom * 2 ** 20) && Math.abs(atom) < 2 ** 20
    : typeof atom !== "bigint" || (atom < 2n ** 20n && atom > -(2n ** 20n));

/** The row with one more value, as `aggregateRow` adds it: from left to right; a single value stays as it is. */
function plusValue({ count, sum, only, best }: Row, value: Atom): Row | undefined {
  const number = numeric(value);
  if (count === 0) return { count: 1, sum: number ?? 0n, only: value, best };
  if (number === undefined || (only !== undefined && numeric(only) === undefined)) return undefined;
  try {
    const isFloat = typeof sum === "number" && typeof number === "number";
    const total = isFloat ? sum + number : (arithmetic("+", sum, number) as Numeric);
    return { count: count + 1, sum: total, only: undefined, best };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

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
  readonly count: number;
}

/** e^-19 of the largest share: keys that score so much lower are kept as one bound. */
const NEGLIGIBLE = 19;
/** Sums of values are kept as multiples of this power of two, rounded outwards. */
const GRAIN = 2 ** 22;

/** The rows of a head. */
export class HeadFold extends Fold<Seen> {
  readonly empty: number;
  readonly #head: Head;
  readonly #contributions: { readonly score: Score; readonly value: Ranges }[] = [];
  readonly #ids = new Map<string, number>();
  readonly #results = new Map<string, number>();

  constructor(head: Head) {
    super();
    this.#head = head;
    this.empty = this.add({ alike: [], top: -Infinity, low: -Infinity, count: 0 });
  }

  contribution(query: number, key: number): number {
    const score = this.#head.score(query, key);
    const id = `${score.lo} ${score.hi} ${score.same} ${this.#head.valueId(key)}`;
    return getOrInsert(this.#ids, id, () => this.#contributions.push({ score, value: this.#head.value(key) }) - 1);
  }

  protected next({ alike, top, low, count }: Seen, contribution: number): Seen {
    const { score, value } = this.#contributions[contribution]!;
    const { lo, hi, same } = score;
    const name = same ?? `about ${Math.round(8 * (lo + hi))}`;
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
      count: count + 1,
    };
  }

  protected keyOf({ alike, top, low, count }: Seen): string {
    const texts = alike.map((a) => `${a.key}*${a.count} ${a.lo} ${a.hi} ${ends(a.sum)} ${ends(a.extremes)}`).sort();
    return `${texts.join(";")} ${top} ${low} ${count}`;
  }

  /** The number of what the head gives. @param all - what the values of any key can be, with a number */
  result(state: number, all: { readonly id: number; readonly values: Ranges }): number {
    return getOrInsert(this.#results, `${state} ${all.id}`, () => {
      const { alike, low, count } = this.states[state]!;
      const parts = alike.map(({ count: n, lo, hi, key, sum, extremes }): Part => {
        const isSame = !key.startsWith("about");
        const value = rangesOf(sum.lo.length);
        for (let d = 0; d < sum.lo.length; d++) {
          // Keys whose scores differ by up to hi - lo have shares that differ by that factor.
          const spread = isSame ? 0 : Math.expm1(hi - lo) * (extremes.hi[d]! - extremes.lo[d]!);
          value.lo[d] = Math.max(sum.lo[d]! / n - spread, extremes.lo[d]!);
          value.hi[d] = Math.min(sum.hi[d]! / n + spread, extremes.hi[d]!);
        }
        return { count: n, score: { lo, hi, same: undefined }, value };
      });
      if (low > -Infinity) {
        parts.push({ count, score: { lo: -Infinity, hi: low, same: undefined }, value: all.values });
      }
      return this.#head.result(parts, count);
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

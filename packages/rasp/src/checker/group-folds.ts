/**
 * The folds of a group of heads and aggregates: what a key is to a query in each of them, what it contributes to the query's rows, and
 * what a row gives. Heads that write to the same coordinates have a fold for their sum, which is used where it says enough.
 */
import type { Atom } from "../language/graph/node.js";
import { getOrInsert } from "../language/maps.js";
import { AggregateFold } from "./aggregate-fold.js";
import type { Budget } from "./budget.js";
import { HeadFold } from "./head-fold.js";
import type { Head } from "./head.js";
import { JointFold } from "./joint-fold.js";
import type { Block } from "./network.js";
import { Lists, Numbers } from "./numbers.js";
import { exactKey, FAILS, type AggregateValue, type Label, type ProgramValues } from "./program-values.js";
import type { Ranges } from "./ranges.js";
import type { Group } from "./schedule.js";
import { SumFold } from "./sum-fold.js";

/** What a group gives for a query: values of its aggregates, and by their numbers results of its heads and what they add together. */
export interface Outcome {
  /** Its number in the group. */
  readonly id: number;
  readonly aggregates: readonly AggregateValue[];
  readonly results: readonly (readonly [head: number, result: number])[];
  readonly together: readonly number[];
}

/** A query, by its number in each head, and BOS as a key. */
export interface Asked {
  readonly label: Label;
  readonly queries: readonly number[];
  readonly bos: readonly number[];
  /** Which sums of heads are kept in place of these heads: all that were possible for the keys so far. */
  readonly summed: boolean[];
  /** By the number of a kind of keys, what they are to the query: a number, or -1 where the program has no value. */
  readonly met: Map<number, number>;
}

/** A key, by its number in each head. */
export interface Offered {
  readonly label: Label;
  readonly keys: readonly number[];
}

/** How rows of a query are folded. */
export interface RowFold {
  readonly joint: JointFold;
  readonly start: number;
  /** The number of what a key contributes, by the number of what it is to the query. */
  readonly contribution: (met: number) => number;
  /** By the number of the sum; undefined where its heads are folded one by one. */
  readonly contexts: readonly (number | undefined)[];
}

/** What the values of any key of a head can be. */
export interface AnyValue {
  readonly id: number;
  readonly values: Ranges;
}

/** What it takes to see what a key is to a query, beside its heads. */
const MEETING = 10;

export class GroupFolds {
  readonly #group: Group;
  readonly #program: ProgramValues;
  readonly #block: Block | undefined;
  readonly #budget: Budget;
  readonly heads: readonly Head[];
  readonly #aggregates: readonly AggregateFold[];
  readonly #heads: readonly HeadFold[];
  /** With the heads that each sums, by their numbers in the group. */
  readonly #sums: readonly {
    readonly fold: SumFold;
    readonly heads: readonly number[];
    readonly columns: readonly number[];
  }[];
  /** What keys are to queries: numbers in each fold that is used. */
  readonly #mets = new Lists();
  readonly #joints = new Map<string, JointFold>();
  readonly #outcomes = new Numbers<Outcome>();
  readonly #together = new Map<string, number>();

  /** @param keys - how many a row has at most, with BOS */
  constructor(group: Group, block: Block | undefined, program: ProgramValues, keys: number, budget: Budget) {
    this.#group = group;
    this.#program = program;
    this.#block = block;
    this.#budget = budget;
    this.heads = group.heads.map((h) => block!.heads[h]!);
    this.#aggregates = group.aggregates.map((a) => new AggregateFold(program.aggregates[a]!));
    this.#heads = this.heads.map((head) => new HeadFold(head, keys));
    const writers = block?.writers() ?? [];
    this.#sums = writers
      .filter(
        ({ heads, columns }) => heads.length > 1 && columns.length > 0 && heads.every((h) => group.heads.includes(h)),
      )
      .map(({ heads, columns }) => ({
        fold: new SumFold(block!.heads, heads, block!.output!, columns, keys),
        heads: heads.map((h) => group.heads.indexOf(h)),
        columns,
      }));
  }

  /** Whether rows depend on the order of their keys. */
  get isOrdered(): boolean {
    return this.#aggregates.some(({ isOrdered }) => isOrdered);
  }

  asked(label: Label, queries: readonly number[], bos: readonly number[]): Asked {
    const summed = this.#sums.map(({ fold, heads }) => fold.startsFrom(heads.map((h) => bos[h]!)));
    return { label, queries, bos, summed, met: new Map() };
  }

  /** What kinds of keys are to a query, as numbers. Those for which the program has no value are left out. */
  meet(asked: Asked, kinds: Iterable<number>, keyOf: (kind: number) => Offered): void {
    const all = [...kinds];
    for (let k = 0; k < all.length; k++) {
      if (asked.met.has(all[k]!)) continue;
      const met = this.#met(asked, keyOf(all[k]!));
      if (met === undefined) k = -1;
      else asked.met.set(all[k]!, met);
    }
  }

  /** Undefined where a sum turned out not to be possible, so that all that is known of the query is forgotten. */
  #met({ label, queries, bos, summed, met }: Asked, { label: own, keys }: Offered): number | undefined {
    this.#budget.take(MEETING + this.heads.length);
    const aggregates = this.#aggregates.map((fold) => fold.contribution(this.#program, label, own));
    if (aggregates.includes(-1)) return -1;
    const picked = (all: readonly number[], heads: readonly number[]): number[] => heads.map((h) => all[h]!);
    const sums: number[] = [];
    for (const [s, { fold, heads }] of this.#sums.entries()) {
      if (!summed[s]) continue;
      const summand = fold.summand(picked(queries, heads), picked(keys, heads), picked(bos, heads));
      if (summand < 0) {
        summed[s] = false;
        met.clear();
        return undefined;
      }
      sums.push(summand);
    }
    const apart = this.#apart(summed).map((h) => this.#heads[h]!.scored(queries[h]!, keys[h]!, bos[h]!));
    return this.#mets.of([...aggregates, ...apart, ...sums]);
  }

  /**
   * @param positions - what the key at each position can be; positions for which that is the same need to be here only once
   */
  rowFold({ queries, bos, summed }: Asked, positions: readonly (readonly number[])[]): RowFold {
    const kinds = [...new Set(positions.flat())].map((met) => this.#mets.all[met]!);
    const aggregates = this.#aggregates.length;
    const apart = this.#apart(summed);
    const used = this.#sums.filter((_, s) => summed[s]);
    const ofSum = used.map(({ fold }, i) => {
      const at = aggregates + apart.length + i;
      return fold.contributions([...new Set(kinds.map((kind) => kind[at]!))]);
    });
    const scoredBos = apart.map((h) => this.#heads[h]!.scored(queries[h]!, bos[h]!, bos[h]!));
    const ofHead = apart.map((h, i) => {
      const scored = positions.map((mets) => mets.map((met) => this.#mets.all[met]![aggregates + i]!));
      return this.#heads[h]!.contributions(scoredBos[i]!, scored);
    });
    const joint = getOrInsert(this.#joints, apart.join(), () => {
      const folds = [...this.#aggregates, ...apart.map((h) => this.#heads[h]!), ...used.map(({ fold }) => fold)];
      return new JointFold(folds, this.#budget);
    });
    const of = [...ofHead, ...ofSum.map((sum) => sum.of)];
    const contribution = (met: number): number =>
      joint.contribution(this.#mets.all[met]!.map((part, i) => (i < aggregates ? part : of[i - aggregates]!(part))));
    const start = joint.start([
      ...this.#aggregates.map((fold) => fold.start),
      ...apart.map((h, i) => this.#heads[h]!.start(scoredBos[i]!)),
      ...used.map(({ fold }) => fold.start),
    ]);
    let next = 0;
    const contexts = summed.map((isSummed) => (isSummed ? ofSum[next++]!.context : undefined));
    return { joint, start, contribution, contexts };
  }

  /** The heads that are folded one by one. */
  #apart(summed: readonly boolean[]): number[] {
    return this.#heads
      .map((_, h) => h)
      .filter((h) => !this.#sums.some(({ heads }, s) => summed[s] && heads.includes(h)));
  }

  /** What a row gives. @param all - by head */
  outcomes({ joint, contexts }: RowFold, row: number, all: readonly AnyValue[]): readonly Outcome[] {
    const found = new Set<Outcome>();
    const { aggregates, heads } = this.#group;
    const apart = this.#apart(contexts.map((context) => context !== undefined));
    for (const state of joint.states(row)) {
      const values = this.#aggregates.map((fold, a) => fold.result(state[a]!));
      if (values.includes(FAILS)) continue;
      let at = aggregates.length;
      const results = apart.map((h) => [heads[h]!, this.#heads[h]!.result(state[at++]!, all[h]!)] as const);
      const together = this.#sums.flatMap((_, s) =>
        contexts[s] === undefined ? [] : [this.#added(s, state[at++]!, contexts[s])],
      );
      const id = this.#outcomes.of(`${values.map(exactKey).join("|")} ${results.join()} ${together.join()}`, () => ({
        id: this.#outcomes.all.length,
        aggregates: values.map((value, a) => [aggregates[a]!, value as Atom] as const),
        results,
        together,
      }));
      found.add(this.#outcomes.all[id]!);
    }
    return [...found];
  }

  #added(s: number, state: number, context: number): number {
    return getOrInsert(this.#together, `${s} ${state} ${context}`, () => {
      const { fold, columns } = this.#sums[s]!;
      return this.#block!.together(columns, fold.result(state, context));
    });
  }
}

/**
 * The rows of a group of heads and aggregates. A row goes through the keys of an input with all that each key can be, and keeps every
 * joint state of the folds. What is left of it depends only on what keys contribute, so that it is shared between queries, positions and
 * lengths. Where the order of keys does not matter they are taken in an order that makes more rows equal.
 */
import type { Atom } from "../language/graph/node.js";
import { getOrInsert } from "../language/maps.js";
import { AggregateFold, both, HeadFold } from "./folds.js";
import type { Budget } from "./budget.js";
import type { Head } from "./head.js";
import type { Block } from "./network.js";
import { exactKey, FAILS, type Label, type ProgramValues } from "./program-values.js";
import { bytesKey, rangesKey, type Ranges } from "./ranges.js";
import type { Group } from "./schedule.js";

/** Values of the program's leaves at a position, and the stream that the model has there. */
export interface JointClass {
  readonly label: Label;
  readonly stream: number;
}

/** The joint classes of each position, and the stream at BOS. */
export interface World {
  readonly bos: number;
  readonly cells: readonly (readonly JointClass[])[];
}

/** What a group gives for a query: values of its aggregates, and results of its heads, by their numbers. */
export interface Outcome {
  readonly aggregates: readonly (readonly [aggregate: number, value: Atom])[];
  readonly results: readonly (readonly [head: number, result: number])[];
}

/** Numbers for texts. */
class Numbers<T> {
  readonly all: T[] = [];
  readonly #ids = new Map<string, number>();

  of(key: string, make: () => T): number {
    return getOrInsert(this.#ids, key, () => this.all.push(make()) - 1);
  }
}

/** What is the same for all keys of one kind. */
interface Kind {
  readonly label: Label;
  readonly keys: readonly number[];
}

/** What is the same for all queries of one kind. */
interface Query {
  readonly label: Label;
  readonly queries: readonly number[];
  /** By kind of key: the number of what it contributes, -1 where the program has no value. */
  readonly contributions: Map<number, number>;
  /** By set of kinds: the set of what they contribute. */
  readonly sets: Map<number, number>;
}

export class GroupRows {
  readonly #group: Group;
  readonly #heads: readonly Head[];
  readonly #program: ProgramValues;
  readonly #isCausal: boolean;
  readonly #budget: Budget;
  readonly #aggregateFolds: readonly AggregateFold[];
  readonly #headFolds: readonly HeadFold[];
  readonly #kinds = new Numbers<Kind>();
  readonly #kindSets = new Numbers<readonly number[]>();
  readonly #queries = new Numbers<Query>();
  /** One contribution for each fold. */
  readonly #contributions = new Numbers<readonly number[]>();
  readonly #sets = new Numbers<readonly number[]>();
  /** Joint states of the folds, and sets of them. */
  readonly #states = new Numbers<readonly number[]>();
  readonly #rows = new Numbers<readonly number[]>();
  readonly #nexts = new Map<number, number>();
  readonly #steps = new Map<number, number>();
  readonly #all = new Numbers<Ranges>();

  constructor(group: Group, block: Block | undefined, program: ProgramValues, isCausal: boolean, budget: Budget) {
    this.#group = group;
    this.#heads = group.heads.map((h) => block!.heads[h]!);
    this.#program = program;
    this.#isCausal = isCausal;
    this.#budget = budget;
    this.#aggregateFolds = group.aggregates.map((a) => new AggregateFold(program.aggregates[a]!));
    this.#headFolds = this.#heads.map((head) => new HeadFold(head));
  }

  /** What the group gives in a world: for a cell and one of its classes. */
  of(world: World): (cell: number) => (joint: JointClass) => readonly Outcome[] {
    const sets = world.cells.map((classes) => this.#kindSet(classes.map((joint) => this.#kindOf(joint))));
    const bos = this.#heads.map((head) => head.project(world.bos).key);
    const all = this.#heads.map((head, h) => {
      const values = [...keysOf(head, world.cells), bos[h]!].map((key) => head.value(key)).reduce(both);
      return { id: this.#all.of(rangesKey(values), () => values), values };
    });
    const ends = new Map<number, readonly Outcome[]>();
    return (cell) => {
      const known = new Map<number, readonly Outcome[]>();
      return (joint) => {
        const [query, own] = [this.#queryOf(joint), this.#kindOf(joint)];
        return getOrInsert(known, query * 2 ** 24 + own, () => {
          // The key at the query's own position is itself.
          const keys = this.#isCausal ? sets.slice(0, cell) : sets.filter((_, j) => j !== cell);
          const row = this.#row(this.#queries.all[query]!, bos, keys, cell, own);
          return getOrInsert(ends, row, () => this.#outcomes(row, all));
        });
      };
    };
  }

  #kindOf({ label, stream }: JointClass): number {
    const keys = this.#heads.map((head) => head.project(stream).key);
    const sides = this.#group.aggregates.map((a) => this.#program.keySide(a, label));
    return this.#kinds.of(`${keys.join()} ${sides.join(";")}`, () => ({ label, keys }));
  }

  #kindSet(kinds: readonly number[]): number {
    const different = [...new Set(kinds)].sort((a, b) => a - b);
    return this.#kindSets.of(different.join(), () => different);
  }

  #queryOf({ label, stream }: JointClass): number {
    const queries = this.#heads.map((head) => head.project(stream).query);
    const sides = this.#group.aggregates.map((a) => this.#program.querySide(a, label));
    return this.#queries.of(`${queries.join()} ${sides.join(";")}`, () => ({
      label,
      queries,
      contributions: new Map(),
      sets: new Map(),
    }));
  }

  /** @param keys - the sets of kinds at other positions, in their order @param own - the kind at position `cell` */
  #row(query: Query, bos: readonly number[], keys: readonly number[], cell: number, own: number): number {
    const sets = keys.map((set) =>
      getOrInsert(query.sets, set, () => this.#contributed(query, this.#kindSets.all[set]!)),
    );
    sets.splice(cell, 0, this.#contributed(query, [own]));
    if (!this.#aggregateFolds.some(({ isOrdered }) => isOrdered)) sets.sort((a, b) => a - b);
    const start = [
      ...this.#aggregateFolds.map((fold) => fold.start),
      ...this.#headFolds.map((fold, h) => fold.step(fold.empty, fold.contribution(query.queries[h]!, bos[h]!))),
    ];
    let row = this.#rowOf([this.#states.of(start.join(), () => start)]);
    for (const set of sets) row = this.#step(row, set);
    return row;
  }

  #contributed(query: Query, kinds: readonly number[]): number {
    const contributions = kinds.map((kind) =>
      getOrInsert(query.contributions, kind, () => this.#contribution(query, kind)),
    );
    const different = [...new Set(contributions)].filter((id) => id >= 0).sort((a, b) => a - b);
    return this.#sets.of(different.join(), () => different);
  }

  #contribution(query: Query, kind: number): number {
    const { label, keys } = this.#kinds.all[kind]!;
    const parts = this.#aggregateFolds.map((fold) => fold.contribution(this.#program, query.label, label));
    if (parts.includes(-1)) return -1;
    const all = [...parts, ...this.#headFolds.map((fold, h) => fold.contribution(query.queries[h]!, keys[h]!))];
    return this.#contributions.of(all.join(), () => all);
  }

  /** The row with one more key, which contributes one of a set. */
  #step(row: number, set: number): number {
    return getOrInsert(this.#steps, row * 2 ** 24 + set, () => {
      const contributions = this.#sets.all[set]!;
      const next = new Set<number>();
      for (const state of this.#rows.all[row]!) {
        this.#budget.take(contributions.length);
        for (const contribution of contributions) next.add(this.#next(state, contribution));
      }
      next.delete(-1);
      return this.#rowOf(next);
    });
  }

  #rowOf(states: Iterable<number>): number {
    const sorted = Float64Array.from(states).sort();
    return this.#rows.of(bytesKey(sorted), () => [...sorted]);
  }

  /** The joint state with one more key; -1 where the program has no value. */
  #next(state: number, contribution: number): number {
    return getOrInsert(this.#nexts, state * 2 ** 24 + contribution, () => {
      const [states, parts] = [this.#states.all[state]!, this.#contributions.all[contribution]!];
      const folds = [...this.#aggregateFolds, ...this.#headFolds];
      const next = folds.map((fold, f) => fold.step(states[f]!, parts[f]!));
      return next.includes(-1) ? -1 : this.#states.of(next.join(), () => next);
    });
  }

  #outcomes(row: number, all: readonly { readonly id: number; readonly values: Ranges }[]): readonly Outcome[] {
    const found = new Map<string, Outcome>();
    const { aggregates, heads } = this.#group;
    for (const id of this.#rows.all[row]!) {
      const state = this.#states.all[id]!;
      const values = this.#aggregateFolds.map((fold, a) => fold.result(state[a]!));
      if (values.includes(FAILS)) continue;
      const results = this.#headFolds.map((fold, h) => fold.result(state[aggregates.length + h]!, all[h]!));
      found.set(`${values.map(exactKey).join("|")} ${results.join()}`, {
        aggregates: values.map((value, a) => [aggregates[a]!, value as Atom] as const),
        results: results.map((result, h) => [heads[h]!, result] as const),
      });
    }
    return [...found.values()];
  }
}

/** The different keys of a head in a world. */
export const keysOf = (head: Head, cells: World["cells"]): number[] => [
  ...new Set(cells.flat().map(({ stream }) => head.project(stream).key)),
];

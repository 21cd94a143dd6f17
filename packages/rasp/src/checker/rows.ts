/**
 * The rows of a group of heads and aggregates. A row goes through the keys of an input with all that each key can be, and keeps every
 * joint state of the folds. What is left of it depends only on what keys contribute, so that it is shared between queries, positions and
 * lengths. Where the order of keys does not matter, those that can contribute the same are taken together.
 */
import { getOrInsert } from "../language/maps.js";
import type { Budget } from "./budget.js";
import type { CheckedFile } from "./card.js";
import { GroupFolds, type AnyValue, type Asked, type Offered, type Outcome, type RowFold } from "./group-folds.js";
import { both } from "./head-fold.js";
import type { Head } from "./head.js";
import type { Block } from "./network.js";
import { Lists, Numbers, Pairs } from "./numbers.js";
import type { Label, ProgramValues } from "./program-values.js";
import { rangesKey } from "./ranges.js";
import type { Group } from "./schedule.js";

/** What the program reads at a position, and the stream that the model has there. */
export interface JointClass {
  readonly label: Label;
  readonly stream: number;
}

/** The joint classes of each position, and the stream at BOS. */
export interface World {
  readonly bos: number;
  readonly cells: readonly (readonly JointClass[])[];
}

/** What the keys of a row can be: the number of the set of kinds at each position. */
interface View {
  readonly positions: readonly number[];
  /** How many positions have each set. */
  readonly counts: ReadonlyMap<number, number>;
  readonly queries: Map<number, QueryRows>;
}

/** The rows of a query in a view. */
interface QueryRows {
  readonly fold: RowFold;
  /** The set of contributions of a set of kinds, and of one kind. */
  readonly sets: ReadonlyMap<number, number>;
  readonly own: (kind: number) => number;
}

export class GroupRows {
  readonly #group: Group;
  readonly #folds: GroupFolds;
  readonly #program: ProgramValues;
  readonly #isCausal: boolean;
  readonly #kinds = new Numbers<Offered>();
  readonly #kindSets = new Lists();
  readonly #queries = new Numbers<Asked>();
  readonly #all = new Numbers<AnyValue["values"]>();

  constructor(group: Group, block: Block | undefined, program: ProgramValues, file: CheckedFile, budget: Budget) {
    this.#group = group;
    this.#folds = new GroupFolds(group, block, program, file.maxLength + 1, budget);
    this.#program = program;
    this.#isCausal = file.causal;
  }

  /** Whether what it gives depends on the place of a position, and not on the kinds of keys alone. */
  get seesPlace(): boolean {
    return this.#isCausal || this.#folds.isOrdered;
  }

  /** What the group gives in a world: for a cell and one of its classes. */
  of(world: World): (cell: number) => (joint: JointClass) => readonly Outcome[] {
    const kinds = world.cells.map((classes) => classes.map((joint) => this.#kindOf(joint)));
    const sets = kinds.map((ofCell) => this.#kindSets.of([...new Set(ofCell)].sort((a, b) => a - b)));
    const { heads } = this.#folds;
    const bos = heads.map((head) => head.project(world.bos).key);
    const all = heads.map((head, h): AnyValue => {
      const values = [...keysOf(head, world.cells), bos[h]!].map((key) => head.value(key)).reduce(both);
      return { id: this.#all.of(rangesKey(values), () => values), values };
    });
    const whole = viewOf(sets);
    const ends = new Map<string, readonly Outcome[]>();
    const known = new Map<number, Pairs<readonly Outcome[]>>();
    return (cell) => {
      // The keys of a causal model are those before the query and itself.
      const view = this.#isCausal ? viewOf(sets.slice(0, cell + 1)) : whole;
      return (joint) => {
        const [query, own] = [this.#queryOf(joint, bos), this.#kindOf(joint)];
        const place = this.seesPlace ? -1 - cell : sets[cell]!;
        return getOrInsert(known, place, () => new Pairs()).of(query, own, () => {
          const rows = getOrInsert(view.queries, query, () => this.#queryRows(this.#queries.all[query]!, view));
          const row = this.#row(rows, view, cell, own);
          const { fold } = rows;
          const key = `${row} ${fold.contexts.join()}`;
          return getOrInsert(ends, key, () => this.#folds.outcomes(fold, row, all));
        });
      };
    };
  }

  #kindOf({ label, stream }: JointClass): number {
    const keys = this.#folds.heads.map((head) => head.project(stream).key);
    const sides = this.#group.aggregates.map((a) => this.#program.keySide(a, label));
    return this.#kinds.of(`${keys.join()} ${sides.join(";")}`, () => ({ label, keys }));
  }

  #queryOf({ label, stream }: JointClass, bos: readonly number[]): number {
    const queries = this.#folds.heads.map((head) => head.project(stream).query);
    const sides = this.#group.aggregates.map((a) => this.#program.querySide(a, label));
    const key = `${queries.join()} ${bos.join()} ${sides.join(";")}`;
    return this.#queries.of(key, () => this.#folds.asked(label, queries, bos));
  }

  #queryRows(query: Asked, view: View): QueryRows {
    const sets = [...view.counts.keys()];
    const kinds = new Set(sets.flatMap((set) => this.#kindSets.all[set]!));
    this.#folds.meet(query, kinds, (kind) => this.#kinds.all[kind]!);
    const metOf = (kind: number): number => query.met.get(kind)!;
    const mets = sets.map((set) => [...new Set(this.#kindSets.all[set]!.map(metOf))].filter((met) => met >= 0));
    const fold = this.#folds.rowFold(query, mets);
    const contributions = new Map([...new Set(mets.flat())].map((met) => [met, fold.contribution(met)]));
    const setOf = (all: readonly number[]): number => fold.joint.set(all.map((met) => contributions.get(met)!));
    return {
      fold,
      sets: new Map(sets.map((set, i) => [set, setOf(mets[i]!)])),
      own: (kind) => setOf([metOf(kind)].filter((met) => met >= 0)),
    };
  }

  /** @param own - the kind of the key at the query's own position, `cell` */
  #row({ fold: { joint, start }, sets, own: ownSet }: QueryRows, view: View, cell: number, own: number): number {
    if (this.#folds.isOrdered) {
      return view.positions.reduce((row, set, j) => joint.after(row, j === cell ? ownSet(own) : sets.get(set)!), start);
    }
    const counts = new Map<number, number>();
    for (const [set, count] of view.counts) {
      const others = count - Number(set === view.positions[cell]);
      counts.set(sets.get(set)!, (counts.get(sets.get(set)!) ?? 0) + others);
    }
    const rest = [...counts].sort(([a], [b]) => a - b).reduce((row, [set, n]) => joint.after(row, set, n), start);
    return joint.after(rest, ownSet(own));
  }
}

function viewOf(positions: readonly number[]): View {
  const counts = new Map<number, number>();
  for (const set of positions) counts.set(set, (counts.get(set) ?? 0) + 1);
  return { positions, counts, queries: new Map() };
}

/** The different keys of a head in a world. */
export const keysOf = (head: Head, cells: World["cells"]): number[] => [
  ...new Set(cells.flat().map(({ stream }) => head.project(stream).key)),
];

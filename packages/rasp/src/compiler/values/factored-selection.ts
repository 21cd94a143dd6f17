/**
 * What a selection can answer where its keys' components take their values independently of each other, so that no pairs of joint values
 * are needed: each query asks how the keys' numbers, or strings, can compare with its own.
 */
import { getOrInsert } from "../../language/maps.js";
import type { ValueSet } from "./value-set.js";
import type { Diagram } from "../normalize/decision-diagram.js";
import { decide } from "../normalize/decision-diagram.js";
import type { NormalSOp, Selection } from "../normalize/normal-form.js";
import type { JointValueSet } from "./joint-values.js";
import {
  breaksOf,
  EQUAL,
  HOLDS_FOR,
  isEquality,
  relationsOf,
  sideOf,
  type Answers,
  type Relations,
  type Side,
} from "./relations.js";

/** All comparisons of one s-op at the key with one at the query. */
interface Axis {
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  /** The place of the first of these comparisons. */
  readonly place: number;
  /** Whether strings can be compared. */
  readonly areEqualities: boolean;
  /** Whether the key is a query of another axis, so that a row's own key has one value only, but is compared with others. */
  readonly isCrossed: boolean;
}

/** What one side of an axis can be. Equal ones have equal ids. */
interface Column {
  readonly id: string;
  readonly side: Side;
}

/** The columns of a set of joint values, one for each axis. Those of queries have one value, or one for each joint value. */
type Columns = readonly Column[];

/** From `starts[j]` on the joint values of a query, in their order, have `answers[j]`. */
export interface Runs {
  readonly starts: readonly number[];
  readonly answers: readonly Answers[];
}

/** More relations of all axes together are not tried. */
const MOST_RELATIONS = 1 << 12;
/** The relations of so many axes are the digits of a number that float64 holds. */
const MOST_DIGITS = 12;

export class FactoredSelection {
  readonly #axes: readonly Axis[] = [];
  readonly #truth: Diagram;
  /** By the id of a comparison: its axis, and for which relations it holds. */
  readonly #meaning = new Map<number, readonly [axis: number, holds: Relations]>();
  readonly #keys = new Map<JointValueSet, Columns | null>();
  readonly #queries = new Map<JointValueSet, Columns | null>();
  readonly #sides = new Map<ValueSet, Side | null>();
  readonly #known = new Map<number, Answers>();

  constructor({ comparisons, truth }: Selection) {
    const axes: Axis[] = [];
    this.#truth = truth;
    for (const [place, { id, keys, queries, op }] of comparisons.entries()) {
      let axis = axes.findIndex((other) => other.keys === keys && other.queries === queries);
      const isCrossed = keys !== queries && comparisons.some((other) => other.queries === keys);
      if (axis < 0) axis = axes.push({ keys, queries, place, areEqualities: true, isCrossed }) - 1;
      if (!isEquality(op)) axes[axis] = { ...axes[axis]!, areEqualities: false };
      this.#meaning.set(id, [axis, HOLDS_FOR[op]]);
    }
    this.#axes = axes;
  }

  /** Equal texts have equal answers; undefined where pairs of joint values are needed. */
  signature(queries: JointValueSet, keys: JointValueSet, self: boolean): string | undefined {
    const sides = this.#between(queries, keys, self);
    if (!sides) return undefined;
    let signature = self ? "self" : "";
    for (let a = 0; a < this.#axes.length; a++) {
      const [query, key] = [sides.queries[a]!, sides.keys[a]!];
      const isFixed = query.side.values.length === 1 && key.side.different.size === 1;
      signature += isFixed ? `${relationsOf(query.side.values[0]!, key.side)};` : `${query.id},${key.id};`;
    }
    return signature;
  }

  /** What each joint value of the queries can be answered, where there is a signature. */
  answers(queries: JointValueSet, keys: JointValueSet, self: boolean): Runs {
    const columns = this.#between(queries, keys, self)!;
    const breaks = new Set([0]);
    for (let a = 0; a < this.#axes.length; a++) {
      const { side } = columns.queries[a]!;
      if (side.values.length > 1) for (const next of breaksOf(side, columns.keys[a]!.side)) breaks.add(next);
    }
    const [starts, answers]: [number[], Answers[]] = [[], []];
    const relations = this.#axes.map(() => 0);
    for (const start of [...breaks].sort((a, b) => a - b)) {
      for (let a = 0; a < relations.length; a++) {
        const { values } = columns.queries[a]!.side;
        const found = relationsOf(values[values.length === 1 ? 0 : start]!, columns.keys[a]!.side);
        relations[a] = self && this.#isOwn(a) ? found & EQUAL : found;
      }
      const answer = this.#answersTo(relations);
      if (answer === answers.at(-1)) continue;
      starts.push(start);
      answers.push(answer);
    }
    return { starts, answers };
  }

  /**
   * The axis of which both sides are one number at each position; that with the most numbers of keys, if there are several.
   *
   * @param numbersOf - how many numbers an s-op has; undefined where it has no one number somewhere
   */
  fixedAxis(numbersOf: (sop: NormalSOp) => number | undefined): number | undefined {
    let [best, most] = [undefined as number | undefined, 1];
    for (const [a, { keys, queries }] of this.#axes.entries()) {
      const numbers = numbersOf(queries) === undefined ? 0 : (numbersOf(keys) ?? 0);
      if (numbers > most) [best, most] = [a, numbers];
    }
    return best;
  }

  /** The number that keys have on a fixed axis, and what tells them apart beside it; undefined where they depend on each other. */
  keyBeside(axis: number, keys: JointValueSet): { readonly number: number; readonly rest: string } | undefined {
    const columns = getOrInsert(this.#keys, keys, () => this.#keyColumns(keys) ?? null);
    if (!columns) return undefined;
    const rest = columns.map(({ id }, a) => (a === axis ? "" : id)).join();
    return { number: columns[axis]!.side.values[0] as number, rest };
  }

  /** The number that queries have on a fixed axis. */
  queryOn(axis: number, queries: JointValueSet): number {
    const { place } = this.#axes[axis]!;
    const own = queries.factors?.find(({ places }) => places.includes(place))?.set;
    return Number(own ? own.atoms[0]! : queries.values[0]!.atoms[place]!);
  }

  /** Whether key and query of a row's own position are one value on this axis. */
  #isOwn(axis: number): boolean {
    const { keys, queries } = this.#axes[axis]!;
    return keys === queries;
  }

  #between(
    queries: JointValueSet,
    keys: JointValueSet,
    self: boolean,
  ): { readonly queries: Columns; readonly keys: Columns } | undefined {
    const keyColumns = getOrInsert(this.#keys, keys, () => this.#keyColumns(keys) ?? null);
    const queryColumns = keyColumns && getOrInsert(this.#queries, queries, () => this.#queryColumns(queries) ?? null);
    if (!queryColumns) return undefined;
    let relations = 1;
    for (let a = 0; a < this.#axes.length; a++) {
      const [query, key] = [queryColumns[a]!.side, keyColumns[a]!.side];
      if (self && this.#axes[a]!.isCrossed) return undefined;
      if (query.areNumbers !== key.areNumbers) return undefined;
      if (!query.areNumbers && !this.#axes[a]!.areEqualities) return undefined;
      relations *= self && this.#isOwn(a) ? 1 : Math.min(key.different.size, 3);
      if (relations > MOST_RELATIONS) return undefined;
    }
    return { queries: queryColumns, keys: keyColumns };
  }

  /** Undefined where components depend on each other, or one that has several values is on several axes. */
  #keyColumns({ factors, size }: JointValueSet): Columns | undefined {
    if (!factors || size === 0) return undefined;
    const columns: Column[] = [];
    for (const { places, set } of factors) {
      const axes = [...this.#axes.keys()].filter((a) => places.includes(this.#axes[a]!.place));
      const side = this.#sideOf(set);
      if (!side || (set.atoms.length > 1 && axes.length > 1)) return undefined;
      for (const a of axes) columns[a] = { id: String(set.id), side };
    }
    return columns;
  }

  #queryColumns(queries: JointValueSet): Columns | undefined {
    const { factors, size, id } = queries;
    if (size === 0) return undefined;
    const columns = this.#axes.map(({ place }): Column | null => {
      const own = factors?.find(({ places }) => places.includes(place))?.set;
      if (own && (own.atoms.length === 1 || own.atoms.length === size)) {
        const side = this.#sideOf(own);
        return side && { id: String(own.id), side };
      }
      const side = sideOf(queries.values.map(({ atoms }) => atoms[place]!));
      return side ? { id: `${id}.${place}`, side } : null;
    });
    return columns.every((column): column is Column => column !== null) ? columns : undefined;
  }

  #sideOf(set: ValueSet): Side | null {
    return getOrInsert(this.#sides, set, () => sideOf(set.atoms) ?? null);
  }

  /** @param relations - for each axis */
  #answersTo(relations: readonly Relations[]): Answers {
    if (relations.length > MOST_DIGITS) return this.#answersAnew(relations);
    const key = relations.reduce((number, digit) => 16 * number + digit, 0);
    return getOrInsert(this.#known, key, () => this.#answersAnew(relations));
  }

  #answersAnew(relations: readonly Relations[]): Answers {
    let [yes, no] = [false, false];
    const chosen: Relations[] = [];
    const choose = (axis: number): void => {
      if (yes && no) return;
      if (axis === relations.length) {
        const isSelected = decide(this.#truth, (id) => {
          const [asked, holds] = this.#meaning.get(id)!;
          return (chosen[asked]! & holds) !== 0;
        });
        if (isSelected) yes = true;
        else no = true;
        return;
      }
      for (let bit = 1; bit < 16; bit *= 2) {
        if ((relations[axis]! & bit) === 0) continue;
        chosen[axis] = bit;
        choose(axis + 1);
      }
    };
    choose(0);
    return ANSWERS[2 * Number(yes) + Number(no)]!;
  }
}

const ANSWERS: readonly Answers[] = [0, 1, 2, 3].map((answer) => ({ yes: answer >= 2, no: answer % 2 === 1 }));

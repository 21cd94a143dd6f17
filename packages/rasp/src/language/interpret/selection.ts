/**
 * The selectors of one evaluation. A matrix is made only on request: sums over rows and best positions come from the boxes of the
 * selector's disjoint form, if it has one, and otherwise from a walk over the cells with one row in memory.
 */
import { compareAtoms } from "../atom/compare.js";
import type { Atom, BestNode, Comparison, Selector, SelectNode, SOp } from "../graph/node.js";
import { byPreference, checkScores, lowerToBest, preferences, type Choice } from "./best.js";
import { countsOfBoxes, stepsOfSums, type SignedBox } from "./box-sums.js";
import { boxOf, relationInterval, type Box, type Interval } from "./box.js";
import { countUp } from "./counting-sort.js";
import { Column } from "./columns.js";
import { Ranking } from "./ranking.js";
import { firstAlike } from "./row-classes.js";
import { combined, rowWriter } from "./row-writer.js";
import { Capacity } from "../limits.js";
import { getOrInsert } from "../maps.js";
import { hasBit, wordsFor, type Bits } from "./bits.js";
import type { Matrix } from "./matrix.js";
import {
  counted,
  disjointForm,
  split,
  type SignedConjunction,
  type Conjunction,
  type DisjointForm,
  type Factor,
  type Mask,
} from "./disjoint-form.js";

/** So many bytes of rows are kept, those of the newest selectors. */
const MOST_KEPT = 2 ** 25;

export class Selections {
  readonly #shapes = new Map<Selector, DisjointForm | undefined>();
  readonly #signed = new Map<Selector, readonly SignedBox[] | undefined>();
  /** The rows of combined selectors that have been asked for, where there is room: a chain of them is not walked for each link. */
  readonly #kept = new Map<Selector, Bits>();
  #keptBytes = 0;
  readonly #counts = new Map<Selector, Float64Array>();
  readonly #choices = new Map<BestNode, Choice>();
  readonly #rankings = new WeakMap<Column, { readonly ranking: Ranking | undefined }>();
  #positionRanking: Ranking | undefined;

  readonly length: number;
  /** The values of an s-op that has been evaluated. */
  readonly values: (node: SOp) => Column;

  readonly capacity: Capacity;

  constructor(length: number, values: (node: SOp) => Column, capacity = new Capacity()) {
    this.length = length;
    this.values = values;
    this.capacity = capacity;
  }

  /** Adds a selector whose operands are known. @throws RaspError of class type or value where it cannot select */
  add(node: Selector): void {
    if (node.kind === "select") checkComparable(node.op, this.values(node.keys), this.values(node.queries));
    if (node.kind === "best") checkScores(this.values(node.score).atoms);
    const form = disjointForm(node, (operand) => this.#shapes.get(operand), this.#maskOf, this.length);
    this.capacity.hold(form ? sizeOfForm(form) : 0);
    this.#shapes.set(node, form);
  }

  has(node: Selector): boolean {
    return this.#shapes.has(node);
  }

  /** Forgets a selector that is no longer needed. */
  delete(node: Selector): void {
    const form = this.#shapes.get(node);
    if (form) this.capacity.free(sizeOfForm(form));
    this.#shapes.delete(node);
    this.#signed.delete(node);
    this.#counts.delete(node);
    this.#keptBytes -= this.#kept.get(node)?.byteLength ?? 0;
    this.#kept.delete(node);
    if (node.kind === "best") this.#choices.delete(node);
  }

  /** Boxes whose sums, with their signs, add up to the selector's; `undefined` if it has no such form. */
  boxes(node: Selector): readonly SignedBox[] | undefined {
    if (!this.#signed.has(node)) {
      const form = this.#shapes.get(node);
      const boxes = this.#boxesOf(form && counted(form, this.length), false);
      this.#signed.set(node, boxes && this.#areLessWork(boxes, node) ? boxes : undefined);
    }
    return this.#signed.get(node);
  }

  /** How many positions each row of a selector with boxes selects. */
  counts(node: Selector): Float64Array {
    return getOrInsert(this.#counts, node, () => countsOfBoxes(this.boxes(node)!, this.length));
  }

  /** Such boxes, of which none has a list that is sorted by position, and sums over them need not be less work than rows. */
  boxesOfPositions(node: Selector): readonly SignedBox[] | undefined {
    const form = this.#shapes.get(node);
    return this.#boxesOf(form && counted(form, this.length), true);
  }

  #boxesOf(terms: readonly SignedConjunction[] | undefined, positionsLast: boolean): readonly SignedBox[] | undefined {
    return allKnown(terms, ({ conjunction, sign }) => {
      const box = boxOf(conjunction, this.length, this.#intervalOf, positionsLast);
      return box && { box, sign };
    });
  }

  /** Whether sums over boxes take fewer steps than rows do. Those of up to one range besides their lists always do. */
  #areLessWork(boxes: readonly SignedBox[], node: Selector): boolean {
    const steps = boxes.reduce((sum, { box }) => sum + stepsOfSums(box), 0);
    if (steps === 0) return true;
    const rows = (1 + partsOf(node, new Map()).length) * 3 * wordsFor(this.length) * this.length;
    if (steps < rows) this.capacity.work(steps);
    return steps < rows;
  }

  /** The position that `best` chooses in each row. */
  choice(node: BestNode): Choice {
    const known = this.#choices.get(node);
    if (known) return known;
    const order = byPreference(this.values(node.score));
    const form = this.#shapes.get(node.selector);
    const parts = form && split(form, this.length);
    const boxes = allKnown(parts, (conjunction) => {
      const box = boxOf(conjunction, this.length, this.#intervalOf);
      return box && box.ranges.length > 0 ? undefined : box;
    });
    const choice = boxes ? this.#choiceOfBoxes(boxes, order) : this.#choiceOfRows(node.selector, order);
    this.#choices.set(node, choice);
    return choice;
  }

  #choiceOfBoxes(boxes: readonly Box[], order: Int32Array): Choice {
    const smallest = new Int32Array(this.length).fill(this.length);
    const preference = preferences(order);
    for (const box of boxes) lowerToBest(box, preference, smallest);
    return smallest.map((place) => order[place] ?? -1);
  }

  #choiceOfRows(selector: Selector, order: Int32Array): Choice {
    const choice = new Int32Array(this.length).fill(-1);
    this.capacity.work(this.length * this.length);
    const first = this.forEachDistinctRow(selector, (q, row) => {
      choice[q] = order.find((position) => hasBit(row, position)) ?? -1;
    });
    return choice.map((_, q) => choice[first[q]!]!);
  }

  /** The whole matrix. */
  matrix(node: Selector): Matrix {
    this.capacity.hold(this.length * this.length);
    const rows: Uint8Array[] = [];
    this.forEachRow(node, (_, bits) => {
      const row = new Uint8Array(this.length);
      for (let k = 0; k < row.length; k++) row[k] = (bits[k >>> 5]! >>> (k & 31)) & 1;
      rows.push(row);
    });
    return rows;
  }

  /** Visits every row in turn, in an array that the next row overwrites. */
  forEachRow(node: Selector, visit: (query: number, row: Bits) => void): void {
    for (const part of partsOf(node, this.#kept)) this.#keep(part);
    this.#visit(node, visit);
  }

  /** Visits in turn the rows that are not known to be alike an earlier one, and gives the one that each row is like. */
  forEachDistinctRow(node: Selector, visit: (query: number, row: Bits) => void): Int32Array {
    const first = firstAlike(node, this);
    const distinct = first.filter((alike, q) => alike === q);
    if (4 * distinct.length > this.length) for (const part of partsOf(node, this.#kept)) this.#keep(part);
    this.#visit(node, visit, distinct);
    return first;
  }

  #visit(node: Selector, visit: (query: number, row: Bits) => void, rows?: Int32Array): void {
    const write = rowWriter(node, this);
    const row: Bits = new Uint32Array(wordsFor(this.length));
    for (let i = 0; i < (rows?.length ?? this.length); i++) {
      const q = rows ? rows[i]! : i;
      write(q, row);
      visit(q, row);
    }
  }

  /** Keeps the rows of a selector, and gives up the oldest ones where there is no room. */
  #keep(node: Selector): void {
    const size = wordsFor(this.length);
    const bytes = 4 * size * this.length;
    if (bytes > MOST_KEPT) return;
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#keptBytes + bytes <= MOST_KEPT) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= byteLength;
    }
    const all: Bits = new Uint32Array(size * this.length);
    this.#visit(node, (q, row) => all.set(row, q * size));
    this.#kept.set(node, all);
    this.#keptBytes += bytes;
  }

  /** The rows of a selector that have been kept. */
  readonly kept = (node: Selector): Bits | undefined => this.#kept.get(node);

  /** The ranking of an s-op's values, computed once; `undefined` if one of them is nan. */
  ranking(values: Column): Ranking | undefined {
    const known = this.#rankings.get(values) ?? { ranking: Ranking.of(values) };
    this.#rankings.set(values, known);
    return known.ranking;
  }

  /** A comparison whose queries are all one value selects the same keys in each row; likewise with all keys one value. */
  readonly #maskOf = ({ keys, queries, op }: SelectNode): Pick<Conjunction, "keys" | "queries"> | undefined => {
    const [keyValues, queryValues] = [this.values(keys), this.values(queries)];
    if (isOneValue(queryValues)) {
      return { keys: maskWhere(keyValues, (key) => compareAtoms(op, key, queryValues.at(0))) };
    }
    if (!isOneValue(keyValues)) return undefined;
    return { queries: maskWhere(queryValues, (query) => compareAtoms(op, keyValues.at(0), query)) };
  };

  readonly #intervalOf = ({ source, relation }: Factor): Interval | undefined => {
    if ("keys" in source) {
      const ranking = this.ranking(this.values(source.keys));
      const placement = ranking?.place(this.values(source.queries));
      return placement && relationInterval(ranking!, relation, placement.below, placement.upTo);
    }
    // Positions rank as themselves. A row without a choice has an empty interval at 0 for "equal".
    const choice = this.choice(source);
    return relationInterval(
      (this.#positionRanking ??= Ranking.of(Column.of(Array.from(countUp(this.length))))!),
      relation,
      choice.map((position) => Math.max(position, 0)),
      choice.map((position) => position + 1),
    );
  };
}

/** The selectors that a selector combines, and it itself if it combines any, operands first; without those that are known. */
function partsOf(root: Selector, known: ReadonlyMap<Selector, unknown>): Selector[] {
  const parts = new Set([root]);
  for (const node of parts) if (!known.has(node)) for (const operand of combined(node)) parts.add(operand);
  return [...parts].filter((node) => !known.has(node) && combined(node).length > 0).sort((a, b) => a.id - b.id);
}

/** How many bytes a form takes. */
const sizeOfForm = ({ yes, no }: DisjointForm): number =>
  [...yes, ...no].reduce((sum, { keys, queries }) => sum + 64 + (keys?.length ?? 0) + (queries?.length ?? 0), 0);

function isOneValue(values: Column): boolean {
  if (values.coded) return values.coded.atoms.length === 1;
  const first = values.at(0);
  for (let i = 1; i < values.length; i++) if (!Object.is(values.at(i), first)) return false;
  return true;
}

function maskWhere(values: Column, holds: (value: Atom) => boolean): Mask {
  const { coded } = values;
  const few = coded?.atoms.map((atom) => Number(holds(atom)));
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = coded ? few![coded.codes[i]!]! : Number(holds(values.at(i)));
  return mask;
}

/** Each sequence has one type, so the first values tell whether the two can be compared. Null cannot. */
function checkComparable(op: Comparison, keys: Column, queries: Column): void {
  const example = (values: Column): Atom => (values.hasNull ? null : values.at(0));
  compareAtoms(op, example(keys), example(queries));
}

/** The images of all items; `undefined` if `items` is, or if an item has no image. */
function allKnown<T, U>(items: readonly T[] | undefined, image: (item: T) => U | undefined): readonly U[] | undefined {
  const images: U[] = [];
  for (const item of items ?? []) {
    const found = image(item);
    if (found === undefined) return undefined;
    images.push(found);
  }
  return items && images;
}

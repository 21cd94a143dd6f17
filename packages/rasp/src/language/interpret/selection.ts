/**
 * The selectors of one evaluation. A matrix is made only on request: sums over rows and best positions come from the boxes of the
 * selector's disjoint form, if it has one, and otherwise from a walk over the cells with one row in memory.
 */
import { compareAtoms } from "../atom/compare.js";
import type { Atom, BestNode, Comparison, Selector, SelectNode, SOp } from "../graph/node.js";
import { byPreference, checkScores, lowerToBest, preferences, type Choice } from "./best.js";
import { countUp, boxOf, relationInterval, type Box, type Interval } from "./box.js";
import { Ranking } from "./ranking.js";
import { rowWriter } from "./row-writer.js";
import type { Matrix } from "./matrix.js";
import {
  counted,
  disjointForm,
  split,
  type Conjunction,
  type DisjointForm,
  type Factor,
  type Mask,
} from "./disjoint-form.js";

/** On inputs up to this length a matrix is small enough to be kept. */
const KEPT_LENGTH = 32;

/** A box whose sums count with a sign. */
export interface SignedBox {
  readonly box: Box;
  readonly sign: number;
}

export class Selections {
  readonly #shapes = new Map<Selector, DisjointForm | undefined>();
  readonly #signed = new Map<Selector, readonly SignedBox[] | undefined>();
  /** The matrices of selectors without a form on short inputs, so that a chain of such selectors is not walked for each link. */
  readonly #kept = new Map<Selector, Matrix>();
  readonly #choices = new Map<BestNode, Choice>();
  readonly #rankings = new WeakMap<readonly Atom[], { readonly ranking: Ranking | undefined }>();
  /** Weights whose sum over a row is the number of selected positions. */
  readonly ones: Float64Array;
  /** Weights whose sum over a row is the selected position, where there is one. */
  readonly positions: Float64Array;
  #positionRanking: Ranking | undefined;

  readonly length: number;
  /** The values of an s-op that has been evaluated. */
  readonly values: (node: SOp) => readonly Atom[];

  constructor(length: number, values: (node: SOp) => readonly Atom[]) {
    this.length = length;
    this.values = values;
    this.ones = new Float64Array(length).fill(1);
    this.positions = Float64Array.from(countUp(length));
  }

  /** Adds a selector whose operands are known. @throws RaspError of class type or value where it cannot select */
  add(node: Selector): void {
    if (node.kind === "select") checkComparable(node.op, this.values(node.keys), this.values(node.queries));
    if (node.kind === "best") checkScores(this.values(node.score));
    this.#shapes.set(
      node,
      disjointForm(node, (operand) => this.#shapes.get(operand), this.#maskOf, this.length),
    );
    if (!this.#shapes.get(node) && this.length <= KEPT_LENGTH) this.#kept.set(node, this.matrix(node));
  }

  has(node: Selector): boolean {
    return this.#shapes.has(node);
  }

  /** Forgets a selector that is no longer needed. */
  delete(node: Selector): void {
    this.#shapes.delete(node);
    this.#signed.delete(node);
    this.#kept.delete(node);
    if (node.kind === "best") this.#choices.delete(node);
  }

  /** Boxes whose sums, with their signs, add up to the selector's; `undefined` if it has no such form. */
  boxes(node: Selector): readonly SignedBox[] | undefined {
    if (!this.#signed.has(node)) {
      const form = this.#shapes.get(node);
      const terms = form && counted(form, this.length);
      this.#signed.set(
        node,
        allKnown(terms, ({ conjunction, sign }) => {
          const box = boxOf(conjunction, this.length, this.#intervalOf);
          return box && { box, sign };
        }),
      );
    }
    return this.#signed.get(node);
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
      return box?.second ? undefined : box;
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
    this.forEachRow(selector, (q, row) => (choice[q] = order.find((position) => row[position] === 1) ?? -1));
    return choice;
  }

  /** The whole matrix. */
  matrix(node: Selector): Matrix {
    const rows: Uint8Array[] = [];
    this.forEachRow(node, (_, row) => rows.push(row.slice()));
    return rows;
  }

  /** Visits every row in turn, in an array that the next row overwrites. */
  forEachRow(node: Selector, visit: (query: number, row: Uint8Array) => void): void {
    const write = rowWriter(node, this);
    const row = new Uint8Array(this.length);
    for (let q = 0; q < this.length; q++) {
      write(q, row);
      visit(q, row);
    }
  }

  /** The matrix of a selector that has been kept. */
  kept(node: Selector): Matrix | undefined {
    return this.#kept.get(node);
  }

  /** The ranking of an s-op's values, computed once; `undefined` if one of them is nan. */
  ranking(values: readonly Atom[]): Ranking | undefined {
    const known = this.#rankings.get(values) ?? { ranking: Ranking.of(values) };
    this.#rankings.set(values, known);
    return known.ranking;
  }

  /** A comparison whose queries are all one value selects the same keys in each row; likewise with all keys one value. */
  readonly #maskOf = ({ keys, queries, op }: SelectNode): Pick<Conjunction, "keys" | "queries"> | undefined => {
    const [keyValues, queryValues] = [this.values(keys), this.values(queries)];
    if (isOneValue(queryValues)) return { keys: maskWhere(keyValues, (key) => compareAtoms(op, key, queryValues[0]!)) };
    if (!isOneValue(keyValues)) return undefined;
    return { queries: maskWhere(queryValues, (query) => compareAtoms(op, keyValues[0]!, query)) };
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
      (this.#positionRanking ??= Ranking.of(Array.from(this.positions))!),
      relation,
      choice.map((position) => Math.max(position, 0)),
      choice.map((position) => position + 1),
    );
  };
}

const isOneValue = (values: readonly Atom[]): boolean => values.every((value) => Object.is(value, values[0]));

const maskWhere = (values: readonly Atom[], holds: (value: Atom) => boolean): Mask =>
  Uint8Array.from(values, (value) => Number(holds(value)));

/** Each sequence has one type, so the first values tell whether the two can be compared. Null cannot. */
function checkComparable(op: Comparison, keys: readonly Atom[], queries: readonly Atom[]): void {
  const example = (values: readonly Atom[]): Atom => (values.includes(null) ? null : values[0]!);
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

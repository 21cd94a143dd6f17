/**
 * The selectors of one evaluation. A matrix is made only on request: sums over rows and best positions come from the boxes of the
 * selector's disjoint form, if it has one, and otherwise from a walk over the cells with one row in memory.
 */
import { compareAtoms } from "../atom/compare.js";
import type { Atom, BestNode, Comparison, Selector, SOp } from "../graph/node.js";
import { byPreference, checkScores, lowerToBest, preferences, type Choice } from "./best.js";
import { countUp, boxOf, relationInterval, type Box, type Interval } from "./box.js";
import { Ranking } from "./ranking.js";
import { rowWriter } from "./row-writer.js";
import type { Matrix } from "./matrix.js";
import { counted, disjointForm, split, type Factor, type DisjointForm } from "./disjoint-form.js";

/** A box whose sums count with a sign. */
export interface SignedBox {
  readonly box: Box;
  readonly sign: number;
}

export class Selections {
  readonly #shapes = new Map<Selector, DisjointForm | undefined>();
  readonly #signed = new Map<Selector, readonly SignedBox[] | undefined>();
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
      disjointForm(node, (operand) => this.#shapes.get(operand)),
    );
  }

  has(node: Selector): boolean {
    return this.#shapes.has(node);
  }

  /** Forgets a selector that is no longer needed. */
  delete(node: Selector): void {
    this.#shapes.delete(node);
    this.#signed.delete(node);
    if (node.kind === "best") this.#choices.delete(node);
  }

  /** Boxes whose sums, with their signs, add up to the selector's; `undefined` if it has no such form. */
  boxes(node: Selector): readonly SignedBox[] | undefined {
    if (!this.#signed.has(node)) {
      const terms = this.#shapes.get(node)?.yes.flatMap(counted);
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
    const parts = this.#shapes.get(node.selector)?.yes.flatMap(split);
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

  /** The ranking of an s-op's values, computed once; `undefined` if one of them is nan. */
  ranking(values: readonly Atom[]): Ranking | undefined {
    const known = this.#rankings.get(values) ?? { ranking: Ranking.of(values) };
    this.#rankings.set(values, known);
    return known.ranking;
  }

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

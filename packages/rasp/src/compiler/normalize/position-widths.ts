/** Widths that positions and the length decide, whatever the tokens are. */
import { compareAtoms } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";
import { Formula } from "./formula.js";
import { truthOf, type NormalForm, type NormalSOp, type Selection, type Width } from "./normal-form.js";

/** The width of a row by length and position; both count from 1 and 0. */
type WidthAt = (length: number, position: number) => bigint;

/** The work of comparing two positions, or evaluating at one of a length. */
const ENTRY = 5;

export class PositionWidths {
  readonly #widths = new Map<Selection, WidthAt | undefined>();

  readonly #form: NormalForm;
  readonly #maxLength: number;

  constructor(form: NormalForm, maxLength: number) {
    this.#form = form;
    this.#maxLength = maxLength;
  }

  /** Undefined where the selection depends on tokens. */
  of(selection: Selection): WidthAt | undefined {
    if (!this.#widths.has(selection)) this.#widths.set(selection, this.#compute(selection));
    return this.#widths.get(selection);
  }

  /** Whether no row is empty, of a selection that does not depend on tokens. */
  isNeverEmpty(selection: Selection): boolean {
    const width = this.of(selection);
    return width !== undefined && this.#everywhere((length, position) => width(length, position) > 0n);
  }

  /** The number that is the difference of the s-op and the width, of every row; undefined where there is none. */
  offset(sop: NormalSOp, selection: Selection): bigint | undefined {
    const width = this.of(selection);
    return width && this.#difference(sop, width);
  }

  /** The int that the s-op is, of every row; undefined where there is none. */
  number(sop: NormalSOp): bigint | undefined {
    return this.#difference(sop, () => 0n);
  }

  #difference(sop: NormalSOp, width: WidthAt): bigint | undefined {
    if (sop.kind === "constant") return undefined;
    const formula = new Formula([sop], this.#form.work);
    const parts = formula.leaves.map((leaf) => this.#leafAt(leaf));
    if (parts.includes(undefined)) return undefined;
    this.#form.work.tabulate(ENTRY * this.#maxLength ** 2, sop);
    let offset: bigint | undefined;
    const isOffset = this.#everywhere((length, position) => {
      const value = formula.evaluate(parts.map((part) => part!(length, position)))?.[0];
      if (typeof value !== "bigint") return false;
      const difference = value - width(length, position);
      offset ??= difference;
      return difference === offset;
    });
    return isOffset ? offset : undefined;
  }

  #leafAt(leaf: NormalSOp): WidthAt | undefined {
    if (leaf.kind === "indices") return (_, position) => BigInt(position);
    return isPlainWidth(leaf) ? this.of(leaf.selection) : undefined;
  }

  #everywhere(holds: (length: number, position: number) => boolean): boolean {
    for (let length = 1; length <= this.#maxLength; length++) {
      // In a causal model a row does not depend on the length.
      for (let i = this.#form.causal ? length - 1 : 0; i < length; i++) if (!holds(length, i)) return false;
    }
    return true;
  }

  #compute(selection: Selection): WidthAt | undefined {
    const sides = selection.comparisons.map(({ keys, queries }) => [this.#byPosition(keys), this.#byPosition(queries)]);
    if (sides.flat().includes(undefined)) return undefined;
    const isSelected = (k: number, q: number): boolean =>
      truthOf(selection, ({ op }, j) => compareAtoms(op, sides[j]![0]![k]!, sides[j]![1]![q]!));
    const { causal, work } = this.#form;
    work.tabulate(ENTRY * this.#maxLength ** 2 * (1 + sides.length), selection.comparisons[0]?.keys);
    /** [query][length]: how many of the first keys the row selects. */
    const counts = Array.from({ length: this.#maxLength }, (_, q) => {
      const row = [0n];
      for (let k = 0; k < this.#maxLength; k++) {
        row.push(row[k]! + (isSelected(k, q) && !(causal && k > q) ? 1n : 0n));
      }
      return row;
    });
    return (length, position) => counts[position]![length]!;
  }

  /** The values of a function of the position alone. */
  #byPosition(sop: NormalSOp): readonly Atom[] | undefined {
    if (this.#form.fewLeaves(sop)?.every(({ kind }) => kind === "indices") !== true) return undefined;
    const formula = new Formula([sop], this.#form.work);
    const values = Array.from(
      { length: this.#maxLength },
      (_, i) => formula.evaluate(formula.leaves.map(() => BigInt(i)))?.[0],
    );
    return values.includes(undefined) ? undefined : (values as Atom[]);
  }
}

const isPlainWidth = (sop: NormalSOp): sop is Width => sop.kind === "width" && !sop.summed;

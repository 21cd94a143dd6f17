/**
 * The values of the nodes of the normal form on one input: the reference for `simplify.ts`, and what traces and `verify` compare
 * the residual stream with. They are the interpreter's, by the interpreter's own aggregation.
 */
import { compareAtoms } from "../../language/atom/compare.js";
import { aggregateRow } from "../../language/atom/mean.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { Formula } from "./formula.js";
import { truthOf, type Mean, type NormalSOp, type Selection } from "./normal-form.js";

export class NormalValues {
  readonly #known = new Map<NormalSOp, readonly Atom[]>();

  readonly input: readonly Atom[];
  readonly #causal: boolean;
  readonly #given: ((sop: SOp) => readonly Atom[]) | undefined;

  /** @param given - the values of what is given, by the s-op that it stands for */
  constructor(input: readonly Atom[], causal = false, given?: (sop: SOp) => readonly Atom[]) {
    this.input = input;
    this.#causal = causal;
    this.#given = given;
  }

  /** The value at each position. @throws RaspError where the s-op has no value on this input */
  valuesOf(sop: NormalSOp): readonly Atom[] {
    return getOrInsert(this.#known, sop, () => this.#compute(sop));
  }

  /** Like `valuesOf`, but undefined where the s-op has no value on this input. */
  evaluate(sop: NormalSOp): readonly Atom[] | undefined {
    try {
      return this.valuesOf(sop);
    } catch (error) {
      if (error instanceof RaspError) return undefined;
      throw error;
    }
  }

  #compute(sop: NormalSOp): readonly Atom[] {
    switch (sop.kind) {
      case "tokens":
        return this.input;
      case "indices":
        return this.input.map((_, i) => BigInt(i));
      case "given":
        if (!this.#given) throw new Error("what is given has no value on an input");
        return this.#given(sop.origin!);
      case "constant":
        return this.input.map(() => sop.value);
      case "map": {
        const formula = new Formula([sop], undefined);
        const leaves = formula.leaves.map((leaf) => this.valuesOf(leaf));
        return this.input.map((_, i) => formula.values(leaves.map((values) => values[i]!))[0]!);
      }
      case "mean":
        return this.#means(sop);
      case "width": {
        const values = sop.summed ? this.valuesOf(sop.summed) : this.input.map(() => 1n);
        return this.#rows(sop.selection).map((row) =>
          values.reduce<bigint>(
            (sum, value, key) => (row[key] ? sum + BigInt(value as bigint | number | boolean) : sum),
            0n,
          ),
        );
      }
    }
  }

  #means({ selection, value, default: otherwise, best }: Mean): readonly Atom[] {
    const values = this.valuesOf(value);
    const scores = best && this.valuesOf(best);
    return this.#rows(selection).map((row) => {
      const selected = values.flatMap((_, key) => (row[key] ? [key] : []));
      const winner =
        scores && selected.reduce((a, b) => (compareAtoms(">", scores[b]!, scores[a]!) ? b : a), selected[0]!);
      const averaged = scores && selected.length > 0 ? [winner!] : selected;
      return aggregateRow(
        averaged.map((key) => values[key]!),
        otherwise,
      );
    });
  }

  /** [query][key]: whether the row of the query selects the key. */
  #rows(selection: Selection): boolean[][] {
    const operands = selection.comparisons.map(({ keys, queries }) => ({
      keys: this.valuesOf(keys),
      queries: this.valuesOf(queries),
    }));
    const isSelected = (q: number, k: number): boolean =>
      truthOf(selection, ({ op }, j) => compareAtoms(op, operands[j]!.keys[k]!, operands[j]!.queries[q]!));
    return this.input.map((_, q) => this.input.map((_, k) => isSelected(q, k) && !(this.#causal && k > q)));
  }
}

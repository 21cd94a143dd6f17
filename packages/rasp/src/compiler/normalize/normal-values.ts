/**
 * What the nodes of the normal form are worth on one input: the reference for `simplify.ts`, and what `verify` compares the
 * residual stream with. Values are the interpreter's, by the interpreter's own aggregation.
 */
import { compareAtoms } from "../../language/atom/compare.js";
import { aggregateRow } from "../../language/atom/mean.js";
import type { Atom } from "../../language/graph/node.js";
import { Formula } from "./formula.js";
import type { NormalSOp, Selection } from "./normal.js";

export class NormalValues {
  readonly #known = new Map<NormalSOp, readonly Atom[]>();

  readonly input: readonly Atom[];
  readonly #causal: boolean;

  constructor(input: readonly Atom[], causal = false) {
    this.input = input;
    this.#causal = causal;
  }

  /** @throws RaspError where the s-op has no value on this input. */
  of(sop: NormalSOp): readonly Atom[] {
    let values = this.#known.get(sop);
    if (!values) {
      values = this.#compute(sop);
      this.#known.set(sop, values);
    }
    return values;
  }

  #compute(sop: NormalSOp): readonly Atom[] {
    switch (sop.kind) {
      case "tokens":
        return this.input;
      case "indices":
        return this.input.map((_, i) => BigInt(i));
      case "constant":
        return this.input.map(() => sop.value);
      case "map": {
        const formula = new Formula([sop]);
        const leaves = formula.leaves.map((leaf) => this.of(leaf));
        return this.input.map((_, i) => formula.values(leaves.map((values) => values[i]!))[0]!);
      }
      case "mean": {
        const values = this.of(sop.value);
        const scores = sop.best && this.of(sop.best);
        return this.#rows(sop.selection).map((row) => {
          const selected = values.flatMap((_, key) => (row[key] ? [key] : []));
          const best =
            scores && selected.reduce((a, b) => (compareAtoms(">", scores[b]!, scores[a]!) ? b : a), selected[0]!);
          const counted = scores && selected.length > 0 ? [best!] : selected;
          return aggregateRow(
            counted.map((key) => values[key]!),
            sop.default,
          );
        });
      }
      case "width": {
        const values = sop.of ? this.of(sop.of) : this.input.map(() => 1n);
        return this.#rows(sop.selection).map((row) =>
          values.reduce<bigint>((sum, value, key) => (row[key] ? sum + (value as bigint) : sum), 0n),
        );
      }
    }
  }

  #rows({ comparisons, truth }: Selection): boolean[][] {
    const sides = comparisons.map(({ keys, queries, op }) => ({ keys: this.of(keys), queries: this.of(queries), op }));
    return this.input.map((_, q) =>
      this.input.map((_, k) => {
        const bits = sides.reduce(
          (sum, { keys, queries, op }, j) => sum | (Number(compareAtoms(op, keys[k]!, queries[q]!)) << j),
          0,
        );
        return truth[bits]! && !(this.#causal && k > q);
      }),
    );
  }
}

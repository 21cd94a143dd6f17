/**
 * The compiler's normal form of an s-op graph: equal subgraphs are one node, constants are folded, every `tokens_*` is a
 * function of the raw input element, and the two things that a head can compute stand apart: a *mean* over the selected
 * positions and the *width* of a selection, or a sum over it. Built by `simplify.ts`; nothing later creates program meaning.
 */
import type { Atom, Comparison, Elementwise, SOp } from "../../language/graph/node.js";
import { atomKey } from "../../language/atom/compare.js";
import { applyMap } from "../../language/graph/elementwise.js";

interface NormalBase {
  /** Ascending: operands have smaller ids. */
  readonly id: number;
  /** The graph's s-op that this node was first made for: it gives name and place in messages. */
  readonly origin: SOp | undefined;
}

/** The raw input element, before any `tokens_*` conversion. */
export interface Tokens extends NormalBase {
  readonly kind: "tokens";
}
export interface Indices extends NormalBase {
  readonly kind: "indices";
}
export interface Constant extends NormalBase {
  readonly kind: "constant";
  readonly value: Atom;
}
export interface Mapped extends NormalBase {
  readonly kind: "map";
  readonly fn: Elementwise;
  readonly args: readonly NormalSOp[];
}
/**
 * The mean of `value` over the selection, `default` where a row is empty. With `best`, of what a row selects only the position
 * with the highest score counts, and of equal scores the earliest.
 */
export interface Mean extends NormalBase {
  readonly kind: "mean";
  readonly selection: Selection;
  readonly value: NormalSOp;
  readonly default: Atom;
  readonly best: NormalSOp | undefined;
}
/** How many positions a row selects, or what an int s-op adds up to over them. */
export interface Width extends NormalBase {
  readonly kind: "width";
  readonly selection: Selection;
  readonly of: NormalSOp | undefined;
}

export type NormalSOp = Tokens | Indices | Constant | Mapped | Mean | Width;

/** A boolean function of comparisons: `truth[bits]`, where bit j of `bits` is the answer of `comparisons[j]`. */
export interface Selection {
  readonly id: number;
  readonly comparisons: readonly Compared[];
  readonly truth: readonly boolean[];
}

/** One `select`: `keys[k] op queries[q]`. */
export interface Compared {
  readonly id: number;
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  readonly op: Comparison;
}

/** Beyond this many different comparisons in one selector, truth tables stop being a sensible representation. */
export const MAX_COMPARISONS = 12;

/** Makes normal-form nodes, each structure once. */
export class NormalForm {
  readonly causal: boolean;

  /** @param causal - whether heads see no position after their query's, so that selections need not say so */
  constructor(causal = false) {
    this.causal = causal;
  }

  readonly #nodes = new Map<string, NormalSOp>();
  readonly #compared = new Map<string, Compared>();
  readonly #selections = new Map<string, Selection>();
  #nextId = 0;

  #intern<T extends NormalSOp>(key: string, make: (id: number) => T): T {
    const known = this.#nodes.get(key);
    if (known) return known as T;
    const node = make(this.#nextId++);
    this.#nodes.set(key, node);
    return node;
  }

  tokens(origin?: SOp): Tokens {
    return this.#intern("tokens", (id) => ({ id, origin, kind: "tokens" }));
  }

  indices(origin?: SOp): Indices {
    return this.#intern("indices", (id) => ({ id, origin, kind: "indices" }));
  }

  constant(value: Atom, origin?: SOp): Constant {
    return this.#intern(`constant ${typeof value} ${atomKey(value)}`, (id) => ({
      id,
      origin,
      kind: "constant",
      value,
    }));
  }

  map(fn: Elementwise, args: readonly NormalSOp[], origin?: SOp): NormalSOp {
    if (args.every((arg) => arg.kind === "constant")) {
      try {
        return this.constant(
          applyMap(
            fn,
            args.map((arg) => arg.value),
          ),
          origin,
        );
      } catch {
        // It has no value: keep the map, so that the analysis finds its set empty and can say where.
      }
    }
    const key = `map ${fn.key}(${args.map((arg) => arg.id).join(",")})`;
    return this.#intern(key, (id) => ({ id, origin, kind: "map", fn, args }));
  }

  mean(selection: Selection, value: NormalSOp, defaultValue: Atom, origin?: SOp, best?: NormalSOp): Mean {
    selection = this.visible(selection);
    const key = `mean ${selection.id} ${best?.id ?? ""} ${value.id} ${typeof defaultValue} ${atomKey(defaultValue)}`;
    return this.#intern(key, (id) => ({ id, origin, kind: "mean", selection, value, default: defaultValue, best }));
  }

  width(selection: Selection, origin?: SOp, of?: NormalSOp): NormalSOp {
    selection = this.visible(selection);
    if (selection.truth.every((selected) => !selected)) return this.constant(0n, origin);
    const key = `width ${selection.id} ${of?.id ?? ""}`;
    return this.#intern(key, (id) => ({ id, origin, kind: "width", selection, of }));
  }

  compare(keys: NormalSOp, queries: NormalSOp, op: Comparison): Selection {
    const key = `${keys.id} ${op} ${queries.id}`;
    let compared = this.#compared.get(key);
    if (!compared) {
      compared = { id: this.#compared.size, keys, queries, op };
      this.#compared.set(key, compared);
    }
    return this.#selection([compared], [false, true]);
  }

  not(selection: Selection): Selection {
    return this.#selection(
      selection.comparisons,
      selection.truth.map((selected) => !selected),
    );
  }

  /** @returns undefined where the two together make more than `MAX_COMPARISONS` comparisons. */
  combine(left: Selection, right: Selection, join: (a: boolean, b: boolean) => boolean): Selection | undefined {
    const all = new Set([...left.comparisons, ...right.comparisons]);
    const comparisons = [...all].sort((a, b) => a.id - b.id);
    if (comparisons.length > MAX_COMPARISONS) return undefined;
    const part = (side: Selection, bits: number): boolean =>
      side.truth[side.comparisons.reduce((sum, c, j) => sum | (((bits >> comparisons.indexOf(c)) & 1) << j), 0)]!;
    const truth = Array.from({ length: 1 << comparisons.length }, (_, bits) =>
      join(part(left, bits), part(right, bits)),
    );
    return this.#selection(comparisons, truth);
  }

  /** The same selection among the positions that a head sees, in fewer comparisons: of a causal one, key ≤ query is a matter of course. */
  visible(selection: Selection): Selection {
    if (!this.causal) return selection;
    const indices = this.indices();
    const isOrder = ({ keys, queries, op }: Compared): boolean =>
      keys === indices && queries === indices && op !== "==" && op !== "!=";
    if (!selection.comparisons.some(isOrder)) return selection;
    const same = this.compare(indices, indices, "==").comparisons[0]!;
    const rest = selection.comparisons.filter((compared) => !isOrder(compared));
    const comparisons = [...new Set([...rest, same])].sort((a, b) => a.id - b.id);
    const truth = Array.from({ length: 1 << comparisons.length }, (_, bits) => {
      const answer = (compared: Compared): boolean => ((bits >> comparisons.indexOf(compared)) & 1) === 1;
      return truthOf(selection, (compared) =>
        isOrder(compared) ? ORDER_UP_TO_SELF[compared.op](answer(same)) : answer(compared),
      );
    });
    return this.#selection(comparisons, truth);
  }

  /** Drops the comparisons on which the truth does not depend, then interns. */
  #selection(comparisons: readonly Compared[], truth: readonly boolean[]): Selection {
    for (let j = comparisons.length - 1; j >= 0; j--) {
      const bit = 1 << j;
      if (truth.some((selected, bits) => selected !== truth[bits ^ bit])) continue;
      comparisons = comparisons.filter((_, other) => other !== j);
      truth = truth.filter((_, bits) => (bits & bit) === 0);
    }
    const key = `${comparisons.map((c) => c.id).join(",")}:${truth.map(Number).join("")}`;
    let selection = this.#selections.get(key);
    if (!selection) {
      selection = { id: this.#selections.size, comparisons, truth };
      this.#selections.set(key, selection);
    }
    return selection;
  }
}

/** A selection's answer where its comparisons have these. */
export const truthOf = ({ comparisons, truth }: Selection, answer: (compared: Compared) => boolean): boolean =>
  truth[comparisons.reduce((bits, compared, j) => bits | (Number(answer(compared)) << j), 0)]!;

/** What comparing a key's position with a query's comes to where the key is the query, or before it. */
const ORDER_UP_TO_SELF: Readonly<Record<Comparison, (same: boolean) => boolean>> = {
  "<=": () => true,
  ">": () => false,
  ">=": (same) => same,
  "<": (same) => !same,
  "==": (same) => same,
  "!=": (same) => !same,
};

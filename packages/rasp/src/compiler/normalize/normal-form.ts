/**
 * The compiler's normal form of an s-op graph. Equal subgraphs are one node, constants are folded, and every `tokens_*` is a
 * function of the raw input element. The two things that a head can compute are two kinds of node: a *mean* over the selected
 * positions, and the *width* of a selection, which is a count or a sum over it. `simplify.ts` builds it; the stages after it
 * only read it.
 */
import type { Atom, Comparison, Elementwise, SOp } from "../../language/graph/node.js";
import { atomKey } from "../../language/atom/compare.js";
import { applyMap } from "../../language/graph/elementwise.js";
import { getOrInsert } from "../../language/maps.js";

interface NormalBase {
  /** Ascending: operands have smaller ids. */
  readonly id: number;
  /** The s-op of the graph that this node was first made for: messages take name and place from it. */
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
/** How many positions a row selects or, where there is a summed int s-op, its sum over them. */
export interface Width extends NormalBase {
  readonly kind: "width";
  readonly selection: Selection;
  readonly summed: NormalSOp | undefined;
}

export type NormalSOp = Tokens | Indices | Constant | Mapped | Mean | Width;

/** A boolean function of comparisons as a truth table: `truth[bits]`, where bit j of `bits` is the answer of `comparisons[j]`. */
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

/** The most different comparisons in one selector: a truth table of more would be too large. */
export const MAX_COMPARISONS = 12;

/** Makes normal-form nodes, each structure once. */
export class NormalForm {
  readonly causal: boolean;
  readonly #nodes = new Map<string, NormalSOp>();
  readonly #compared = new Map<string, Compared>();
  readonly #selections = new Map<string, Selection>();

  /** @param causal - whether heads see no position after their query's, so that selections need not exclude them */
  constructor(causal = false) {
    this.causal = causal;
  }

  #intern<T extends NormalSOp>(key: string, make: (id: number) => T): T {
    return getOrInsert(this.#nodes, key, () => make(this.#nodes.size)) as T;
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
        // It has no value. The map stays, so that the analysis of values finds its set empty and can say where.
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

  width(selection: Selection, origin?: SOp, summed?: NormalSOp): NormalSOp {
    selection = this.visible(selection);
    if (selection.truth.every((selected) => !selected)) return this.constant(0n, origin);
    const key = `width ${selection.id} ${summed?.id ?? ""}`;
    return this.#intern(key, (id) => ({ id, origin, kind: "width", selection, summed }));
  }

  compare(keys: NormalSOp, queries: NormalSOp, op: Comparison): Selection {
    const compared = getOrInsert(this.#compared, `${keys.id} ${op} ${queries.id}`, () => ({
      id: this.#compared.size,
      keys,
      queries,
      op,
    }));
    return this.#selection([compared], [false, true]);
  }

  not(selection: Selection): Selection {
    return this.#selection(
      selection.comparisons,
      selection.truth.map((selected) => !selected),
    );
  }

  /** @returns undefined where the two together have more than `MAX_COMPARISONS` comparisons */
  combine(left: Selection, right: Selection, join: (a: boolean, b: boolean) => boolean): Selection | undefined {
    const all = new Set([...left.comparisons, ...right.comparisons]);
    const comparisons = [...all].sort((a, b) => a.id - b.id);
    if (comparisons.length > MAX_COMPARISONS) return undefined;
    const truth = truthTable(comparisons, (answer) => join(truthOf(left, answer), truthOf(right, answer)));
    return this.#selection(comparisons, truth);
  }

  /** The same selection among the positions that a head sees. A causal head sees no key after its query, so that `<=` always holds. */
  visible(selection: Selection): Selection {
    if (!this.causal) return selection;
    const indices = this.indices();
    const isOrder = ({ keys, queries, op }: Compared): boolean =>
      keys === indices && queries === indices && op !== "==" && op !== "!=";
    if (!selection.comparisons.some(isOrder)) return selection;
    const same = this.compare(indices, indices, "==").comparisons[0]!;
    const rest = selection.comparisons.filter((compared) => !isOrder(compared));
    const comparisons = [...new Set([...rest, same])].sort((a, b) => a.id - b.id);
    const truth = truthTable(comparisons, (answer) =>
      truthOf(selection, (compared) =>
        isOrder(compared) ? ORDER_UP_TO_SELF[compared.op](answer(same)) : answer(compared),
      ),
    );
    return this.#selection(comparisons, truth);
  }

  /** Interns a selection without the comparisons on which its truth does not depend. */
  #selection(comparisons: readonly Compared[], truth: readonly boolean[]): Selection {
    for (let j = comparisons.length - 1; j >= 0; j--) {
      const bit = 1 << j;
      if (truth.some((selected, bits) => selected !== truth[bits ^ bit])) continue;
      comparisons = comparisons.filter((_, other) => other !== j);
      truth = truth.filter((_, bits) => (bits & bit) === 0);
    }
    const key = `${comparisons.map((c) => c.id).join(",")}:${truth.map(Number).join("")}`;
    return getOrInsert(this.#selections, key, () => ({ id: this.#selections.size, comparisons, truth }));
  }
}

/** The answer of a comparison, by the comparison or by its place in the selection. */
type Answer = (compared: Compared, j: number) => boolean;

/** What a selection answers where its comparisons answer this. */
export const truthOf = ({ comparisons, truth }: Selection, answer: Answer): boolean =>
  truth[comparisons.reduce((bits, compared, j) => bits | (Number(answer(compared, j)) << j), 0)]!;

/** A function of the answers of these comparisons as a truth table. */
const truthTable = (
  comparisons: readonly Compared[],
  truth: (answer: (compared: Compared) => boolean) => boolean,
): boolean[] =>
  Array.from({ length: 1 << comparisons.length }, (_, bits) =>
    truth((compared) => ((bits >> comparisons.indexOf(compared)) & 1) === 1),
  );

/** How a key's position compares with its query's where the key is the query or before it, by whether it is the query. */
const ORDER_UP_TO_SELF: Readonly<Record<Comparison, (same: boolean) => boolean>> = {
  "<=": () => true,
  ">": () => false,
  ">=": (same) => same,
  "<": (same) => !same,
  "==": (same) => same,
  "!=": (same) => !same,
};

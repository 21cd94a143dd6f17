/**
 * The compiler's normal form of an s-op graph. Equal subgraphs are one node, constants are folded, and every `tokens_*` is a
 * function of the raw input element. The two things that a head can compute are two kinds of node: a *mean* over the selected
 * positions, and the *width* of a selection, which is a count or a sum over it. `simplify.ts` builds it; the stages after it
 * only read it.
 */
import type { Atom, Comparison, Elementwise, SOp } from "../../language/graph/node.js";
import { atomKey, compareAtoms } from "../../language/atom/compare.js";
import { atomSize } from "../../language/atom/size.js";
import { RaspError } from "../../language/diagnostic.js";
import { applyMap } from "../../language/graph/elementwise.js";
import { computeAfter, getOrInsert } from "../../language/maps.js";
import { Work } from "../work.js";
import { decide, Diagrams, variablesOf, type Diagram } from "./decision-diagram.js";

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
/** What is in the residual stream already, such as the state of a loop when a step begins. */
export interface Given extends NormalBase {
  readonly kind: "given";
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

export type NormalSOp = Tokens | Indices | Given | Constant | Mapped | Mean | Width;

/** What a node is computed from. */
export function operands(sop: NormalSOp): readonly NormalSOp[] {
  if (sop.kind === "map") return sop.args;
  if (sop.kind !== "mean" && sop.kind !== "width") return [];
  const sides = sop.selection.comparisons.flatMap(({ keys, queries }) => [keys, queries]);
  const carried = sop.kind === "mean" ? [sop.value, sop.best] : [sop.summed];
  return [...sides, ...carried.filter((operand) => operand !== undefined)];
}

/** The nodes that `roots` are computed from, themselves included. */
export function reachable(roots: readonly NormalSOp[]): ReadonlySet<NormalSOp> {
  const seen = new Set(roots);
  // A set that grows while it is iterated is iterated to its new end.
  for (const sop of seen) for (const operand of operands(sop)) seen.add(operand);
  return seen;
}

/** A boolean function of comparisons, whose variables are their ids. */
export interface Selection {
  readonly id: number;
  /** Those on which it depends, in the order of their ids. */
  readonly comparisons: readonly Compared[];
  readonly truth: Diagram;
}

/** One `select`: `keys[k] op queries[q]`. */
export interface Compared {
  readonly id: number;
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  readonly op: Comparison;
}

/** The work of each 8 bytes of a constant. */
const LONG_ATOM = 20;

/** Makes normal-form nodes, each structure once. */
export class NormalForm {
  readonly causal: boolean;
  readonly #nodes = new Map<string, NormalSOp>();
  readonly #compared = new Map<string, Compared>();
  readonly #byId: Compared[] = [];
  readonly #selections = new Map<Diagram, Selection>();
  readonly #functions = new Map<string, number>();
  readonly #fewLeaves = new Map<NormalSOp, readonly NormalSOp[] | "many">();
  readonly diagrams: Diagrams;
  /** Counts what making this form takes. */
  readonly work: Work;

  /** @param causal - whether heads see no position after their query's, so that selections need not exclude them */
  constructor(causal = false, work = new Work()) {
    this.causal = causal;
    this.work = work;
    this.diagrams = new Diagrams(work);
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

  /** What is given for an s-op, whatever it is made of. */
  given(origin: SOp): Given {
    return this.#intern(`given ${origin.id}`, (id) => ({ id, origin, kind: "given" }));
  }

  constant(value: Atom, origin?: SOp): Constant {
    this.work.read(LONG_ATOM * atomSize(value), { origin });
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
    // The key of a function that looks into a list is as long as the list.
    const number = getOrInsert(this.#functions, fn.key, () => this.#functions.size);
    const key = `map ${number}(${args.map((arg) => arg.id).join(",")})`;
    return this.#intern(key, (id) => ({ id, origin, kind: "map", fn, args }));
  }

  mean(selection: Selection, value: NormalSOp, defaultValue: Atom, origin?: SOp, best?: NormalSOp): Mean {
    selection = this.visible(selection);
    const key = `mean ${selection.id} ${best?.id ?? ""} ${value.id} ${typeof defaultValue} ${atomKey(defaultValue)}`;
    return this.#intern(key, (id) => ({ id, origin, kind: "mean", selection, value, default: defaultValue, best }));
  }

  width(selection: Selection, origin?: SOp, summed?: NormalSOp): NormalSOp {
    selection = this.visible(selection);
    if (selection.truth === false) return this.constant(0n, origin);
    const key = `width ${selection.id} ${summed?.id ?? ""}`;
    return this.#intern(key, (id) => ({ id, origin, kind: "width", selection, summed }));
  }

  compare(keys: NormalSOp, queries: NormalSOp, op: Comparison): Selection {
    const compared = getOrInsert(this.#compared, `${keys.id} ${op} ${queries.id}`, () => {
      const id = this.#byId.length;
      return (this.#byId[id] = { id, keys, queries, op });
    });
    const always =
      keys.kind === "constant" && queries.kind === "constant" ? compareIfAny(op, keys, queries) : undefined;
    return this.#selection(always ?? this.diagrams.variable(compared.id));
  }

  /** What an s-op is a function of, if that is one or two s-ops; undefined where it is more. */
  fewLeaves(sop: NormalSOp): readonly NormalSOp[] | undefined {
    return fewLeaves(sop, this.#fewLeaves);
  }

  /** Every position. */
  everywhere(): Selection {
    return this.#selection(true);
  }

  not(selection: Selection): Selection {
    return this.#selection(this.diagrams.not(selection.truth));
  }

  /** @returns undefined where the two together ask too many different questions */
  combine(left: Selection, right: Selection, join: (a: boolean, b: boolean) => boolean): Selection | undefined {
    const truth = this.diagrams.combine(left.truth, right.truth, join);
    return truth === undefined ? undefined : this.#selection(truth);
  }

  /** The same selection among the positions that a head sees. A causal head sees no key after its query, so that `<=` always holds. */
  visible(selection: Selection): Selection {
    if (!this.causal) return selection;
    const indices = this.indices();
    const same = this.compare(indices, indices, "==").truth;
    return this.#selection(
      this.diagrams.substitute(selection.truth, (variable) => {
        const { keys, queries, op } = this.#byId[variable]!;
        if (keys !== indices || queries !== indices || op === "==" || op === "!=") return undefined;
        const [onSelf, before] = [true, false].map(ORDER_UP_TO_SELF[op]) as [boolean, boolean];
        return onSelf === before ? onSelf : onSelf ? same : this.diagrams.not(same);
      }),
    );
  }

  #selection(truth: Diagram): Selection {
    return getOrInsert(this.#selections, truth, () => ({
      id: this.#selections.size,
      comparisons: variablesOf(truth).map((variable) => this.#byId[variable]!),
      truth,
    }));
  }
}

/** Up to this many leaves are few. */
const FEW_LEAVES = 2;

/**
 * What an s-op is a function of, if that is few s-ops; undefined where it is more.
 *
 * @param known - what earlier calls found
 */
function fewLeaves(
  sop: NormalSOp,
  known: Map<NormalSOp, readonly NormalSOp[] | "many">,
): readonly NormalSOp[] | undefined {
  const argsOf = (node: NormalSOp): readonly NormalSOp[] => (node.kind === "map" ? node.args : []);
  const found = computeAfter(sop, known, argsOf, (node) => {
    if (node.kind === "constant") return [];
    if (node.kind !== "map") return [node];
    const parts = node.args.map((arg) => known.get(arg)!);
    const leaves = new Set(parts.includes("many") ? [] : (parts as (readonly NormalSOp[])[]).flat());
    return parts.includes("many") || leaves.size > FEW_LEAVES ? "many" : [...leaves];
  });
  return found === "many" ? undefined : found;
}

/** What a selection answers where its comparisons answer this. All of them are asked, in order. */
export function truthOf(
  { comparisons, truth }: Selection,
  answer: (compared: Compared, j: number) => boolean,
): boolean {
  const answers = new Map(comparisons.map((compared, j) => [compared.id, answer(compared, j)]));
  return decide(truth, (variable) => answers.get(variable)!);
}

/** The answer of a comparison of two constants; undefined where it fails, so that the analysis of values can say where. */
function compareIfAny(op: Comparison, keys: Constant, queries: Constant): boolean | undefined {
  try {
    return compareAtoms(op, keys.value, queries.value);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** How a key's position compares with its query's where the key is the query or before it, by whether it is the query. */
const ORDER_UP_TO_SELF: Readonly<Record<Comparison, (same: boolean) => boolean>> = {
  "<=": () => true,
  ">": () => false,
  ">=": (same) => same,
  "<": (same) => !same,
  "==": (same) => same,
  "!=": (same) => !same,
};

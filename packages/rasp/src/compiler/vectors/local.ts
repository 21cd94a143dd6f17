/** S-ops that are functions of the token, of the index or of the position alone, and selectors that compare such s-ops. */
import { topological, type Atom, type GraphNode, type Selector, type SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { refuse } from "../refusal.js";
import type { Source } from "./stream.js";

/** The values of an s-op for each token, index or position. */
export interface Local {
  readonly source: Source;
  readonly values: readonly Atom[];
}

/** What a selector selects, by the rows that a query and a key can be. */
export interface Relation {
  readonly queries: Source;
  readonly keys: Source;
  /** [query row][key row]. */
  readonly selected: readonly (readonly boolean[])[];
}

const SOURCES: Readonly<Record<string, Source>> = { tokens: "token", indices: "index", positions: "position" };

const LOCAL: ReadonlySet<string> = new Set([...Object.keys(SOURCES), "map", "constant"]);

/** The s-ops that a selector compares. @throws RaspError of class `compile` for the best of several keys */
export function comparedBy(selector: Selector): { readonly keys: readonly SOp[]; readonly queries: readonly SOp[] } {
  if (selector.kind === "select") return { keys: [selector.keys], queries: [selector.queries] };
  if (selector.kind === "best") {
    refuse(selector, "in a model of vectors no head finds the best of several keys", "give `attend` scores instead");
  }
  const parts = (selector.kind === "not" ? [selector.arg] : [selector.left, selector.right]).map(comparedBy);
  return { keys: parts.flatMap(({ keys }) => keys), queries: parts.flatMap(({ queries }) => queries) };
}

/** Evaluates on one input that has every token, index and position. */
export class Locals {
  readonly #rows: Readonly<Record<Source, number>>;
  readonly #input: readonly Atom[];

  constructor(vocabulary: readonly Atom[], maxLength: number, positions: number) {
    this.#rows = { token: vocabulary.length, index: maxLength, position: positions };
    const length = Math.max(...Object.values(this.#rows));
    this.#input = Array.from({ length }, (_, i) => vocabulary[i % vocabulary.length]!);
  }

  /** Whether these s-ops, and all that they read, are elementwise functions of the input and its places. */
  isLocal(sops: readonly SOp[]): boolean {
    return sops.flatMap((sop) => [...topological(sop)]).every(({ kind }) => LOCAL.has(kind));
  }

  /** @throws RaspError of class `compile` for an s-op of more than one of them, or of other positions */
  local(sop: SOp): Local {
    const source = this.#sourceOf([sop], sop);
    return { source, values: new Evaluation(this.#input.slice(0, this.#rows[source])).sop(sop) };
  }

  /** @throws RaspError of class `compile` for a selector of other s-ops */
  relation(selector: Selector): Relation {
    const { keys, queries } = comparedBy(selector);
    const [ofQueries, ofKeys] = [this.#sourceOf(queries, selector), this.#sourceOf(keys, selector)];
    const length = Math.max(this.#rows[ofQueries], this.#rows[ofKeys]);
    const matrix = new Evaluation(this.#input.slice(0, length)).selector(selector);
    return {
      queries: ofQueries,
      keys: ofKeys,
      selected: Array.from({ length: this.#rows[ofQueries] }, (_, q) =>
        Array.from({ length: this.#rows[ofKeys] }, (__, k) => matrix[q]![k] === 1),
      ),
    };
  }

  #sourceOf(sops: readonly SOp[], at: GraphNode): Source {
    if (!this.isLocal(sops)) {
      refuse(
        at,
        "vectors, scores and selectors of a model of vectors read functions of the token, the index or the position",
        "let `attend` carry what other positions have",
      );
    }
    const nodes = sops.flatMap((sop) => [...topological(sop)]);
    const sources = new Set(nodes.flatMap(({ kind }) => SOURCES[kind] ?? []));
    if (sources.size > 1) {
      refuse(at, `it reads ${[...sources].join(" and ")} together`, "use `combine` of two vectors instead");
    }
    return [...sources][0] ?? "index";
  }
}

/** What a head selects, as RASP: comparisons joined by `and`, or the best key of what these select. */
import { getOrInsert } from "../../../language/maps.js";
import type { HeadRun } from "../run/head-run.js";
import type { Expression } from "../expressions/expression.js";
import type { Naming } from "./naming.js";
import { selectedBy } from "./shared-width.js";
import { NotHardError } from "../not-hard-error.js";
import { nameOrder, rankingOf, type Ranking } from "./ranking.js";
import { relationsOf, type HeadRelations, type Relation, type PairTable } from "./relation.js";
import { bestOf, bothSelectors, everything, nameRelation, type NamedSelector } from "./selector.js";

export class HeadSelectors {
  readonly #known = new Map<HeadRun, NamedSelector>();

  readonly #naming: Naming;

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  of(head: HeadRun): NamedSelector {
    return getOrInsert(this.#known, head, () => this.#selectorOf(head));
  }

  /** Whether the selector lists no values. */
  isShort(head: HeadRun): boolean {
    return this.#shortest(head, selectedBy(head))?.every(({ tabular }) => !tabular) ?? false;
  }

  #selectorOf(head: HeadRun): NamedSelector {
    const { sample, weights } = this.#naming;
    const simple = this.#shortest(head, selectedBy(head));
    if (simple) return this.#named(simple);
    const ranking = rankingOf(head, sample, weights.causal);
    const allowed = this.#shortest(head, ranking.allows);
    if (!allowed) {
      throw new NotHardError(`head ${head.head} of layer ${head.layer} selects by something that no subspace holds`);
    }
    const score = this.#score(ranking);
    if (!score) {
      throw new NotHardError(
        `head ${head.head} of layer ${head.layer} gives several positions the same score, and selects one of them`,
      );
    }
    return bestOf(this.#named(allowed), score);
  }

  /** An expression that puts the keys in the order of their scores, if there is one. */
  #score({ keys, scores }: Ranking): Expression | undefined {
    const { cases, places } = this.#naming.situation(keys);
    const known = places.flatMap((place, i) => (scores(place) === undefined ? [] : [i]));
    return nameOrder(
      cases.only(known),
      known.map((i) => scores(places[i]!)!),
      known.map((i) => this.#naming.sample.position[places[i]!]!),
    );
  }

  /** Selectors that must all hold, the first ones that list no values if there are any. */
  #shortest(head: HeadRun, selects: (key: number, query: number) => boolean): NamedSelector[] | undefined {
    let first: NamedSelector[] | undefined;
    for (const relations of relationsOf(head, selects, this.#naming)) {
      const selectors = this.#selectors(relations);
      if (selectors.every(({ tabular }) => !tabular)) return selectors;
      first ??= selectors;
    }
    return first;
  }

  #named(found: readonly NamedSelector[]): NamedSelector {
    if (found.length === 0) return everything;
    const whole = found.reduce(bothSelectors);
    if (whole.kind === "select") return whole;
    return { ...whole, text: this.#naming.define("pick", whole.text, whole.tabular), kind: "select" };
  }

  /** A selector for each relation. */
  #selectors({ relations, needed }: HeadRelations): NamedSelector[] {
    const named = new Map<Relation, PairTable>();
    return relations.map((relation) => {
      const [keys, queries] = [relation.keys, relation.queries].map((side) => this.#naming.situation(side));
      const { keyStates, queryStates } = relation;
      const keyAt = keys!.places.map((place) => keyStates.at[place]!);
      const queryAt = queries!.places.map((place) => queryStates.at[place]!);
      const widened = (table: PairTable): PairTable => keyAt.map((k) => Int8Array.from(queryAt, (q) => table[k]![q]!));
      const [strict, loose] = [widened(relation.table), widened(needed(relation, named))];
      const sides = { keys: keys!.cases, queries: queries!.cases };
      const found = nameRelation(strict, loose, sides);
      const selected = found.table(sides);
      named.set(
        relation,
        relation.table.map((row, k) => row.map((_, q) => selected[keyAt.indexOf(k)]![queryAt.indexOf(q)]!)),
      );
      return found;
    });
  }
}

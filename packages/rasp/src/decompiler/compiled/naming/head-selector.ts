/** What a head selects, in words: a conjunction of comparisons, or the best of what one selects. */
import type { HeadRun } from "../run/head-run.js";
import type { Expression } from "../expressions/expression.js";
import type { Naming } from "./naming.js";
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
    const known = this.#known.get(head);
    if (known) return known;
    const selector = this.#selectorOf(head);
    this.#known.set(head, selector);
    return selector;
  }

  #selectorOf(head: HeadRun): NamedSelector {
    const { run, sample, weights } = this.#naming;
    const chosen = head.selected.map((keys) => new Set(keys));
    const simple = relationsOf(head, (key, query) => chosen[query]!.has(key), run, sample.starts, weights.causal);
    if (simple) return this.#named(simple);
    const ranking = rankingOf(head, sample, weights.causal);
    const allowed = relationsOf(head, ranking.allows, run, sample.starts, weights.causal);
    if (!allowed) {
      throw new NotHardError(`head ${head.head} of layer ${head.layer} selects by something that is no subspace`);
    }
    const score = this.#score(ranking);
    if (!score) {
      throw new NotHardError(
        `head ${head.head} of layer ${head.layer} ranks keys, and gives several positions one score`,
      );
    }
    return bestOf(this.#named(allowed), score);
  }

  /** The keys' scores: an expression that puts them in the same order, if there is one. */
  #score({ keys, scores }: Ranking): Expression | undefined {
    const { cases, places } = this.#naming.situation(keys);
    const known = places.flatMap((place, i) => (scores(place) === undefined ? [] : [i]));
    return nameOrder(
      cases.only(known),
      known.map((i) => scores(places[i]!)!),
      known.map((i) => this.#naming.sample.position[places[i]!]!),
    );
  }

  #named(conjunction: HeadRelations): NamedSelector {
    const found = this.#conjuncts(conjunction);
    if (found.length === 0) return everything;
    const whole = found.reduce(bothSelectors);
    if (whole.kind === "select") return whole;
    return { ...whole, text: this.#naming.define("pick", whole.text, whole.tabular), kind: "select" };
  }

  #conjuncts({ relations, needed }: HeadRelations): NamedSelector[] {
    const named = new Map<Relation, PairTable>();
    return relations.map((relation) => {
      const [keys, queries] = [relation.keys, relation.queries].map((side) => this.#naming.situation(side));
      const { keyStates, queryStates } = relation;
      const keyAt = keys!.places.map((place) => keyStates.at[place]!);
      const queryAt = queries!.places.map((place) => queryStates.at[place]!);
      const widened = (table: PairTable): PairTable => keyAt.map((k) => Int8Array.from(queryAt, (q) => table[k]![q]!));
      const [strict, loose] = [widened(relation.table), widened(needed(relation, named))];
      const found = nameRelation(strict, loose, keys!.cases, queries!.cases);
      const means = found.table(keys!.cases, queries!.cases);
      named.set(
        relation,
        relation.table.map((row, k) => row.map((_, q) => means[keyAt.indexOf(k)]![queryAt.indexOf(q)]!)),
      );
      return found;
    });
  }
}

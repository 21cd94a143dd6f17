/** A model with pairs of sequences between which its sites are swapped, and its decisions then. */
import type { Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Half, Place } from "../../interchange/measure.js";
import { sameDecision, type Observed } from "../data/observe.js";
import type { Task } from "../data/task.js";
import { drawPairs } from "./pairs.js";
import { headsIn, sitesOf, type Site, type Subspace, type Swap } from "./sites.js";
import { swappedDecisions, type Pair } from "./swapped-runs.js";

/** Pairs that sites are looked for on, and pairs of the report. */
const PAIRS = 150;
/** With more heads in a layer only single ones and all of them together are tried. */
const MOST_HEADS = 4;

/** Sites of the model as a place. */
export interface SitePlace extends Place, Swap {}

/** @param search, report - the sequences that the pairs of each half are made of */
export const halvesOf = (
  task: Task,
  search: readonly Observed[],
  report: readonly Observed[],
  rng: Rng,
  count = PAIRS,
): Record<Half, Pair[]> => ({
  search: drawPairs(search, task, count, rng),
  report: drawPairs(report, task, count, rng),
});

/** The pairs of a model, with its decisions on them that were asked for before. */
export class SwappedModel {
  readonly model: Gpt2;
  readonly task: Task;
  readonly pairs: Readonly<Record<Half, readonly Pair[]>>;
  readonly #known = new Map<string, readonly number[][][]>();
  readonly #subspaces: Subspace[] = [];

  constructor(model: Gpt2, task: Task, pairs: Readonly<Record<Half, readonly Pair[]>>) {
    this.model = model;
    this.task = task;
    this.pairs = pairs;
  }

  /**
   * The decisions at scored positions with the sites of each place swapped, for each pair.
   *
   * @param kept - places that are kept as they are, whatever a swap before them changes
   */
  decisions(half: Half, places: readonly SitePlace[], kept: readonly SitePlace[] = []): (readonly number[][][])[] {
    const key = (place: SitePlace): string => [half, ...[place, ...kept].map((one) => this.#nameOf(one))].join(" | ");
    const missing = [...new Map(places.map((place) => [key(place), place])).values()].filter(
      (place) => !this.#known.has(key(place)),
    );
    const found = swappedDecisions(this.model, this.task, this.pairs[half], missing, kept);
    missing.forEach((place, p) => this.#known.set(key(place), found[p]!));
    return places.map((place) => this.#known.get(key(place))!);
  }

  /** Sites by their names, subspaces by a number. */
  #nameOf({ sites, subspace }: SitePlace): string {
    if (!subspace) return sites.join(" + ");
    if (!this.#subspaces.includes(subspace)) this.#subspaces.push(subspace);
    return `subspace ${this.#subspaces.indexOf(subspace)}`;
  }

  /** The share of decisions that change where a site is swapped, by its name. */
  changes(half: Half): ReadonlyMap<string, number> {
    const single = this.places.filter(({ parts }) => parts.length === 1);
    const found = this.decisions(half, single);
    return new Map(
      single.map(({ sites }, s) => {
        const shares = this.pairs[half].map(({ base }, p) => {
          const changed = base.decisions.filter((decision, i) => !sameDecision(decision, found[s]![p]![i]!));
          return changed.length / Math.max(1, base.decisions.length);
        });
        return [sites[0]!, shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length)];
      }),
    );
  }

  /** Where a variable may be: single sites, sets of heads of a layer, all heads. */
  get places(): SitePlace[] {
    const sites = sitesOf(this.model.config);
    const layers = Array.from({ length: this.model.config.layers }, (_, layer) =>
      headsIn(sites).filter((site) => site.layer === layer),
    );
    const sets = layers.flatMap((heads) => (heads.length <= MOST_HEADS ? subsets(heads) : [heads]));
    return [...sites.map((site) => [site]), ...sets, ...(layers.length > 1 ? [headsIn(sites)] : [])]
      .map((parts) => ({ sites: parts.map(({ name }) => name), parts, cost: parts.length }))
      .sort((a, b) => a.cost - b.cost);
  }
}

/** Sets of two or more. */
function subsets(heads: readonly Site[]): Site[][] {
  const all = Array.from({ length: 2 ** heads.length }, (_, bits) => heads.filter((_, h) => (bits >> h) & 1));
  return all.filter(({ length }) => length > 1);
}

/** Interchange accuracy of a readout's variables in a GPT-2-style model. */
import type { Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Followed, Interchange } from "../../common/interchange.js";
import {
  interchange,
  placesIn,
  type Comparison,
  type Decisions,
  type Half,
  type Place,
} from "../../interchange/measure.js";
import { decide, sameDecision, type Observed } from "../data/observe.js";
import type { Task } from "../data/task.js";
import { variablesOf } from "../readout/program-text.js";
import { isUsed, type Readout } from "../readout/readout.js";
import type { Variable } from "../variables/variable.js";
import { drawPairs } from "./pairs.js";
import { headsIn, sitesOf, type Site } from "./sites.js";
import { swappedDecisions, type Pair } from "./swapped-runs.js";

/** Pairs that sites are looked for on, and pairs of the report. */
const PAIRS = 150;
/** With more heads in a layer only single ones and all of them together are tried. */
const MOST_HEADS = 4;

/** Sites of the model as a place. */
export interface SitePlace extends Place {
  readonly parts: readonly Site[];
}

/** The pairs of a model, with its decisions on them that were asked for before. */
export class SwappedModel {
  readonly model: Gpt2;
  readonly task: Task;
  readonly pairs: Readonly<Record<Half, readonly Pair[]>>;
  readonly #known = new Map<string, readonly number[][][]>();

  /** @param search, report - the sequences that the pairs of each half are made of */
  constructor(model: Gpt2, task: Task, search: readonly Observed[], report: readonly Observed[], rng: Rng) {
    this.model = model;
    this.task = task;
    this.pairs = { search: drawPairs(search, task, PAIRS, rng), report: drawPairs(report, task, PAIRS, rng) };
  }

  /** The decisions at scored positions with the sites of each place swapped, for each pair. */
  decisions(half: Half, places: readonly SitePlace[]): (readonly number[][][])[] {
    const key = ({ sites }: Place): string => `${half} ${sites.join(" + ")}`;
    const missing = [...new Map(places.map((place) => [key(place), place])).values()].filter(
      (place) => !this.#known.has(key(place)),
    );
    const found = swappedDecisions(
      this.model,
      this.task,
      this.pairs[half],
      missing.map(({ parts }) => parts),
    );
    missing.forEach((place, p) => this.#known.set(key(place), found[p]!));
    return places.map((place) => this.#known.get(key(place))!);
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

/** Looks for every variable of a readout in the model. */
export const interchangeOf = (swapped: SwappedModel, readout: Readout): Interchange =>
  interchange(new ReadoutComparison(swapped, readout));

/**
 * The variables that a site may carry: tokens and positions where they are read at their own position, and what attention carries.
 * Functions of one position are not moved.
 */
export function carriedVariables(readout: Readout): Variable[] {
  const all = variablesOf(readout);
  const isFunction = ({ function: name, reads }: Variable): boolean => name !== undefined && reads.length > 0;
  const direct = new Set([
    ...readout.projections.filter(isUsed).map(({ variable }) => variable.key),
    ...all.filter(isFunction).flatMap(({ reads }) => reads.map(({ key }) => key)),
  ]);
  return all.filter((variable) => !isFunction(variable) && (variable.depth > 0 || direct.has(variable.key)));
}

/** Swapped runs of the search half to fit a readout to: each variable at the place where it is followed best so far. */
export function swappedFits(swapped: SwappedModel, readout: Readout): Observed[] {
  const placed = placesIn(new ReadoutComparison(swapped, readout), "search");
  return placed.flatMap(({ variable, place }) => {
    const [decisions] = swapped.decisions("search", [place]);
    return swapped.pairs.search.map((pair, p) => ({
      ...swappedRun(pair, (key) => key === variable),
      decisions: decisions![p]!,
    }));
  });
}

/** How far the model follows a readout on the search half: the mean over its variables, and the largest change that none explains. */
export function judged(swapped: SwappedModel, readout: Readout): { followed: number; unexplained: number } {
  const { variables, unexplained } = interchange(new ReadoutComparison(swapped, readout), "search");
  const shares = variables.map(({ accuracy }) => accuracy.share);
  return {
    followed: shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length),
    unexplained: unexplained[0]?.changed ?? 0,
  };
}

class ReadoutComparison implements Comparison<SitePlace> {
  readonly sites: readonly SitePlace[];
  readonly #swapped: SwappedModel;
  readonly #readout: Readout;
  readonly #variables: readonly Variable[];

  constructor(swapped: SwappedModel, readout: Readout) {
    this.#swapped = swapped;
    this.#readout = readout;
    this.#variables = carriedVariables(readout);
    this.sites = swapped.places.filter(({ parts }) => parts.length === 1);
  }

  get variables(): string[] {
    return this.#variables.map(({ key }) => key);
  }

  /** Inputs are looked for at the inputs, what attention carries at heads. */
  places(variable: string): SitePlace[] {
    const isInput = this.#variables.find(({ key }) => key === variable)!.depth === 0;
    return this.#swapped.places.filter(({ parts }) => parts.some(({ part }) => typeof part !== "number") === isInput);
  }

  program(half: Half, variable: string | undefined): Decisions[] {
    return this.#swapped.pairs[half].map((pair) => {
      const run = variable === undefined ? pair.base : swappedRun(pair, (key) => key === variable);
      return run.scored.map((i) => decide(this.#readout.logits(run, i), this.#readout.task.sigmoid).join());
    });
  }

  unswapped(half: Half): Decisions[] {
    return this.#swapped.pairs[half].map(({ base }) => base.decisions.map((decision) => decision.join()));
  }

  model(half: Half, places: readonly SitePlace[]): Decisions[][] {
    const found = this.#swapped.decisions(half, places);
    return found.map((pairs) => pairs.map((sequence) => sequence.map((decision) => decision.join())));
  }

  /**
   * Inputs have a site past each layer; a variable found at one explains the others. Attention of a second layer reads the inputs past the
   * first one.
   */
  explains(site: string, found: readonly Followed[]): boolean {
    const [part, layer] = site.split(" past ");
    if (layer === undefined) return false;
    const isFound = found.some(({ sites }) => sites.some((name) => name.startsWith(`${part} past `)));
    const isReadLater = this.#variables.some(({ depth }) => depth > Number(layer) + 1);
    return isFound || isReadLater;
  }
}

/** A sequence on which some variables have the values of the source; its decisions are still the base's. */
export const swappedRun = ({ base, source }: Pair, carries: (key: string) => boolean): Observed => ({
  ...base,
  swapped: { from: source, base, carries },
});

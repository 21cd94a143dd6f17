/** Interchange accuracy of a readout's variables in a GPT-2-style model. */
import type { Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Followed, Interchange } from "../../common/interchange.js";
import { interchange, type Comparison, type Decisions, type Half, type Place } from "../../interchange/measure.js";
import { decide, type Observed } from "../data/observe.js";
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

  /** Where a variable may be: single sites, sets of heads of a layer, all heads. */
  get places(): SitePlace[] {
    const sites = sitesOf(this.model.config);
    const layers = Array.from({ length: this.model.config.layers }, (_, layer) =>
      headsIn(sites).filter((site) => site.layer === layer),
    );
    const sets = layers.flatMap((heads) => (heads.length <= MOST_HEADS ? subsets(heads) : [heads]));
    return [...sites.map((site) => [site]), ...sets, ...(layers.length > 1 ? [headsIn(sites)] : [])]
      .map((parts) => ({ sites: parts.map(({ name }) => name), parts }))
      .sort((a, b) => a.parts.length - b.parts.length);
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

  places(): SitePlace[] {
    return this.#swapped.places;
  }

  program(half: Half, variable: string | undefined): Decisions[] {
    return this.#swapped.pairs[half].map((pair) => {
      const run = variable === undefined ? pair.base : swappedRun(pair, (key) => key === variable);
      return run.scored.map((i) => decide(this.#readout.logits(run, i), this.#readout.task.sigmoid).join());
    });
  }

  model(half: Half, places: readonly SitePlace[]): Decisions[][] {
    const plain = this.#swapped.pairs[half].map(({ base }) => base.decisions);
    const asked = places.filter(({ sites }) => sites.length > 0);
    const found = this.#swapped.decisions(half, asked);
    return places.map((place) => {
      const decisions = place.sites.length === 0 ? plain : found[asked.indexOf(place)]!;
      return decisions.map((sequence) => sequence.map((decision) => decision.join()));
    });
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

/** A readout and a model on swapped runs. */
import type { Followed } from "../../common/interchange.js";
import type { Comparison, Decisions, Half } from "../../interchange/measure.js";
import { variablesOf } from "../readout/program-text.js";
import { isUsed, type Readout } from "../readout/readout.js";
import type { Variable } from "../variables/variable.js";
import { ProgramRuns } from "./program-runs.js";
import type { SitePlace, SwappedModel } from "./swapped-model.js";

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

export interface ComparisonOptions {
  readonly runs?: ProgramRuns;
  /** A subspace for some variables, by their keys. */
  readonly learned?: ReadonlyMap<string, SitePlace>;
}

export class ReadoutComparison implements Comparison<SitePlace> {
  readonly sites: readonly SitePlace[];
  readonly #swapped: SwappedModel;
  readonly #runs: ProgramRuns;
  readonly #learned: ReadonlyMap<string, SitePlace>;
  readonly #variables: readonly Variable[];

  constructor(
    swapped: SwappedModel,
    readout: Readout,
    { runs = new ProgramRuns(readout, swapped.pairs), learned = new Map() }: ComparisonOptions = {},
  ) {
    this.#swapped = swapped;
    this.#runs = runs;
    this.#learned = learned;
    this.#variables = carriedVariables(readout);
    this.sites = swapped.places.filter(({ parts }) => parts.length === 1);
  }

  get variables(): string[] {
    return this.#variables.map(({ key }) => key);
  }

  /** Inputs are looked for at the inputs, what attention carries at heads, both in what was learned. */
  places(variable: string): SitePlace[] {
    const isInput = this.#variables.find(({ key }) => key === variable)!.depth === 0;
    const learned = this.#learned.get(variable);
    return [
      ...this.#swapped.places.filter(({ parts }) => parts.some(({ part }) => typeof part !== "number") === isInput),
      ...(learned ? [learned] : []),
    ];
  }

  program(half: Half, variable: string | undefined): Decisions[] {
    return textsOf(this.#runs.decisions(half, variable));
  }

  unswapped(half: Half): Decisions[] {
    return textsOf(this.#swapped.pairs[half].map(({ base }) => base.decisions));
  }

  model(half: Half, places: readonly SitePlace[], kept: readonly SitePlace[] = []): Decisions[][] {
    return this.#swapped.decisions(half, places, kept).map(textsOf);
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

/** Decisions as texts that are equal where they are. */
export const textsOf = (pairs: readonly (readonly (readonly number[])[])[]): Decisions[] =>
  pairs.map((sequence) => sequence.map((decision) => decision.join()));

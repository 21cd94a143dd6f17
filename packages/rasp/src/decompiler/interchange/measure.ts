/**
 * Interchange accuracy (Geiger et al. 2021, "Causal Abstractions of Neural Networks", arXiv 2106.02997): a variable of the program is
 * taken from another input, the sites of the model that should carry it as well, and both decide. Sites are looked for on half of the
 * pairs, and the figures are of the other half.
 */
import { LEAST_FOLLOWED, type Followed, type Interchange, type Unexplained } from "../common/interchange.js";
import { shareOf, type Share } from "../common/share.js";

/** The decision at each position that counts, as texts that are equal where decisions are. */
export type Decisions = readonly string[];

/** A set of sites that may carry a variable. */
export interface Place {
  /** The names of the sites. */
  readonly sites: readonly string[];
  /** Of places that are as good one of lower cost is taken, and one of higher cost only if it is clearly better. */
  readonly cost: number;
  /** The dimensions of a subspace; undefined for whole sites. Subspaces of one activation are at right angles, so several fit in. */
  readonly dimensions?: number | undefined;
}

/** Which pairs: those that sites are looked for on, or those of the report. */
export type Half = "search" | "report";

/** A program and a model on pairs of inputs, a base and a source that values are taken from. */
export interface Comparison<P extends Place = Place> {
  readonly variables: readonly string[];
  /** Where a variable may be; of one that may be nowhere there is no figure. */
  places(variable: string): readonly P[];
  /**
   * What the program decides on each base, with a variable taken from the source, or with nothing taken; undefined for pairs that tell
   * nothing because no input leads to what the swap does.
   */
  program(half: Half, variable: string | undefined): readonly (Decisions | undefined)[];
  /** What the model decides on each base. */
  unswapped(half: Half): readonly Decisions[];
  /**
   * What the model decides on each base with the sites of each place taken from the source.
   *
   * @param kept - places that are kept as they are on the base, whatever a swap before them changes
   */
  model(half: Half, places: readonly P[], kept?: readonly P[]): readonly (readonly Decisions[])[];
  /** The sites of which each one is reported if it matters and carries no variable that was found. */
  readonly sites: readonly P[];
  /** Whether something that was found explains a site that it is not placed at. */
  explains(site: string, found: readonly Followed[]): boolean;
}

/** A place of higher cost must be better by more. */
const LEAST_GAIN = 0.01;
/** Sites that change fewer decisions are not worth a line. */
const LEAST_CHANGED = 0.01;

/**
 * The place of each variable, looked for on some pairs. No site carries two variables: those that need fewer sites choose first.
 */
export function placesIn<P extends Place>(
  comparison: Comparison<P>,
  half: Half,
): { readonly variable: string; readonly place: P }[] {
  const plain = comparison.program(half, undefined);
  const looked = comparison.variables.flatMap((variable) => {
    const places = comparison.places(variable);
    if (places.length === 0) return [];
    const own = comparison.program(half, variable);
    const accuracies = comparison.model(half, places).map((model) => followed(plain, own, model).accuracy.share);
    return [{ variable, places, accuracies, first: places[bestOf(places, accuracies)]! }];
  });
  const taken = new Set<string>();
  const chosen = new Map<string, P>();
  for (const { variable, places, accuracies, first } of [...looked].sort((a, b) => a.first.cost - b.first.cost)) {
    const free = places.flatMap((place, p) => (isTaken(place, taken) ? [] : [p]));
    const best =
      free[
        bestOf(
          free.map((p) => places[p]!),
          free.map((p) => accuracies[p]!),
        )
      ];
    const place = best === undefined ? first : places[best]!;
    chosen.set(variable, place);
    if (place.dimensions === undefined) place.sites.forEach((site) => taken.add(site));
  }
  return looked.map(({ variable }) => ({ variable, place: chosen.get(variable)! }));
}

const isTaken = ({ sites, dimensions }: Place, taken: ReadonlySet<string>): boolean =>
  dimensions === undefined && sites.some((site) => taken.has(site));

/**
 * Where each variable is, and how far the model follows it there.
 *
 * @param half - the pairs of the figures; with "search" those that the places were looked for on, as a search may do
 */
export function interchange<P extends Place>(comparison: Comparison<P>, half: Half = "report"): Interchange {
  const { sites } = comparison;
  const plain = comparison.program(half, undefined);
  const chosen = placesIn(comparison, "search");
  const reported = comparison.model(half, [...chosen.map(({ place }) => place), ...sites]);
  const rows = chosen.map(({ variable, place }, v): Followed => {
    const figures = followed(plain, comparison.program(half, variable), reported[v]!);
    return {
      variable,
      sites: place.sites,
      dimensions: place.dimensions,
      ...figures,
      isFound: figures.accuracy.of > 0 && figures.accuracy.share >= LEAST_FOLLOWED,
    };
  });
  const own = comparison.unswapped(half);
  const found = rows.filter(({ isFound }) => isFound);
  const open = sites.filter(({ sites: names }, s) => {
    const isPlaced = found.some((row) => names.every((name) => row.sites.includes(name)));
    const isSmall = changedShare(own, reported[chosen.length + s]!) < LEAST_CHANGED;
    return !isPlaced && !isSmall && !comparison.explains(names.join(" + "), found);
  });
  const foundPlaces = chosen.flatMap(({ place }, v) => (rows[v]!.isFound ? [place] : []));
  const kept = open.length === 0 ? [] : comparison.model(half, open, foundPlaces);
  const unexplained = open.flatMap(({ sites: names }, s): Unexplained[] => {
    const changed = changedShare(own, kept[s]!);
    return changed < LEAST_CHANGED ? [] : [{ site: names.join(" + "), changed }];
  });
  return {
    variables: rows,
    unexplained: unexplained.sort((a, b) => b.changed - a.changed),
    pairs: plain.length,
  };
}

/** The first of the cheapest places among those that are nearly as good as the best one. */
function bestOf(places: readonly Place[], accuracies: readonly number[]): number {
  const least = Math.max(...accuracies) - LEAST_GAIN;
  const good = places.flatMap((_, p) => (accuracies[p]! >= least ? [p] : []));
  return good.reduce((best, p) => (best < 0 || isBetter(p, best) ? p : best), -1);

  function isBetter(a: number, b: number): boolean {
    const cost = places[a]!.cost - places[b]!.cost;
    return cost < 0 || (cost === 0 && accuracies[a]! > accuracies[b]!);
  }
}

/** The shares of decisions that the model shares with the program: where that changes its own, and where it does not. */
export function followed(
  plain: readonly (Decisions | undefined)[],
  swapped: readonly (Decisions | undefined)[],
  model: readonly Decisions[],
): { readonly accuracy: Share; readonly unchanged: Share } {
  const share = (isChanged: boolean): Share => {
    let [sum, pairs] = [0, 0];
    plain.forEach((before, p) => {
      const after = swapped[p];
      if (!before || !after) return;
      const at = before.flatMap((decision, i) => ((decision !== after[i]) === isChanged ? [i] : []));
      if (at.length === 0) return;
      sum += at.filter((i) => after[i] === model[p]![i]).length / at.length;
      pairs++;
    });
    return pairs === 0 ? { share: 0, of: 0, low: 0, high: 1 } : shareOf(sum, pairs);
  };
  return { accuracy: share(true), unchanged: share(false) };
}

/** The mean share of decisions that differ. */
function changedShare(a: readonly Decisions[], b: readonly Decisions[]): number {
  const shares = a.map((row, p) => row.filter((decision, i) => decision !== b[p]![i]).length / Math.max(1, row.length));
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
}

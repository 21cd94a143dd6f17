/**
 * Whether what a sublayer writes lands on a class. The card says which coordinates hold which classes; how far the ranges of the weights
 * are from them, and how far they may be, is found here.
 */
import type { CheckedFile, SubspaceClasses } from "./card.js";
import type { Network } from "./network.js";
import type { Ranges } from "./ranges.js";

/** One decision of the model, at its worst. */
export interface Margin {
  readonly where: string;
  /** The error that the decision can bear. */
  readonly margin: number;
  /** The error that there can be. */
  readonly error: number;
}

/** The worst of each place. */
export class Margins {
  readonly #all = new Map<string, Margin>();

  add(where: string, margin: number, error: number): void {
    const known = this.#all.get(where);
    if (!known || margin * known.error < known.margin * error) this.#all.set(where, { where, margin, error });
  }

  /** The tightest first. */
  get sorted(): readonly Margin[] {
    const ratio = ({ margin, error }: Margin): number => margin / error;
    return [...this.#all.values()].sort((a, b) => ratio(a) - ratio(b));
  }
}

/** All subspaces of a model. Streams are looked at once. */
export class Landings {
  readonly margins: Margins;
  readonly #network: Network;
  /** By sublayer, two for each block. */
  readonly #stages: readonly { readonly landings: readonly Landing[]; readonly seen: Set<number> }[];

  constructor({ subspaces, blocks }: CheckedFile, network: Network, margins: Margins) {
    this.margins = margins;
    this.#network = network;
    this.#stages = blocks.flatMap((_, b) =>
      (["attention", "feed-forward"] as const).map((writer, half) => ({
        landings: subspaces
          .filter((subspace) => subspace.layer === b + 1 && subspace.writer === writer)
          .map((subspace) => new Landing(subspace, (c) => network.isRead(c, 2 * b + half))),
        seen: new Set<number>(),
      })),
    );
  }

  /** @param stream - what a position holds after a sublayer, not that of BOS */
  see(stream: number, stage: number): void {
    const { landings, seen } = this.#stages[stage]!;
    if (seen.has(stream)) return;
    seen.add(stream);
    for (const landing of landings) landing.add(this.#network.streams.all[stream]!, this.margins);
  }
}

/** The landing of one subspace. */
class Landing {
  readonly #where: string;
  readonly #subspace: SubspaceClasses;
  readonly #live: readonly number[];
  /** Of the coordinates that are read, in the order of the first. */
  readonly #points: readonly (readonly number[])[];
  readonly #margin: number;
  readonly #known = new Map<string, number>();

  /** @param isRead - whether anything reads a coordinate after the sublayer */
  constructor(subspace: SubspaceClasses, isRead: (coordinate: number) => boolean) {
    const { label, layer, writer, coordinates, points } = subspace;
    this.#where = `${label}, layer ${layer}, ${writer}`;
    this.#subspace = subspace;
    this.#live = coordinates.map((_, i) => i).filter((i) => isRead(coordinates[i]!));
    const all = points.map((point) => this.#live.map((i) => point[i]!));
    const different = [...new Map(all.map((point) => [point.join(), point])).values()];
    this.#points = different.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    this.#margin = leastDistance(this.#points) / 2;
  }

  /** Adds the decision which class the stream holds. */
  add(stream: Ranges, margins: Margins): void {
    const { coordinates, writer, anchor } = this.#subspace;
    if (this.#live.length === 0 || this.#points.length < 2) return;
    const offset = writer === "attention" ? anchor : 0;
    const [lo, hi] = (["lo", "hi"] as const).map((end) =>
      this.#live.map((i) => stream[end][coordinates[i]!]! - offset),
    );
    const key = `${lo!.join()};${hi!.join()}`;
    let error = this.#known.get(key);
    if (error === undefined) this.#known.set(key, (error = this.#errorOf(lo!, hi!)));
    margins.add(this.#where, this.#margin, error);
  }

  #errorOf(lo: readonly number[], hi: readonly number[]): number {
    let least = Infinity;
    for (const point of this.#points) {
      const error = point.reduce((most, x, d) => Math.max(most, x - lo[d]!, hi[d]! - x), 0);
      if (error < least) least = error;
    }
    return least;
  }
}

/** Of points in the order of their first coordinate. */
function leastDistance(points: readonly (readonly number[])[]): number {
  let least = Infinity;
  points.forEach((point, p) => {
    for (let q = p + 1; q < points.length && points[q]![0]! - point[0]! < least; q++) {
      least = Math.min(least, Math.max(...point.map((x, d) => Math.abs(x - points[q]![d]!))));
    }
  });
  return least;
}

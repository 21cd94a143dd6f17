/**
 * Residual coordinates that nobody reads any more, for others to stand in. Hidden units clear them: relu(x) and relu(-x) take x away
 * without any rounding, whatever x is. Who moves in comes in a later layer, so that no sum mixes the old and the new.
 */
import type { Plan } from "../plan/ir/plan.js";
import type { LayerRead, Subspace } from "../plan/ir/read.js";

/** A coordinate that the feed-forward sublayer of a layer sets to 0. */
export interface FreedCoordinate {
  readonly subspace: Subspace;
  readonly coordinate: number;
  readonly layer: number;
  /** Whether it holds nothing below 0, so that relu(x) alone takes it away. */
  readonly positive: boolean;
}

export class CoordinateReuse {
  /** Those that somebody has moved into. */
  readonly clearings: FreedCoordinate[] = [];
  readonly #vacant: FreedCoordinate[] = [];
  /** By subspace: the last layer that reads each of its coordinates. */
  readonly #lastReads = new Map<Subspace, Map<number, number>>();

  readonly #plan: Plan;

  /** @param terms - which coordinates of a subspace a read with these coefficients reads */
  constructor(
    plan: Plan,
    reads: readonly LayerRead[],
    terms: (
      subspace: Subspace,
      coefficients: readonly number[],
    ) => readonly (readonly [index: number, weight: number])[],
  ) {
    this.#plan = plan;
    for (const { read, layer } of reads) {
      for (const [subspace, coefficients] of read.terms) {
        let last = this.#lastReads.get(subspace);
        if (!last) this.#lastReads.set(subspace, (last = new Map()));
        for (const [index, weight] of terms(subspace, coefficients)) {
          if (weight !== 0) last.set(index, Math.max(last.get(index) ?? 0, layer));
        }
      }
    }
  }

  /** A coordinate that will be vacant once its last reader has read it. */
  add(subspace: Subspace, index: number, coordinate: number, positive: boolean): void {
    const lastRead = this.#lastReads.get(subspace)?.get(index) ?? subspace.layer;
    // Hidden units clear what stood before their sublayer, and an anchor goes in the sublayer of its own layer.
    const isLate = subspace.writer === "feed-forward" || this.#plan.anchors.has(subspace);
    const layer = Math.max(1, lastRead, isLate ? subspace.layer + 1 : subspace.layer);
    if (layer < Infinity) this.#vacant.push({ subspace, coordinate, layer, positive });
  }

  /** The coordinate that is cleared first, if that is before the subspace comes. An anchor stands from the embedding on, so it cannot move in. */
  take(subspace: Subspace): number | undefined {
    if (this.#plan.anchors.has(subspace)) return undefined;
    let first = -1;
    this.#vacant.forEach(({ layer }, at) => {
      if (layer < subspace.layer && (first < 0 || layer < this.#vacant[first]!.layer)) first = at;
    });
    if (first < 0) return undefined;
    const [clearing] = this.#vacant.splice(first, 1);
    this.clearings.push(clearing!);
    return clearing!.coordinate;
  }
}

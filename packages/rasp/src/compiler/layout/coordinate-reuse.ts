/**
 * Residual coordinates that nothing reads any more, for other subspaces to use. Hidden units set them to 0: relu(x) and relu(-x)
 * take x away without any rounding, whatever x is. The next subspace is written in a later layer, so that no sum mixes the old and the
 * new.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Plan } from "../plan/ir/plan.js";
import type { LayerRead, Subspace } from "../plan/ir/read.js";

/** A coordinate that the feed-forward sublayer of a layer sets to 0. */
export interface FreedCoordinate {
  /** What it held until then. */
  readonly subspace: Subspace;
  readonly coordinate: number;
  readonly layer: number;
  /** Whether it holds nothing below 0, so that relu(x) alone takes it away. */
  readonly positive: boolean;
}

/** The coordinates of a subspace that a read with these coefficients reads. */
export type Entries = (
  subspace: Subspace,
  coefficients: readonly number[],
) => readonly (readonly [index: number, weight: number])[];

export class CoordinateReuse {
  /** Those that another subspace uses. */
  readonly reused: FreedCoordinate[] = [];
  readonly #free: FreedCoordinate[] = [];
  /** By subspace: the last layer that reads each of its coordinates. */
  readonly #lastReads = new Map<Subspace, Map<number, number>>();

  readonly #plan: Plan;

  constructor(plan: Plan, reads: readonly LayerRead[], entries: Entries) {
    this.#plan = plan;
    for (const { read, layer } of reads) {
      for (const [subspace, coefficients] of read.terms) {
        const last = getOrInsert(this.#lastReads, subspace, () => new Map<number, number>());
        for (const [index, weight] of entries(subspace, coefficients)) {
          if (weight !== 0) last.set(index, Math.max(last.get(index) ?? 0, layer));
        }
      }
    }
  }

  /** Offers a coordinate for use after its last read. */
  add(subspace: Subspace, index: number, coordinate: number, positive: boolean): void {
    const lastRead = this.#lastReads.get(subspace)?.get(index) ?? subspace.layer;
    // Hidden units read what was written before their sublayer, and an anchor is taken away in the sublayer of its own layer.
    const isLate = subspace.writer === "feed-forward" || this.#plan.anchors.has(subspace);
    const layer = Math.max(1, lastRead, isLate ? subspace.layer + 1 : subspace.layer);
    if (layer < Infinity) this.#free.push({ subspace, coordinate, layer, positive });
  }

  /**
   * The coordinate that is free first, for a subspace that is written later.
   *
   * @returns undefined where there is none, and for a subspace with an anchor, which needs its coordinates from the embedding on
   */
  take(subspace: Subspace): number | undefined {
    if (this.#plan.anchors.has(subspace)) return undefined;
    let first = -1;
    this.#free.forEach(({ layer }, i) => {
      if (layer < subspace.layer && (first < 0 || layer < this.#free[first]!.layer)) first = i;
    });
    if (first < 0) return undefined;
    const [freed] = this.#free.splice(first, 1);
    this.reused.push(freed!);
    return freed!.coordinate;
  }
}

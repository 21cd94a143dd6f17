/**
 * Residual coordinates that nobody reads any more, for others to stand in. Hidden units clear them: relu(x) and relu(-x) take x away
 * without any rounding, whatever x is. Who moves in comes in a later layer, so that no sum mixes the old and the new.
 */
import type { LayerRead } from "./layout.js";
import type { Plan } from "../plan/ir/plan.js";
import type { Stream } from "../plan/ir/read.js";

/** A coordinate that the feed-forward sublayer of a layer sets to 0. */
export interface Clearing {
  readonly stream: Stream;
  readonly coordinate: number;
  readonly layer: number;
  /** Whether it holds nothing below 0, so that relu(x) alone takes it away. */
  readonly positive: boolean;
}

export class Vacancies {
  /** Those that somebody has moved into. */
  readonly clearings: Clearing[] = [];
  readonly #vacant: Clearing[] = [];
  /** By stream: the last layer that reads each of its coordinates. */
  readonly #lastReads = new Map<Stream, Map<number, number>>();

  readonly #plan: Plan;

  /** @param terms - which coordinates of a stream a read with these coefficients reads */
  constructor(
    plan: Plan,
    reads: readonly LayerRead[],
    terms: (stream: Stream, coefficients: readonly number[]) => readonly (readonly [index: number, weight: number])[],
  ) {
    this.#plan = plan;
    for (const { read, layer } of reads) {
      for (const [stream, coefficients] of read.terms) {
        let last = this.#lastReads.get(stream);
        if (!last) this.#lastReads.set(stream, (last = new Map()));
        for (const [index, weight] of terms(stream, coefficients)) {
          if (weight !== 0) last.set(index, Math.max(last.get(index) ?? 0, layer));
        }
      }
    }
  }

  /** A coordinate that will be vacant once its last reader has read it. */
  add(stream: Stream, index: number, coordinate: number, positive: boolean): void {
    const lastRead = this.#lastReads.get(stream)?.get(index) ?? stream.layer;
    // Hidden units clear what stood before their sublayer, and an anchor goes in the sublayer of its own layer.
    const isLate = stream.writer === "feed-forward" || this.#plan.anchors.has(stream);
    const layer = Math.max(1, lastRead, isLate ? stream.layer + 1 : stream.layer);
    if (layer < Infinity) this.#vacant.push({ stream, coordinate, layer, positive });
  }

  /** The coordinate that is cleared first, if that is before the stream comes. An anchor stands from the embedding on, so it cannot move in. */
  take(stream: Stream): number | undefined {
    if (this.#plan.anchors.has(stream)) return undefined;
    let first = -1;
    this.#vacant.forEach(({ layer }, at) => {
      if (layer < stream.layer && (first < 0 || layer < this.#vacant[first]!.layer)) first = at;
    });
    if (first < 0) return undefined;
    const [clearing] = this.#vacant.splice(first, 1);
    this.clearings.push(clearing!);
    return clearing!.coordinate;
  }
}

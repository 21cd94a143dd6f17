/** The programs of a search by size and match. */

/** A program that was found on the way: its size, and its match on the selection set, 0 to 1. */
export interface FrontPoint {
  /** Selectors and projections, or selectors and leaves of a condition. */
  readonly size: number;
  readonly match: number;
}

/** The points that no other point of the same or a smaller size equals or beats, smallest first. */
export function paretoFront(points: readonly FrontPoint[]): FrontPoint[] {
  const sorted = [...points].sort((a, b) => a.size - b.size || b.match - a.match);
  let best = -1;
  return sorted.filter(({ match }) => match > best && (best = match) >= 0);
}

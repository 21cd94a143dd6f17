/** The time that a search has. */
export interface Clock {
  /** Whether the time is up, or this share of it, 0 to 1. */
  expired(share?: number): boolean;
}

/** What a key can contribute to rows. */
import type { ValueSet } from "./value-set.js";

/** What one key position can contribute to a row. Equal ones are one object. */
export interface Contribution {
  readonly id: number;
  /** Whether the row may pass the key over. */
  readonly canSkip: boolean;
  /** What the key adds where it is selected; none where it never is. */
  readonly added: ValueSet;
}

/** What a key can contribute for each joint value of the query. Equal ones are one object, unless there are too many. */
export class Letter {
  /** The joint values of the query, in their order, have `parts[j]` from `starts[j]` on. Parts that meet differ. */
  readonly starts: readonly number[];
  readonly parts: readonly Contribution[];
  /** How many joint values of the query there are; 1 where all have the same. */
  readonly size: number;
  /** Whether no row selects the key. */
  readonly isNothing: boolean;
  #contributions: readonly Contribution[] | undefined;

  constructor(starts: readonly number[], parts: readonly Contribution[], size: number) {
    this.starts = starts;
    this.parts = parts;
    this.size = size;
    this.isNothing = parts.every(({ added }) => added.atoms.length === 0);
  }

  /** One for each joint value of the query; a single one where all have the same. */
  get contributions(): readonly Contribution[] {
    return (this.#contributions ??= this.parts.flatMap((part, p) => {
      const next = this.starts[p + 1] ?? this.size;
      return Array.from({ length: next - this.starts[p]! }, () => part);
    }));
  }
}

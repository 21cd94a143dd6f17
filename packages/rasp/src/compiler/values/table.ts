/**
 * Tables with a value for each position of inputs of each length. What does not depend on the position, or on the length, has an entry
 * for each length, or for each position; what depends on neither has one. There are n²/2 pairs of a length and a position.
 */

/** The lengths and positions of a table. */
export interface Cells {
  readonly maxLength: number;
  /** Whether a position sees none after it; nothing then depends on the length. */
  readonly causal: boolean;
}

/** What a table's values depend on. */
export interface Dependence {
  readonly length: boolean;
  readonly position: boolean;
}

export const NOTHING: Dependence = { length: false, position: false };
export const LENGTH: Dependence = { length: true, position: false };
export const POSITION: Dependence = { length: false, position: true };
export const BOTH: Dependence = { length: true, position: true };

/** What a value depends on that is made of values of these tables. */
export const joinedDependence = (parts: Iterable<Dependence>): Dependence => {
  let [length, position] = [false, false];
  for (const part of parts) {
    length ||= part.length;
    position ||= part.position;
  }
  return { length, position };
};

/** How many entries such a table has. */
export function entryCount({ length, position }: Dependence, { maxLength, causal }: Cells): number {
  if (causal) return length || position ? maxLength : 1;
  if (length && position) return cell(maxLength + 1, 0);
  return length || position ? maxLength : 1;
}

/** The index among all pairs of a length and a position. */
export const cell = (length: number, position: number): number => (length * (length - 1)) / 2 + position;

export class Table<T> {
  readonly #indexOf: (length: number, position: number) => number;
  readonly #entries: readonly T[];
  #distinct: ReadonlySet<T> | undefined;
  readonly dependence: Dependence;

  private constructor(dependence: Dependence, entries: readonly T[]) {
    this.dependence = dependence;
    this.#entries = entries;
    this.#indexOf = indexing(dependence);
  }

  /**
   * @param dependence - what `value` depends on; in a causal model the position stands for the length
   * @param value - called once for each entry
   */
  static of<T>(dependence: Dependence, cells: Cells, value: (length: number, position: number) => T): Table<T> {
    const { maxLength, causal } = cells;
    const { length, position } = causal && dependence.length ? POSITION : dependence;
    const entries: T[] = [];
    if (!length && !position) entries.push(value(1, 0));
    else if (!length) for (let i = 0; i < maxLength; i++) entries.push(value(i + 1, i));
    else if (!position) for (let n = 1; n <= maxLength; n++) entries.push(value(n, 0));
    else for (let n = 1; n <= maxLength; n++) for (let i = 0; i < n; i++) entries.push(value(n, i));
    return new Table({ length, position }, entries).#narrowed();
  }

  at(length: number, position: number): T {
    return this.#entries[this.#indexOf(length, position)]!;
  }

  /** All different entries. */
  get distinct(): ReadonlySet<T> {
    return (this.#distinct ??= new Set(this.#entries));
  }

  /** The table of a function of the entries; called once for each different entry. */
  map<U>(image: (entry: T) => U): Table<U> {
    const images = new Map<T, U>();
    for (const entry of this.distinct) images.set(entry, image(entry));
    return new Table(
      this.dependence,
      this.#entries.map((entry) => images.get(entry)!),
    ).#narrowed();
  }

  /** The same table, without what it does not depend on. */
  #narrowed(): Table<T> {
    const { length, position } = this.dependence;
    if (!length && !position) return this;
    const entries = this.#entries;
    const [first] = entries;
    if (entries.every((entry) => entry === first)) return new Table(NOTHING, entries.slice(0, 1));
    if (!length || !position) return this;
    if (entries.length === 1) return this;
    const maxLength = (Math.sqrt(8 * entries.length + 1) - 1) / 2;
    const byLength = Array.from({ length: maxLength }, (_, l) => entries[cell(l + 1, 0)]!);
    if (allCells(maxLength, (n, i) => entries[cell(n, i)] === byLength[n - 1])) return new Table(LENGTH, byLength);
    const byPosition = entries.slice(cell(maxLength, 0));
    if (allCells(maxLength, (n, i) => entries[cell(n, i)] === byPosition[i])) return new Table(POSITION, byPosition);
    return this;
  }
}

function indexing({ length, position }: Dependence): (length: number, position: number) => number {
  if (length && position) return cell;
  if (length) return (n) => n - 1;
  return position ? (_, i) => i : () => 0;
}

function allCells(maxLength: number, holds: (length: number, position: number) => boolean): boolean {
  for (let n = 1; n <= maxLength; n++) for (let i = 0; i < n; i++) if (!holds(n, i)) return false;
  return true;
}

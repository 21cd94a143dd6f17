/**
 * Rows whose values are the numbers of keys that they select: all from the least to the most, which add up key by key. The joint values of a
 * query that have the same answers are counted together.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Letter } from "./letter.js";
import type { Reached, RowKind } from "./row-states.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** The work of one value of a set. */
const VALUE = 30;

/** How many keys the rows select: from the joint value `starts[j]` of the query on, at least `least[j]`, and at most `most[j]`. */
interface Flat {
  readonly starts: readonly number[];
  readonly least: readonly number[];
  readonly most: readonly number[];
}

const NONE: Flat = { starts: [0], least: [0], most: [0] };

/** More runs of letters are not left to be added up later. */
const MOST_OPEN = 1 << 12;

/** How many keys the row of each joint value of a query selects. Keys are added up when it is asked for. */
export class Counts {
  /** The runs of letters that are not added up. */
  readonly #open: number;
  /** What the last letter was added to, and how many times it was; undefined once it is added up. */
  #last: { readonly before: Counts; readonly letter: Letter; readonly times: number } | undefined;
  #flat: Flat | undefined;
  /** The values of such rows where none is known to select a position, and where all are. */
  readonly results: (ValueSet | undefined)[] = [];

  constructor(last?: { readonly before: Counts; readonly letter: Letter; readonly times: number }) {
    this.#last = last;
    const { before, letter } = last ?? {};
    const open = before && letter ? letter.parts.length + (before.#flat?.starts.length ?? before.#open) : 0;
    this.#open = open;
    if (!last) this.#flat = NONE;
    else if (open > MOST_OPEN) this.#flat = this.#added();
  }

  get flat(): Flat {
    return (this.#flat ??= this.#added());
  }

  #added(): Flat {
    const changes = new Map<number, { least: number; most: number }>();
    const add = (start: number, least: number, most: number): void => {
      const change = getOrInsert(changes, start, () => ({ least: 0, most: 0 }));
      change.least += least;
      change.most += most;
    };
    let last = this.#last;
    for (; last && !last.before.#flat; last = last.before.#last) addLetter(last.letter, last.times, add);
    if (last) {
      addLetter(last.letter, last.times, add);
      addRuns(last.before.#flat!, add);
    }
    this.#last = undefined;
    return flatOf(changes);
  }
}

/** Calls with what the counts are more than those of the joint value of the query before. */
function addRuns({ starts, least, most }: Flat, add: (start: number, least: number, most: number) => void): void {
  for (let r = 0; r < starts.length; r++) {
    add(starts[r]!, least[r]! - (least[r - 1] ?? 0), most[r]! - (most[r - 1] ?? 0));
  }
}

function addLetter(
  { starts, parts }: Letter,
  times: number,
  add: (start: number, least: number, most: number) => void,
): void {
  let [leastBefore, mostBefore] = [0, 0];
  for (let p = 0; p < starts.length; p++) {
    const { added, canSkip } = parts[p]!;
    const most = added.atoms.length > 0 ? times : 0;
    const least = canSkip ? 0 : most;
    add(starts[p]!, least - leastBefore, most - mostBefore);
    [leastBefore, mostBefore] = [least, most];
  }
}

function flatOf(changes: ReadonlyMap<number, { readonly least: number; readonly most: number }>): Flat {
  const flat = { starts: [] as number[], least: [] as number[], most: [] as number[] };
  let [leastHere, mostHere] = [0, 0];
  for (const [start, { least, most }] of [...changes].sort(([a], [b]) => a - b)) {
    if (start > 0 && least === 0 && most === 0) continue;
    leastHere += least;
    mostHere += most;
    flat.starts.push(start);
    flat.least.push(leastHere);
    flat.most.push(mostHere);
  }
  return flat;
}

export class CountRows implements RowKind<Counts> {
  readonly start = new Counts();
  readonly #results = new Map<string, ValueSet>();
  readonly #sets: ValueSets;
  readonly #one: boolean;
  readonly #spend: (steps: number) => void;

  /**
   * @param one - whether no row selects two positions
   * @param spend - called with the steps of work before they are taken
   */
  constructor(sets: ValueSets, one: boolean, spend: (steps: number) => void) {
    this.#sets = sets;
    this.#one = one;
    this.#spend = spend;
  }

  with(rows: Counts, letter: Letter, keys = 1): Counts {
    return letter.isNothing || keys === 0 ? rows : new Counts({ before: rows, letter, times: keys });
  }

  values(rows: Counts, reached: Reached): ValueSet {
    if (typeof reached === "boolean") {
      return (rows.results[Number(reached)] ??= this.#valuesOf(rows.flat, () => reached));
    }
    // A run whose rows are not all known to select a position is cut into those of one joint value each.
    return this.#valuesOf(cutTo(rows.flat, reached.length), (start) => reached[start]!);
  }

  #valuesOf({ starts, least, most }: Flat, isReached: (start: number) => boolean): ValueSet {
    /** By the least number of keys, the most. */
    const ends = new Map<number, number>();
    for (let r = 0; r < starts.length; r++) {
      const [from, to] = this.#ends(least[r]!, most[r]!, isReached(starts[r]!));
      if (from <= to && to > (ends.get(from) ?? -1)) ends.set(from, to);
    }
    const spans = joinedSpans([...ends].sort(([a], [b]) => a - b));
    return getOrInsert(this.#results, spans.join(";"), () => {
      this.#spend(VALUE * spans.reduce((sum, [from, to]) => sum + to - from + 1, 0));
      return this.#sets.setOf(
        spans.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, width) => BigInt(from + width))),
      );
    });
  }

  #ends(least: number, most: number, isReached: boolean): [number, number] {
    return this.#one ? [Math.max(least, Number(isReached)), Math.min(most, 1)] : [least, most];
  }
}

/** The same counts, in a run for each of so many joint values of the query. */
function cutTo({ starts, least, most }: Flat, size: number): Flat {
  const cut = { starts: [] as number[], least: [] as number[], most: [] as number[] };
  for (let q = 0, r = 0; q < size; q++) {
    if (q === starts[r + 1]) r++;
    cut.starts.push(q);
    cut.least.push(least[r]!);
    cut.most.push(most[r]!);
  }
  return cut;
}

/** Spans of whole numbers, by their first and last ones, with those that meet joined. */
function joinedSpans(ascending: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = [];
  for (const [from, to] of ascending) {
    const last = spans.at(-1);
    if (last && from <= last[1] + 1) spans[spans.length - 1] = [last[0], Math.max(last[1], to)];
    else spans.push([from, to]);
  }
  return spans;
}

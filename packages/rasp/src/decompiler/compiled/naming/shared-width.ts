/**
 * Heads whose counts add up to the width of one selector. An order of many values is compiled to a head for each binary digit in which
 * two numbers can differ: what each selects is long to write, and together they select by a comparison.
 */
import { getOrInsert } from "../../../language/maps.js";
import type { HeadRun } from "../run/head-run.js";
import { columnsOf } from "../run/head-subspaces.js";
import { statesOf, valueOf, type Projected, type Reading } from "../run/residual-stream.js";
import { keyOf, type Subspace } from "../run/subspace.js";
import type { Naming } from "./naming.js";
import { relationsOf } from "./relation.js";

/** Some heads, and one that selects what any of them does. */
export interface SharedWidth {
  readonly heads: readonly HeadRun[];
  readonly joined: HeadRun;
}

export class SharedWidths {
  /** By their heads. The same heads can write several numbers. */
  readonly #known = new Map<string, HeadRun>();

  readonly #naming: Naming;

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /**
   * The heads in groups, found one head after the other. Heads go together that add the same for each key, of which no two select the
   * same key, and whose keys together are selected by comparisons of single subspaces again.
   */
  of(heads: readonly HeadRun[], subspace: Subspace): readonly SharedWidth[] {
    const groups: SharedWidth[] = [];
    for (const head of heads) {
      const larger = groups.map((group) => this.#with(group, head, subspace));
      const place = larger.findIndex((group) => group !== undefined);
      if (place < 0) groups.push({ heads: [head], joined: head });
      else groups[place] = larger[place]!;
    }
    return groups;
  }

  #with({ heads, joined }: SharedWidth, head: HeadRun, subspace: Subspace): SharedWidth | undefined {
    if (!addTheSame(joined, head, subspace) || !areDisjoint(joined, head)) return undefined;
    const all = [...heads, head];
    const key = `${head.layer}: ${all.map((one) => one.head).join()}`;
    const candidate = getOrInsert(this.#known, key, () => together(joined, head));
    return this.#isSimple(candidate) ? { heads: all, joined: candidate } : undefined;
  }

  #isSimple(head: HeadRun): boolean {
    const [found] = relationsOf(head, selectedBy(head), this.#naming);
    return found?.relations.every(({ keys, queries }) => keys.length <= 1 && queries.length <= 1) ?? false;
  }
}

/** Whether a row selects a key, by their places. */
export function selectedBy({ selected }: HeadRun): (key: number, query: number) => boolean {
  const chosen = selected.map((keys) => new Set(keys));
  return (key, query) => chosen[query]!.has(key);
}

const areDisjoint = (a: HeadRun, b: HeadRun): boolean =>
  a.selected.every((keys, query) => {
    const others = new Set(b.selected[query]);
    return keys.every((key) => !others.has(key));
  });

/** Whether each key adds the same to a subspace in both heads. */
function addTheSame(a: HeadRun, b: HeadRun, { coordinates }: Subspace): boolean {
  const sides = [a, b].map((head) => head.value.parts.map((part) => part.subspace));
  const { tuples } = statesOf([...sides[0]!, ...sides[1]!], a.selected.length);
  const added = (head: HeadRun, ids: Int32Array): string => {
    const value = valueOf(head.value, ids);
    return keyOf(columnsOf(head, coordinates).map((c) => value[c]!));
  };
  const first = sides[0]!.length;
  return tuples.every((ids) => added(a, ids.subarray(0, first)) === added(b, ids.subarray(first)));
}

/** The score of the head is the sum of the scores of the two. */
const together = (a: HeadRun, b: HeadRun): HeadRun => ({
  ...a,
  query: beside(a.query, b.query),
  key: beside(a.key, b.key),
  selected: a.selected.map((keys, query) => Int32Array.from([...keys, ...b.selected[query]!]).sort()),
  margin: (key, query) => Math.max(a.margin(key, query), b.margin(key, query)),
});

/** Both readings, one after the other. */
function beside(a: Reading, b: Reading): Reading {
  const joined = (x: ArrayLike<number>, y: ArrayLike<number>): Float64Array =>
    Float64Array.from([...Array.from(x), ...Array.from(y)]);
  const part = (subspace: Subspace): Projected => {
    const [x, y] = [a, b].map(({ parts, constant }) => {
      const nothing = new Float64Array(constant.length);
      const own = parts.find((one) => one.subspace === subspace);
      return own ?? { rows: subspace.values.map(() => nothing), atBos: nothing };
    });
    return {
      subspace,
      rows: x!.rows.map((row, v) => joined(row, y!.rows[v]!)),
      atBos: joined(x!.atBos, y!.atBos),
    };
  };
  const subspaces = new Set([...a.parts, ...b.parts].map(({ subspace }) => subspace));
  return {
    parts: [...subspaces].map(part),
    constant: joined(a.constant, b.constant),
    atBos: joined(a.atBos, b.atBos),
  };
}

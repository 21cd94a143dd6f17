/** One attention head: what it reads of streams, how keys score for queries, and what it gives. Each is computed once. */
import { getOrInsert } from "../language/maps.js";
import { mix, scoreOf, type Part, type Score } from "./attention.js";
import type { Budget } from "./budget.js";
import { Pairs } from "./numbers.js";
import { joined, Pool, rangesOf, setRange, type Affine, type Ranges } from "./ranges.js";

/** What a head reads of a stream: the numbers of a query, and of a key with its value. */
export interface Projected {
  readonly query: number;
  readonly key: number;
}

/** The maps to a head's queries, keys and values. */
interface HeadMaps {
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
}

export class Head {
  readonly results = new Pool();
  readonly #maps: HeadMaps;
  readonly #streams: Pool;
  readonly #budget: Budget;
  readonly #queries = new Pool();
  readonly #keys = new Pool();
  /** The values of keys, of the dimensions that are used. */
  readonly values = new Pool();
  /** The value dimensions that are not 0 for every key. */
  readonly used: readonly number[];
  readonly #projected = new Map<number, Projected>();
  readonly #valueIds = new Map<number, number>();
  readonly #scores = new Pairs<Score>();
  readonly #mixed = new Map<string, number>();
  readonly width: number;
  readonly reads: readonly number[];

  constructor(maps: HeadMaps, { streams, budget }: { readonly streams: Pool; readonly budget: Budget }) {
    this.#maps = maps;
    this.#streams = streams;
    this.#budget = budget;
    this.width = maps.query.columns.length;
    this.reads = [maps.query, maps.key, maps.value].flatMap((map) => map.reads);
    this.used = [...maps.value.columns.keys()].filter((d) => {
      const { rows, bias } = maps.value.columns[d]!;
      return rows.length > 0 || bias !== 0;
    });
  }

  project(stream: number): Projected {
    return getOrInsert(this.#projected, stream, () => {
      const x = this.#streams.all[stream]!;
      const { query, key, value } = this.#maps;
      this.#budget.takeFor(query.size + key.size + value.size);
      const own = value.apply(x);
      return {
        query: this.#queries.add(query.apply(x)),
        key: this.#keys.add(joined([key.apply(x), picked(own, this.used)])),
      };
    });
  }

  score(query: number, key: number): Score {
    return this.#scores.of(query, key, () => {
      this.#budget.takeFor(this.width);
      return scoreOf(this.#queries.all[query]!, part(this.#keys.all[key]!, 0, this.width));
    });
  }

  /** Of the value dimensions that are used. */
  value(key: number): Ranges {
    return part(this.#keys.all[key]!, this.width, this.width + this.used.length);
  }

  /** The number of a key's value; equal values have one. */
  valueId(key: number): number {
    return getOrInsert(this.#valueIds, key, () => this.values.add(this.value(key)));
  }

  /** The number of a result, which is `mix` of some parts. */
  result(parts: readonly Part[], keys: number): number {
    this.#budget.takeFor(10 * parts.length * this.used.length);
    const mixed = mix(parts, keys);
    const whole = rangesOf(this.width);
    for (const [d, dimension] of this.used.entries()) {
      setRange(whole, dimension, mixed.lo[d]!, mixed.hi[d]!, mixed.grid[d]);
    }
    return this.results.add(whole);
  }

  /** The number of what the head gives for a query and these keys, with how many there are of each. */
  mixed(query: number, keys: ReadonlyMap<number, number>): number {
    return getOrInsert(this.#mixed, `${query}:${[...keys].sort(([a], [b]) => a - b).join(";")}`, () => {
      const parts = new Map<string, Part[]>();
      let total = 0;
      for (const [key, count] of keys) {
        const score = this.score(query, key);
        getOrInsert(parts, score.same ?? `key ${key}`, () => []).push({ count, score, value: this.value(key) });
        total += count;
      }
      return this.result([...parts.values()].map(together), total);
    });
  }
}

/** Keys that score the same as one part. */
function together(parts: readonly Part[]): Part {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const value = rangesOf(first!.value.lo.length);
  for (let d = 0; d < value.lo.length; d++) {
    const mean = (side: "lo" | "hi"): number =>
      parts.reduce((sum, part) => sum + part.count * part.value[side][d]!, 0) / count;
    value.lo[d] = mean("lo");
    value.hi[d] = mean("hi");
  }
  return { count, score: first!.score, value };
}

/** Some components. */
const part = ({ lo, hi, grid }: Ranges, from: number, to: number): Ranges => ({
  lo: lo.subarray(from, to),
  hi: hi.subarray(from, to),
  grid: grid.subarray(from, to),
});

function picked({ lo, hi, grid }: Ranges, components: readonly number[]): Ranges {
  const some = rangesOf(components.length);
  components.forEach((c, i) => setRange(some, i, lo[c]!, hi[c]!, grid[c]));
  return some;
}

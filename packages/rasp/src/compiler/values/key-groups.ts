/** The keys of inputs of one length, those that are one to a query together. */
import { getOrInsert } from "../../language/maps.js";

export interface KeyGroups<Q, K> {
  /** How many groups there can be at most. */
  readonly size: number;
  /**
   * Calls with a key of each group and how many there are.
   *
   * @param own - a key that is left out once
   */
  each(query: Q, own: K | undefined, visit: (key: K, count: number) => void): void;
}

/** Keys that are one object. */
export class AlikeKeys<Q, K> implements KeyGroups<Q, K> {
  readonly #times = new Map<K, number>();

  constructor(keys: readonly K[]) {
    for (const key of keys) this.#times.set(key, (this.#times.get(key) ?? 0) + 1);
  }

  get size(): number {
    return this.#times.size;
  }

  each(_: Q, own: K | undefined, visit: (key: K, count: number) => void): void {
    for (const [key, count] of this.#times) {
      const others = key === own ? count - 1 : count;
      if (others > 0) visit(key, others);
    }
  }
}

/** Keys of one shape are one to a query where their numbers compare alike with its own. */
export interface KeyOrder<Q, K> {
  /** Undefined where there is no number. */
  placeOf(key: K): { readonly shape: string; readonly number: number } | undefined;
  askedBy(query: Q): number;
}

/** Keys of one shape, by ascending numbers. */
interface Shape<K> {
  readonly keys: K[];
  readonly numbers: number[];
}

/** Keys by their shapes and numbers. */
export class KeysInOrder<Q, K> implements KeyGroups<Q, K> {
  readonly #shapes = new Map<string, Shape<K>>();
  readonly #order: KeyOrder<Q, K>;

  private constructor(order: KeyOrder<Q, K>) {
    this.#order = order;
  }

  /** Undefined where a key has no number. */
  static of<Q, K>(keys: readonly K[], order: KeyOrder<Q, K>): KeysInOrder<Q, K> | undefined {
    const groups = new KeysInOrder<Q, K>(order);
    const placed = keys.flatMap((key) => {
      const place = order.placeOf(key);
      return place ? [{ ...place, key }] : [];
    });
    if (placed.length < keys.length) return undefined;
    for (const { key, shape, number } of placed.sort((a, b) => a.number - b.number)) {
      const alike = getOrInsert(groups.#shapes, shape, () => ({ keys: [], numbers: [] }));
      alike.keys.push(key);
      alike.numbers.push(number);
    }
    return groups;
  }

  get size(): number {
    return 3 * this.#shapes.size;
  }

  each(query: Q, own: K | undefined, visit: (key: K, count: number) => void): void {
    const asked = this.#order.askedBy(query);
    const ownPlaced = own === undefined ? undefined : this.#order.placeOf(own);
    for (const [shape, { keys, numbers }] of this.#shapes) {
      const [equal, above] = [firstFrom(numbers, asked), firstAbove(numbers, asked)];
      const ownPlace = ownPlaced?.shape === shape ? firstFrom(numbers, ownPlaced.number) : -1;
      for (const [from, to] of [
        [0, equal],
        [equal, above],
        [above, keys.length],
      ] as const) {
        const count = to - from - Number(from <= ownPlace && ownPlace < to);
        if (count > 0) visit(keys[from]!, count);
      }
    }
  }
}

/** The place of the first number that is not below another. */
function firstFrom(ascending: readonly number[], number: number): number {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ascending[middle]! < number) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The place of the first number that is above another. */
function firstAbove(ascending: readonly number[], number: number): number {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ascending[middle]! <= number) from = middle + 1;
    else to = middle;
  }
  return from;
}

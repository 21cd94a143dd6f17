/** Numbers for things, in the order in which they come; equal things have one. */
import { getOrInsert } from "../language/maps.js";

/** By texts. */
export class Numbers<T> {
  readonly all: T[] = [];
  readonly #ids = new Map<string, number>();

  of(key: string, make: () => T): number {
    return getOrInsert(this.#ids, key, () => this.all.push(make()) - 1);
  }
}

/** A map from pairs of numbers, the second below 2^24. */
export class Pairs<T> {
  readonly #map = new Map<number, T>();

  of(a: number, b: number, make: () => T): T {
    return getOrInsert(this.#map, a * 2 ** 24 + b, make);
  }
}

/** Numbers for lists of numbers of one length. */
export class Lists {
  readonly all: (readonly number[])[] = [];
  readonly #nodes = new Pairs<number>();
  readonly #ids = new Map<number, number>();
  #count = 0;

  of(list: readonly number[]): number {
    let node = 0;
    for (const item of list) node = this.#nodes.of(node, item, () => ++this.#count);
    return getOrInsert(this.#ids, node, () => this.all.push([...list]) - 1);
  }
}

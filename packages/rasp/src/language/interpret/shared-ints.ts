import type { Atom } from "../graph/node.js";

/**
 * One bigint for each int up to the length, so that sequences of positions and counts share them: a new one for every element of
 * every s-op is what garbage collection would spend its time on, more than in proportion to the length.
 */
export class SharedInts {
  readonly #ints: (bigint | undefined)[];

  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
    this.#ints = new Array<bigint | undefined>(2 * length + 1);
  }

  /** The same atom; of equal ints between -length and length always the same one. */
  share(atom: Atom): Atom {
    if (typeof atom !== "bigint") return atom;
    const place = Number(atom) + this.#length;
    return place >= 0 && place < this.#ints.length ? (this.#ints[place] ??= atom) : atom;
  }
}

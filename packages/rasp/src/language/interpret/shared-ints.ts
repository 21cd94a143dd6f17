import type { Atom } from "../graph/node.js";

/**
 * One bigint for each int from -length to length, which sequences of positions and counts share. A new bigint for every element of
 * every s-op would cost garbage collection more than in proportion to the length.
 */
export class SharedInts {
  readonly #ints: (bigint | undefined)[];

  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
    this.#ints = new Array<bigint | undefined>(2 * length + 1);
  }

  /** An equal atom: for equal ints between -length and length, always the same object. */
  share(atom: Atom): Atom {
    if (typeof atom !== "bigint") return atom;
    const place = Number(atom) + this.#length;
    return place >= 0 && place < this.#ints.length ? (this.#ints[place] ??= atom) : atom;
  }

  /** The int of a safe whole number. */
  of(value: number): bigint {
    const place = value + this.#length;
    return place >= 0 && place < this.#ints.length ? (this.#ints[place] ??= BigInt(value)) : BigInt(value);
  }
}

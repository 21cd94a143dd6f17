/**
 * Finite sets of atoms. Equality is the language's: 1, 1.0 and True are one value, for which the int stands if it is there.
 * Sets are interned, so that analyses can be memoised by set instead of by position.
 */
import { atomKey } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";

export interface ValueSet {
  readonly id: number;
  /** A number for each atom, the same in all sets. */
  readonly codes: readonly number[];
  /** Numbers ascending, then strings in code-unit order, then null. */
  readonly atoms: readonly Atom[];
}

/** An atom with this key: an int or a float for numbers. */
export function atomOfKey(key: string): Atom {
  if (key === "n") return null;
  const text = key.slice(1);
  if (key.startsWith("s")) return text;
  return key.startsWith("i") ? BigInt(text) : Number(text);
}

/** The number that an atom is in Python's arithmetic; undefined for strings and null. */
export const atomNumber = (atom: Atom): number | undefined =>
  typeof atom === "string" || atom === null ? undefined : Number(atom);

const rank = { bigint: 0, number: 1, boolean: 2, string: 3, object: 4 } as const;
const rankOf = (atom: Atom): number => rank[typeof atom as keyof typeof rank];

function order(a: Atom, b: Atom): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "string" || typeof b === "string") {
    if (typeof a !== typeof b) return typeof a === "string" ? 1 : -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return Number(a) - Number(b);
}

/** One representative for each value, in the order of `ValueSet.atoms`. */
export function distinctAtoms(atoms: Iterable<Atom>): Atom[] {
  const byKey = new Map<string, Atom>();
  for (const atom of atoms) {
    const key = atomKey(atom);
    const known = byKey.get(key);
    if (known === undefined || rankOf(atom) < rankOf(known)) byKey.set(key, atom);
  }
  return [...byKey.values()].sort(order);
}

export class ValueSets {
  readonly #known = new Map<string, ValueSet>();
  readonly #codes = new Map<string, number>();

  of(atoms: Iterable<Atom>): ValueSet {
    const distinct = distinctAtoms(atoms);
    const codes = distinct.map((atom) => this.code(atom));
    const key = codes.join(",");
    let set = this.#known.get(key);
    if (!set) this.#known.set(key, (set = { id: this.#known.size, codes, atoms: distinct }));
    return set;
  }

  /** The number of an atom. Of 1, 1.0 and True each has its own. */
  code(atom: Atom): number {
    const key = typeof atom + atomKey(atom);
    let code = this.#codes.get(key);
    if (code === undefined) this.#codes.set(key, (code = this.#codes.size));
    return code;
  }
}

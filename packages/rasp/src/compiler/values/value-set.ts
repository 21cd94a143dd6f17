/**
 * Finite sets of atoms. Equality is the language's: 1, 1.0 and True are one value, and a set that holds several of them keeps the
 * int, unless results can depend on which of them it is. Sets are interned, so that analyses can remember results by set instead of by position.
 */
import { atomKey } from "../../language/atom/compare.js";
import { numeric } from "../../language/atom/number.js";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";

export interface ValueSet {
  readonly id: number;
  /** The code of each atom, the same in all sets. */
  readonly codes: readonly number[];
  /** The int that is the only value; undefined where there is another, or none. */
  readonly int: number | undefined;
  /** Numbers ascending, NaN last, then strings in code-unit order, then null. */
  readonly atoms: readonly Atom[];
}

/** An atom as a number, as in Python's arithmetic: true is 1. Undefined for strings and null. */
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
  const [x, y] = [numeric(a)!, numeric(b)!];
  if (x < y || x > y) return x < y ? -1 : 1;
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
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

/** One representative for each value of each type, in the order of `ValueSet.atoms`. */
function typedAtoms(atoms: Iterable<Atom>): Atom[] {
  const byKey = new Map([...atoms].map((atom) => [typeof atom + atomKey(atom), atom]));
  return [...byKey.values()].sort((a, b) => order(a, b) || rankOf(a) - rankOf(b));
}

const FEW_INTS = 1n << 16n;

/** The atoms in order, each once, if all are ints: they then need no texts to be compared. */
function ascendingInts(atoms: readonly Atom[]): readonly bigint[] | undefined {
  let isAscending = true;
  for (let a = 0; a < atoms.length; a++) {
    if (typeof atoms[a] !== "bigint") return undefined;
    isAscending &&= a === 0 || atoms[a - 1]! < atoms[a]!;
  }
  const ints = atoms as readonly bigint[];
  return isAscending ? ints : [...new Set(ints)].sort((a, b) => (a < b ? -1 : 1));
}

function onlyInt(atoms: readonly Atom[]): number | undefined {
  const [only] = atoms;
  if (atoms.length !== 1 || typeof only !== "bigint") return undefined;
  return Number.isSafeInteger(Number(only)) ? Number(only) : undefined;
}

export class ValueSets {
  readonly #sets = new Map<string, ValueSet>();
  readonly #codes = new Map<string, number>();
  /** Those of small ints, which are many. */
  readonly #intCodes: number[] = [];
  readonly #ofInt = new Map<number, ValueSet>();
  readonly #keepsTypes: boolean;
  #mixedNumbers = false;
  #mixedBools = false;

  /** @param keepsTypes - whether sets hold 1, 1.0 and True side by side */
  constructor(keepsTypes = false) {
    this.#keepsTypes = keepsTypes;
  }

  /** Whether a set left out a float for an int. */
  get mixedNumbers(): boolean {
    return this.#mixedNumbers;
  }

  /** Whether a set left out a bool for a number. */
  get mixedBools(): boolean {
    return this.#mixedBools;
  }

  /** One representative for each value. */
  distinct(atoms: Iterable<Atom>): readonly Atom[] {
    const typed = typedAtoms(atoms);
    if (this.#keepsTypes) return typed;
    const distinct = distinctAtoms(typed);
    if (distinct.length < typed.length) {
      const kept = new Set(distinct);
      const left = typed.filter((atom) => !kept.has(atom));
      this.#mixedBools ||= left.some((atom) => typeof atom === "boolean");
      this.#mixedNumbers ||= left.some((atom) => typeof atom === "number");
    }
    return distinct;
  }

  setOf(atoms: Iterable<Atom>): ValueSet {
    const all = [...atoms];
    const distinct = ascendingInts(all) ?? this.distinct(all);
    const codes = distinct.map((atom) => this.code(atom));
    return getOrInsert(this.#sets, codes.join(","), () => ({
      id: this.#sets.size,
      codes,
      int: onlyInt(distinct),
      atoms: distinct,
    }));
  }

  /** The set of some atoms; undefined where two are equal. */
  ofDifferent(atoms: readonly Atom[]): ValueSet | undefined {
    const areDifferent = ascendingInts(atoms)?.length ?? new Set(atoms.map(atomKey)).size;
    return areDifferent === atoms.length ? this.setOf(atoms) : undefined;
  }

  /** The set of one int. */
  ofInt(value: number): ValueSet {
    return getOrInsert(this.#ofInt, value, () => this.setOf([BigInt(value)]));
  }

  /** One representative for each value of some sets. */
  union(sets: Iterable<ValueSet>): readonly Atom[] {
    const all = new Set<Atom>();
    for (const { atoms } of sets) for (const atom of atoms) all.add(atom);
    return distinctAtoms(all);
  }

  /** The atoms of `a` that are also in `b`, where these may have another type if types are not kept. */
  common(a: ValueSet, b: ValueSet): ValueSet {
    if (a === b) return a;
    const keyOf = (atom: Atom): string => (this.#keepsTypes ? typeof atom : "") + atomKey(atom);
    const keys = new Set(b.atoms.map(keyOf));
    return this.setOf(a.atoms.filter((atom) => keys.has(keyOf(atom))));
  }

  /** A number for an atom: 0, 1, 2, … in the order in which they come. 1, 1.0 and True each have their own. */
  code(atom: Atom): number {
    if (typeof atom === "bigint" && atom >= 0n && atom < FEW_INTS) {
      return (this.#intCodes[Number(atom)] ??= this.#codeOf(atom));
    }
    return this.#codeOf(atom);
  }

  #codeOf(atom: Atom): number {
    return getOrInsert(this.#codes, typeof atom + atomKey(atom), () => this.#codes.size);
  }
}

/** Finite sets of joint values of several s-ops, interned like `ValueSet`. */
import type { Atom } from "../../language/graph/node.js";
import type { Formula } from "../normalize/formula.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** A joint value, one atom for each s-op. Equal ones are one object. */
export interface Vector {
  readonly id: number;
  readonly atoms: readonly Atom[];
  /** The atoms' numbers in `ValueSets`. */
  readonly codes: readonly number[];
}

export interface VectorSet {
  readonly id: number;
  readonly vectors: readonly Vector[];
}

export class VectorSets {
  readonly #known = new Map<string, VectorSet>();
  readonly #vectors = new Map<string, Vector>();

  readonly #values: ValueSets;

  constructor(values: ValueSets) {
    this.#values = values;
  }

  of(vectors: ReadonlySet<Vector>): VectorSet {
    const distinct = [...vectors].sort(byCodes);
    const key = distinct.map(({ id }) => id).join(",");
    let set = this.#known.get(key);
    if (!set) this.#known.set(key, (set = { id: this.#known.size, vectors: distinct }));
    return set;
  }

  vector(atoms: readonly Atom[]): Vector {
    const codes = atoms.map((atom) => this.#values.code(atom));
    const key = codes.join(",");
    let vector = this.#vectors.get(key);
    if (!vector) this.#vectors.set(key, (vector = { id: this.#vectors.size, atoms, codes }));
    return vector;
  }
}

/** So that sets which differ in one component alone have the others in the same order. */
function byCodes({ codes: a }: Vector, { codes: b }: Vector): number {
  for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) return a[j]! - b[j]!;
  return 0;
}

/** The joint values that a formula takes where its leaves take theirs independently. Each joint value of leaves is computed once. */
export class Images {
  readonly #sets = new Map<string, VectorSet>();
  readonly #images = new Map<string | number, Vector | undefined>();

  readonly #formula: Formula;
  readonly #vectors: VectorSets;

  constructor(formula: Formula, vectors: VectorSets) {
    this.#formula = formula;
    this.#vectors = vectors;
  }

  of(leafSets: readonly ValueSet[]): VectorSet {
    const key = leafSets.map(({ id }) => id).join(",");
    let set = this.#sets.get(key);
    if (!set) this.#sets.set(key, (set = this.#imagesOf(leafSets)));
    return set;
  }

  #imagesOf(leafSets: readonly ValueSet[]): VectorSet {
    const found = new Set<Vector>();
    /** The number of each leaf's value; the last turns fastest. */
    const at = leafSets.map(() => 0);
    if (leafSets.some(({ atoms }) => atoms.length === 0)) return this.#vectors.of(found);
    for (;;) {
      const image = this.#imageOf(leafSets, at);
      if (image) found.add(image);
      let leaf = at.length - 1;
      for (; leaf >= 0; leaf--) {
        const next = at[leaf]! + 1;
        at[leaf] = next === leafSets[leaf]!.atoms.length ? 0 : next;
        if (at[leaf] !== 0) break;
      }
      if (leaf < 0) return this.#vectors.of(found);
    }
  }

  #imageOf(leafSets: readonly ValueSet[], at: readonly number[]): Vector | undefined {
    const key = keyOf(leafSets, at);
    let image = this.#images.get(key);
    if (image === undefined && !this.#images.has(key)) {
      const atoms = this.#formula.evaluate(leafSets.map((set, j) => set.atoms[at[j]!]!));
      image = atoms && this.#vectors.vector(atoms);
      this.#images.set(key, image);
    }
    return image;
  }
}

/** Names a joint value of leaves: a number where the codes of a few leaves fit into one. */
function keyOf(leafSets: readonly ValueSet[], at: readonly number[]): string | number {
  let key = 0;
  for (let j = 0; j < at.length; j++) {
    const code = leafSets[j]!.codes[at[j]!]!;
    if (j === 3 || code >= CODES) return leafSets.map(({ codes }, leaf) => codes[at[leaf]!]!).join(",");
    key = key * CODES + code;
  }
  return key;
}

/** Three codes below this fit into 51 bits. */
const CODES = 2 ** 17;

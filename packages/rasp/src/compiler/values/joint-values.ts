/** Finite sets of the joint values of several s-ops, interned like `ValueSet`. */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Formula } from "../normalize/formula.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** The values of several s-ops at one position, one atom for each s-op. Equal ones are one object. */
export interface JointValue {
  readonly id: number;
  readonly atoms: readonly Atom[];
  /** The atoms' codes in `ValueSets`. */
  readonly codes: readonly number[];
}

export interface JointValueSet {
  readonly id: number;
  readonly values: readonly JointValue[];
}

export class JointValueSets {
  readonly #sets = new Map<string, JointValueSet>();
  readonly #values = new Map<string, JointValue>();

  readonly #valueSets: ValueSets;

  constructor(valueSets: ValueSets) {
    this.#valueSets = valueSets;
  }

  setOf(values: ReadonlySet<JointValue>): JointValueSet {
    const distinct = [...values].sort(byCodes);
    const key = distinct.map(({ id }) => id).join(",");
    return getOrInsert(this.#sets, key, () => ({ id: this.#sets.size, values: distinct }));
  }

  /** The values of one s-op. */
  ofOne({ atoms }: ValueSet): JointValueSet {
    return this.setOf(new Set(atoms.map((atom) => this.valueOf([atom]))));
  }

  valueOf(atoms: readonly Atom[]): JointValue {
    const codes = atoms.map((atom) => this.#valueSets.code(atom));
    return getOrInsert(this.#values, codes.join(","), () => ({ id: this.#values.size, atoms, codes }));
  }
}

/** Component by component, so that sets which differ in one component only have the others in the same order. */
function byCodes({ codes: a }: JointValue, { codes: b }: JointValue): number {
  for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) return a[j]! - b[j]!;
  return 0;
}

/** The work of one joint value of a formula's leaves: where it is known, and the first time. */
const [LOOK_UP, EVALUATE] = [10, 240];

/** The joint values of a formula whose leaves take their values independently. Each joint value of the leaves is computed once. */
export class FormulaImages {
  readonly #sets = new Map<string, JointValueSet>();
  readonly #images = new Map<string | number, JointValue | undefined>();

  readonly #formula: Formula;
  readonly #jointSets: JointValueSets;
  readonly #spend: (steps: number) => void;

  /** @param spend - called with the steps of work before they are taken */
  constructor(formula: Formula, jointSets: JointValueSets, spend: (steps: number) => void) {
    this.#formula = formula;
    this.#jointSets = jointSets;
    this.#spend = spend;
  }

  /** @param leafSets - what each leaf of the formula can be */
  setFor(leafSets: readonly ValueSet[]): JointValueSet {
    const key = leafSets.map(({ id }) => id).join(",");
    return getOrInsert(this.#sets, key, () => this.#imagesOf(leafSets));
  }

  #imagesOf(leafSets: readonly ValueSet[]): JointValueSet {
    this.#spend(LOOK_UP * leafSets.reduce((product, { atoms }) => product * atoms.length, 1));
    const found = new Set<JointValue>();
    /** Which value each leaf has; the last leaf turns fastest. */
    const choice = leafSets.map(() => 0);
    if (leafSets.some(({ atoms }) => atoms.length === 0)) return this.#jointSets.setOf(found);
    for (;;) {
      const image = this.#imageOf(leafSets, choice);
      if (image) found.add(image);
      let leaf = choice.length - 1;
      for (; leaf >= 0; leaf--) {
        const next = choice[leaf]! + 1;
        choice[leaf] = next === leafSets[leaf]!.atoms.length ? 0 : next;
        if (choice[leaf] !== 0) break;
      }
      if (leaf < 0) return this.#jointSets.setOf(found);
    }
  }

  /** Undefined where the program has no value, which is kept too. */
  #imageOf(leafSets: readonly ValueSet[], choice: readonly number[]): JointValue | undefined {
    const key = keyOf(leafSets, choice);
    let image = this.#images.get(key);
    if (image === undefined && !this.#images.has(key)) {
      this.#spend(EVALUATE);
      const atoms = this.#formula.evaluate(leafSets.map((set, j) => set.atoms[choice[j]!]!));
      image = atoms && this.#jointSets.valueOf(atoms);
      this.#images.set(key, image);
    }
    return image;
  }
}

/** A key for a joint value of the leaves: one number where up to three small codes fit into it. */
function keyOf(leafSets: readonly ValueSet[], choice: readonly number[]): string | number {
  let key = 0;
  for (let j = 0; j < choice.length; j++) {
    const code = leafSets[j]!.codes[choice[j]!]!;
    if (j === 3 || code >= CODES) return leafSets.map(({ codes }, leaf) => codes[choice[leaf]!]!).join(",");
    key = key * CODES + code;
  }
  return key;
}

/** Three codes below this fit into 51 bits. */
const CODES = 2 ** 17;

/** @throws RaspError of class `compile`, always */
export function tooMany(sop: NormalSOp, leaves: number, size: number, limit: number): never {
  refuse(
    sop.origin,
    `this s-op depends on ${leaves} values, which have up to ${size} combinations at one position; the limit is ${limit}`,
    "use a smaller vocabulary or maximum length, or round intermediate values",
  );
}

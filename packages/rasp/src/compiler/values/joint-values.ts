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

/** Components that always have the same value, as those of one s-op have, and its values. */
export interface Factor {
  readonly places: readonly number[];
  readonly set: ValueSet;
}

/** Equal sets are one object. */
export interface JointValueSet {
  readonly id: number;
  /** How many joint values there are. */
  readonly size: number;
  /** Where the set has every combination of its components' values; undefined where it has not. */
  readonly factors: readonly Factor[] | undefined;
  /** Of a set with factors the last factor turns fastest, in the order of its atoms. They are made when they are first asked for. */
  readonly values: readonly JointValue[];
}

export class JointValueSets {
  readonly #sets = new Map<string, JointValueSet>();
  readonly #products = new Map<string, JointValueSet>();
  readonly #values = new Map<string, JointValue>();
  #count = 0;

  readonly #valueSets: ValueSets;

  constructor(valueSets: ValueSets) {
    this.#valueSets = valueSets;
  }

  setOf(values: ReadonlySet<JointValue>): JointValueSet {
    const distinct = [...values].sort(byCodes);
    const key = distinct.map(({ id }) => id).join(",");
    return getOrInsert(this.#sets, key, () => {
      const factors = this.#factorsOf(distinct);
      if (factors) return this.product(factors);
      return { id: this.#count++, size: distinct.length, factors: undefined, values: distinct };
    });
  }

  /** The values of one s-op. */
  ofOne(set: ValueSet): JointValueSet {
    return this.product([{ places: FIRST, set }]);
  }

  /**
   * Every combination of values.
   *
   * @param spend - called with the steps of work before the joint values are made
   */
  product(factors: readonly Factor[], spend: (steps: number) => void = () => undefined): JointValueSet {
    const key = factors.map(({ places, set }) => `${set.id}:${places.join("=")}`).join();
    return getOrInsert(this.#products, key, () => {
      const size = factors.reduce((product, { set }) => product * set.atoms.length, 1);
      const make = (): JointValue[] => {
        spend(MADE * size);
        return combinationsOf(factors).map((atoms) => this.valueOf(atoms));
      };
      return new Product(this.#count++, size, factors, make);
    });
  }

  valueOf(atoms: readonly Atom[]): JointValue {
    const codes = atoms.map((atom) => this.#valueSets.code(atom));
    return getOrInsert(this.#values, codes.join(","), () => ({ id: this.#values.size, atoms, codes }));
  }

  /** Undefined where not every combination of the components' values is there. */
  #factorsOf(values: readonly JointValue[]): Factor[] | undefined {
    const [first] = values;
    if (!first) return undefined;
    const columns = new Map<string, { places: number[]; atoms: Map<number, Atom> }>();
    for (const place of first.codes.keys()) {
      const codes = values.map((value) => value.codes[place]!);
      const column = getOrInsert(columns, codes.join(","), () => ({
        places: [],
        atoms: new Map(values.map((value, v) => [codes[v]!, value.atoms[place]!])),
      }));
      column.places.push(place);
    }
    const parts = [...columns.values()];
    if (parts.reduce((product, { atoms }) => product * atoms.size, 1) !== values.length) return undefined;
    const factors = parts.flatMap(({ places, atoms }) => {
      const set = this.#valueSets.ofDifferent([...atoms.values()]);
      return set ? [{ places, set }] : [];
    });
    return factors.length === parts.length ? factors : undefined;
  }
}

const FIRST: readonly number[] = [0];
/** The work of a joint value that is made of its components. */
const MADE = 40;

class Product implements JointValueSet {
  readonly id: number;
  readonly size: number;
  readonly factors: readonly Factor[];
  #values: readonly JointValue[] | undefined;
  readonly #make: () => readonly JointValue[];

  constructor(id: number, size: number, factors: readonly Factor[], make: () => readonly JointValue[]) {
    this.id = id;
    this.size = size;
    this.factors = factors;
    this.#make = make;
  }

  get values(): readonly JointValue[] {
    return (this.#values ??= this.#make());
  }
}

function combinationsOf(factors: readonly Factor[]): Atom[][] {
  let made: Atom[][] = [[]];
  for (const { places, set } of factors) {
    made = made.flatMap((atoms) =>
      set.atoms.map((atom) => {
        const more = [...atoms];
        for (const place of places) more[place] = atom;
        return more;
      }),
    );
  }
  return made;
}

/** Component by component, so that sets which differ in one component only have the others in the same order. */
function byCodes({ codes: a }: JointValue, { codes: b }: JointValue): number {
  for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) return a[j]! - b[j]!;
  return 0;
}

/** The work of one joint value of a formula's leaves: where it is known, and the first time. */
const [LOOK_UP, EVALUATE] = [10, 240];

/** The joint values of a formula whose leaves take their values independently. Each joint value of the leaves is computed once. */
export class FormulaImages<T> {
  readonly #sets = new Map<string, T>();
  readonly #images = new Map<string | number, JointValue | undefined>();
  /** What was found last. Sets mostly grow with the position: what the smaller one gave need not be looked up again. */
  readonly #last: Found[] = [];

  readonly #formula: Formula;
  readonly #jointSets: JointValueSets;
  readonly #setOf: (values: ReadonlySet<JointValue>) => T;
  readonly #spend: (steps: number) => void;

  /**
   * @param setOf - makes the set of the values that are found
   * @param spend - called with the steps of work before they are taken
   */
  constructor(
    formula: Formula,
    jointSets: JointValueSets,
    setOf: (values: ReadonlySet<JointValue>) => T,
    spend: (steps: number) => void,
  ) {
    this.#formula = formula;
    this.#jointSets = jointSets;
    this.#setOf = setOf;
    this.#spend = spend;
  }

  /** @param leafSets - what each leaf of the formula can be */
  setFor(leafSets: readonly ValueSet[]): T {
    const key = leafSets.map(({ id }) => id).join(",");
    return getOrInsert(this.#sets, key, () => this.#setOf(this.#imagesOf(leafSets)));
  }

  #imagesOf(leafSets: readonly ValueSet[]): ReadonlySet<JointValue> {
    const found = new Set<JointValue>();
    if (leafSets.some(({ atoms }) => atoms.length === 0)) return found;
    const rest = leafSets.length > 1 ? restOf(leafSets, this.#last) : undefined;
    for (const image of rest?.before.found ?? []) found.add(image);
    this.#addImages(rest?.leafSets ?? leafSets, found);
    if (leafSets.length > 1) this.#last.unshift({ leafSets, found });
    if (this.#last.length > MOST_LAST) this.#last.pop();
    return found;
  }

  #addImages(leafSets: readonly LeafValues[], found: Set<JointValue>): void {
    this.#spend(LOOK_UP * sizeOf(leafSets));
    /** Which value each leaf has; the last leaf turns fastest. */
    const choice = leafSets.map(() => 0);
    for (;;) {
      const image = this.#imageOf(leafSets, choice);
      if (image) found.add(image);
      let leaf = choice.length - 1;
      for (; leaf >= 0; leaf--) {
        const next = choice[leaf]! + 1;
        choice[leaf] = next === leafSets[leaf]!.atoms.length ? 0 : next;
        if (choice[leaf] !== 0) break;
      }
      if (leaf < 0) return;
    }
  }

  /** Undefined where the program has no value, which is kept too. */
  #imageOf(leafSets: readonly LeafValues[], choice: readonly number[]): JointValue | undefined {
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

/** The values of a leaf, or some of them. */
type LeafValues = Pick<ValueSet, "atoms" | "codes">;

interface Found {
  readonly leafSets: readonly ValueSet[];
  readonly found: ReadonlySet<JointValue>;
}

/** How many results are kept to go on with: of numbers that are even and odd in turn there are two kinds. */
const MOST_LAST = 3;

const sizeOf = (leafSets: readonly LeafValues[]): number =>
  leafSets.reduce((product, { atoms }) => product * atoms.length, 1);

/** What is left of the leaves' values where earlier sets differ in one leaf, which had some of its values; undefined where none do. */
function restOf(
  leafSets: readonly ValueSet[],
  earlier: readonly Found[],
): { readonly before: Found; readonly leafSets: readonly LeafValues[] } | undefined {
  for (const before of earlier) {
    const changed = [...leafSets.keys()].filter((leaf) => leafSets[leaf] !== before.leafSets[leaf]);
    const [leaf, ...others] = changed;
    if (leaf === undefined || others.length > 0) continue;
    const [known, set] = [before.leafSets[leaf]!, leafSets[leaf]!];
    const codes = new Set(known.codes);
    const places = [...set.codes.keys()].filter((place) => !codes.has(set.codes[place]!));
    if (places.length === 0 || places.length + codes.size !== set.codes.length) continue;
    const left = { atoms: places.map((place) => set.atoms[place]!), codes: places.map((place) => set.codes[place]!) };
    return { before, leafSets: leafSets.map((values, j) => (j === leaf ? left : values)) };
  }
  return undefined;
}

/** A key for a joint value of the leaves: one number where up to three small codes fit into it. */
function keyOf(leafSets: readonly LeafValues[], choice: readonly number[]): string | number {
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

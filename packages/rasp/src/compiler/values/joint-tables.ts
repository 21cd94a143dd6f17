/** The joint values of several s-ops at each position of each length: products where they are independent, images of their leaves elsewhere. */
import { getOrInsert } from "../../language/maps.js";
import type { Formula } from "../normalize/formula.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import type { Work } from "../work.js";
import { withParts } from "./apart.js";
import { withoutDetails } from "./details.js";
import { JOINT_LIMIT, MOST_JOINT } from "./joint-limits.js";
import { FormulaImages, JointValueSets, tooMany, type JointValue, type JointValueSet } from "./joint-values.js";
import type { Cells, Table } from "./table.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** What is known of s-ops: a `Domain`. */
interface Values extends Cells {
  readonly sets: ValueSets;
  readonly work: Work;
  table(sop: NormalSOp): Table<ValueSet>;
  formula(sop: NormalSOp): Formula;
  formulaOf(sops: readonly NormalSOp[], cut?: ReadonlySet<NormalSOp>): Formula;
  jointSize(leaves: readonly NormalSOp[]): number;
  isIndependent(sop: NormalSOp, others: readonly NormalSOp[]): boolean;
  combined<T>(sops: readonly NormalSOp[], image: (sets: readonly ValueSet[]) => T): Table<T>;
}

export class JointTables {
  readonly #domain: Values;
  readonly #sets: JointValueSets;
  readonly #tables = new Map<string, Table<JointValueSet>>();

  constructor(domain: Values) {
    this.#domain = domain;
    this.#sets = new JointValueSets(domain.sets);
  }

  of(sops: readonly NormalSOp[]): Table<JointValueSet> {
    return getOrInsert(this.#tables, sops.map(({ id }) => id).join(","), () => {
      const [only] = sops;
      if (only && sops.length === 1) return this.#domain.table(only).map((set) => this.#sets.ofOne(set));
      return this.#products(sops) ?? this.#images(sops, (values) => this.#sets.setOf(values));
    });
  }

  /** Undefined where the s-ops depend on each other. */
  #products(sops: readonly NormalSOp[]): Table<JointValueSet> | undefined {
    const different = [...new Set(sops)];
    const others = (sop: NormalSOp): NormalSOp[] => different.filter((other) => other !== sop);
    if (!different.every((sop) => this.#domain.isIndependent(sop, others(sop)))) return undefined;
    const places = different.map((sop) => [...sops.keys()].filter((place) => sops[place] === sop));
    const spend = this.#spending(sops);
    return this.#domain.combined(different, (sets) =>
      this.#sets.product(
        sets.map((set, j) => ({ places: places[j]!, set })),
        spend,
      ),
    );
  }

  /** The values of one s-op. */
  valuesOf(sop: NormalSOp): Table<ValueSet> {
    const { sets } = this.#domain;
    return this.#images([sop], (values) => sets.setOf([...values].map(({ atoms: [value] }) => value!)));
  }

  /** What the s-ops are for each joint value of their leaves. */
  #images<T>(sops: readonly NormalSOp[], setOf: (values: ReadonlySet<JointValue>) => T): Table<T> {
    const domain = this.#domain;
    const formula = withoutDetails(withParts(this.formula(sops), sops, domain), sops, domain);
    const size = domain.jointSize(formula.leaves);
    if (size > MOST_JOINT) tooMany(sops.at(-1)!, formula.leaves.length, size, MOST_JOINT);
    const images = new FormulaImages(formula, this.#sets, setOf, this.#spending(sops));
    return domain.combined(formula.leaves, (sets) => images.setFor(sets));
  }

  #spending(sops: readonly NormalSOp[]): (steps: number) => void {
    return (steps) => this.#domain.work.spend(steps, sops.at(-1), "working out the values of this s-op");
  }

  formula(sops: readonly NormalSOp[]): Formula {
    // The joint formula cuts where the formula of any s-op does; where that is not enough, it cuts at the s-ops themselves.
    const cut = new Set(sops.flatMap((sop) => this.#domain.formula(sop).leaves.filter((leaf) => leaf.kind === "map")));
    const formula = this.#domain.formulaOf(sops, cut);
    if (sops.length === 1 || this.#domain.jointSize(formula.leaves) <= JOINT_LIMIT) return formula;
    return this.#domain.formulaOf(sops, new Set(sops.filter((sop) => sop.kind === "map")));
  }
}

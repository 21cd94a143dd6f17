/**
 * Which values each s-op can take, at each position of inputs of each length. A finite vocabulary and a maximum length make all
 * of these sets finite. They may be too large, since operands count as independent unless they share leaves, but never too small:
 * every value that a program computes on a valid input is in its set.
 */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { Formula } from "../normalize/formula.js";
import type { Given, Mapped, Mean, NormalSOp, Width } from "../normalize/normal-form.js";
import type { Promised } from "./promised.js";
import { rankOffset } from "./ranks.js";
import { rowTable, type RowTable } from "./row-table.js";
import { ConstantQueries } from "./constant-queries.js";
import { linearTable } from "./linear-ints.js";
import { entryCount, joinedDependence, NOTHING, POSITION, Table, type Dependence } from "./table.js";
import { distinctAtoms, ValueSets, type ValueSet } from "./value-set.js";
import { jointLimit } from "./joint-limits.js";
import { JointTables } from "./joint-tables.js";
import { tooMany, type JointValueSet } from "./joint-values.js";
import { Work } from "../work.js";

/** What the memory counts that a step of a formula keeps: 100 bytes are as much as two microseconds of work. */
const KEPT = 200;
/** The work of an entry of a table of value sets. */
const ENTRY = 10;

/** For some s-ops the maps at which their formulas stop: these are values in the residual stream of their own. */
export type Stages = ReadonlyMap<NormalSOp, ReadonlySet<NormalSOp>>;

export type WhileRows = <T>(sop: NormalSOp, work: () => T) => T;

/** The values of s-ops that are in the residual stream already, by what they are. */
export type GivenValues = (given: Given) => Table<readonly Atom[]>;

/** What is known of the rows of means and widths. */
export type KnownRows = (sop: Mean | Width) => RowTable | undefined;

/** What a domain may be given. */
interface DomainOptions {
  readonly work?: Work;
  /** Has the values of a mean or a width worked out. */
  readonly whileRows?: WhileRows;
  /** Whether value sets hold 1, 1.0 and True side by side. */
  readonly keepsTypes?: boolean;
  /** The values of what is given, at each position of each length. */
  readonly given?: GivenValues;
  /** What is known of the rows of a mean or a width without working them out; undefined where nothing is. */
  readonly rows?: KnownRows;
  /** The domain of which this one has what a promise on the inputs leaves. */
  readonly restricts?: { readonly whole: Domain; readonly promised: Promised };
}

export class Domain {
  readonly sets: ValueSets;
  readonly constantQueries = new ConstantQueries();
  readonly #tables = new Map<NormalSOp, Table<ValueSet>>();
  readonly #values = new Map<NormalSOp, readonly Atom[]>();
  readonly #formulas = new Map<NormalSOp, Formula>();
  readonly #jointSizes = new Map<string, number>();
  readonly #joint: JointTables;
  readonly #allFormulas: Formula[];
  /** What is known of the rows of means and widths. */
  readonly #rowTables = new Map<NormalSOp, RowTable>();
  readonly #rankOffsets = new Map<NormalSOp, number | undefined>();

  /** What may still be worked out, by the stages after this one too. */
  readonly work: Work;
  /** Whose values these are, and where the formulas of this domain stop; undefined where it works out the values itself. */
  readonly #view: { readonly base: Domain; readonly stages: Stages | undefined } | undefined;

  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  /** Whether a position sees none after it; values then do not depend on the length. */
  readonly causal: boolean;
  readonly keepsTypes: boolean;
  readonly #whileRows: WhileRows;
  readonly #given: GivenValues | undefined;
  readonly #knownRows: KnownRows | undefined;
  /** What the inputs are promised to be; undefined where nothing is promised. */
  readonly promised: Promised | undefined;

  /** @param view - whose values these are, if not this domain's own */
  constructor(
    vocabulary: readonly Atom[],
    maxLength: number,
    causal = false,
    options: DomainOptions = {},
    view?: { readonly base: Domain; readonly stages: Stages | undefined },
  ) {
    const { work = new Work(), whileRows = (_, work) => work(), restricts } = options;
    this.keepsTypes = options.keepsTypes ?? restricts?.whole.keepsTypes ?? false;
    this.sets = restricts?.whole.sets ?? new ValueSets(this.keepsTypes);
    this.#allFormulas = restricts ? restricts.whole.#allFormulas : [];
    this.promised = restricts?.promised ?? view?.base.promised;
    this.#joint = new JointTables(this);
    this.vocabulary = vocabulary;
    this.maxLength = maxLength;
    this.causal = causal;
    this.work = work;
    this.#whileRows = whileRows;
    this.#given = options.given;
    this.#knownRows = options.rows;
    this.#view = view;
  }

  /** The same values for a plan with work of its own, and perhaps with formulas that stop at other s-ops. */
  forPlan(work: Work, stages?: Stages): Domain {
    return new Domain(this.vocabulary, this.maxLength, this.causal, { work }, { base: this, stages });
  }

  /** Whether intermediate s-ops are values in the residual stream, so that functions can be large. */
  get isStaged(): boolean {
    return this.#view?.stages !== undefined;
  }

  /**
   * Whether a result can depend on which of 1, 1.0 and True a value is, where its set has only one of them.
   *
   * @param changesTypes - whether the normal form has ints where the program has floats
   */
  dependsOnTypes(changesTypes: boolean): boolean {
    const { mixedNumbers, mixedBools } = this.sets;
    return this.#allFormulas.some(
      ({ sawInexact, seesTypes }) => (sawInexact && (mixedNumbers || changesTypes)) || (seesTypes && mixedBools),
    );
  }

  /** A formula whose results decide about this domain's values. */
  formulaOf(sops: readonly NormalSOp[], cut?: ReadonlySet<NormalSOp>): Formula {
    const formula = new Formula(sops, this.work, cut);
    this.work.read(KEPT * formula.size, sops.at(-1));
    this.#allFormulas.push(formula);
    return formula;
  }

  /** The values of `sop` at `position` of inputs of `length`. Empty where the program always fails there. */
  valuesAt(sop: NormalSOp, length: number, position: number): ValueSet {
    return this.table(sop).at(length, position);
  }

  /** All values of `sop`, over all lengths and positions. The embeddings have all tokens and positions, whatever is promised. */
  values(sop: NormalSOp): readonly Atom[] {
    if (this.#view) return this.#view.base.values(sop);
    return getOrInsert(this.#values, sop, () => {
      if (this.promised && sop.kind === "tokens") return distinctAtoms(this.vocabulary);
      if (this.promised && sop.kind === "indices") return Array.from({ length: this.maxLength }, (_, i) => BigInt(i));
      return this.sets.union(this.table(sop).distinct);
    });
  }

  /** Whether no row of the mean's selection ever selects two positions. */
  selectsAtMostOne = (mean: Mean): boolean => this.#rowsOf(mean).selectsAtMostOne;

  /** Whether every row of the mean's selection selects a position. */
  selectsAtLeastOne = (mean: Mean): boolean => this.#rowsOf(mean).selectsAtLeastOne;

  /** Whether no two keys of a row of a mean of the best are equally good, as far as is known. */
  ranksDiffer = (mean: Mean): boolean => this.#rowsOf(mean).ranksDiffer ?? false;

  /** How many positions a row of a width selects at most. */
  mostSelected = (width: Width): number => this.#rowsOf(width).mostSelected ?? this.maxLength;

  /**
   * `sop` as a function of its leaves; where these have too many joint values, of intermediate s-ops.
   *
   * @throws RaspError of class `compile` where those have too many as well
   */
  formula(sop: NormalSOp): Formula {
    return getOrInsert(this.#formulas, sop, () => {
      if (this.#view) {
        const { base, stages } = this.#view;
        const stage = stages?.get(sop);
        return stage ? this.formulaOf([sop], stage) : base.formula(sop);
      }
      const whole = this.formulaOf([sop]);
      return sop.kind === "map" && this.jointSize(whole.leaves) > jointLimit(whole) ? this.#cutFormula(sop) : whole;
    });
  }

  #cutFormula(sop: Mapped): Formula {
    const isNarrower = (arg: NormalSOp): boolean =>
      arg.kind === "map" && this.#largestSet(arg) < this.jointSize(new Formula([arg], this.work).leaves);
    const formula = this.formulaOf([sop], new Set(sop.args.filter(isNarrower)));
    const size = this.jointSize(formula.leaves);
    const limit = jointLimit(formula);
    if (size > limit) tooMany(sop, formula.leaves.length, size, limit);
    return formula;
  }

  /** The distinct joint values of `sops`, over all lengths and positions. */
  joint(sops: readonly NormalSOp[]): (readonly Atom[])[] {
    const distinct = new Set<JointValueSet["values"][number]>();
    for (const { values } of this.jointValues(sops).distinct) for (const value of values) distinct.add(value);
    return [...distinct].map(({ atoms }) => atoms);
  }

  #largestSet(sop: NormalSOp): number {
    return [...this.table(sop).distinct].reduce((most, { atoms }) => Math.max(most, atoms.length), 0);
  }

  /** How many joint values the s-ops can have at one position at most, if they are independent. */
  jointSize(leaves: readonly NormalSOp[]): number {
    if (this.#view) return this.#view.base.jointSize(leaves);
    return getOrInsert(this.#jointSizes, leaves.map(({ id }) => id).join(","), () => {
      // A leaf with one value at most changes no product.
      const several = leaves.filter((leaf) => this.#largestSet(leaf) > 1);
      if (several.length < 2) return several.reduce((_, leaf) => this.#largestSet(leaf), 1);
      const sizes = this.combined(several, (sets) => sets.reduce((product, { atoms }) => product * atoms.length, 1));
      return [...sizes.distinct].reduce((most, size) => Math.max(most, size), 0);
    });
  }

  /** A table of what follows from the values of some s-ops, as if these were independent. */
  combined<T>(sops: readonly NormalSOp[], image: (sets: readonly ValueSet[]) => T): Table<T> {
    const tables = sops.map((sop) => this.table(sop));
    const dependence = joinedDependence(tables.map((table) => table.dependence));
    this.work.tabulate((1 + tables.length) * entryCount(dependence, this), sops.at(-1));
    return Table.of(dependence, this, (n, i) => image(tables.map((table) => table.at(n, i))));
  }

  /** Whether the values of an s-op say nothing of those of the others: what they have in common has one value at each position. */
  isIndependent(sop: NormalSOp, others: readonly NormalSOp[]): boolean {
    const leaves = new Set(this.formula(sop).leaves);
    const shared = others.flatMap((other) => this.formula(other).leaves.filter((leaf) => leaves.has(leaf)));
    return shared.every((leaf) => this.#largestSet(leaf) <= 1);
  }

  /** The values of an s-op at each position of each length. */
  table(sop: NormalSOp): Table<ValueSet> {
    if (this.#view) return this.#view.base.table(sop);
    return getOrInsert(this.#tables, sop, () => {
      const table = this.#compute(sop);
      return this.promised?.left(sop, table) ?? table;
    });
  }

  #compute(sop: NormalSOp): Table<ValueSet> {
    switch (sop.kind) {
      case "tokens":
        return this.#tabulated(NOTHING, sop, () => this.sets.setOf(this.vocabulary));
      case "indices":
        return this.#tabulated(POSITION, sop, (_, i) => this.sets.ofInt(i));
      case "given":
        return this.#given!(sop).map((atoms) => this.sets.setOf(atoms));
      case "constant":
        return this.#tabulated(NOTHING, sop, () => this.sets.setOf([sop.value]));
      case "map":
        return linearTable(sop, this) ?? this.#joint.valuesOf(sop);
      case "mean":
      case "width":
        return this.#rowsOf(sop).table;
    }
  }

  #tabulated(dependence: Dependence, sop: NormalSOp, value: (n: number, i: number) => ValueSet): Table<ValueSet> {
    this.work.tabulate(ENTRY * entryCount(dependence, this), sop);
    return Table.of(dependence, this, value);
  }

  /** The joint values of `sops` at each position of each length; those that share leaves depend on each other. */
  jointValues(sops: readonly NormalSOp[]): Table<JointValueSet> {
    return this.#view ? this.#view.base.jointValues(sops) : this.#joint.of(sops);
  }

  /** What is known of the rows of a mean or a width. */
  #rowsOf(sop: Mean | Width): RowTable {
    if (this.#view) return this.#view.base.#rowsOf(sop);
    return getOrInsert(
      this.#rowTables,
      sop,
      () => this.#knownRows?.(sop) ?? this.#whileRows(sop, () => rowTable(sop, this)),
    );
  }

  /** How many joint values the sides of a selection's comparisons can have at one position at most. */
  sidesSize(sides: readonly NormalSOp[]): number {
    return this.jointSize(this.#joint.formula(sides).leaves);
  }

  /** Which permutation of the positions the s-op is, if it is a rank: `ranks.ts`. */
  rankOffset(sop: NormalSOp): number | undefined {
    return getOrInsert(this.#rankOffsets, sop, () => rankOffset(sop, this));
  }
}

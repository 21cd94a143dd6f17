/**
 * Which values each s-op can take, at each position of inputs of each length. A finite vocabulary and a maximum length make all
 * of these sets finite. They may be too large, since operands count as independent unless they share leaves, but never too small:
 * every value that a program computes on a valid input is in its set.
 */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { Formula } from "../normalize/formula.js";
import type { Mapped, Mean, NormalSOp, Width } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import { cell } from "./cell.js";
import type { Promised } from "./promised.js";
import { rankOffset } from "./ranks.js";
import { rowTable } from "./row-table.js";
import { distinctAtoms, ValueSets, type ValueSet } from "./value-set.js";
import { FormulaImages, JointValueSets, type JointValueSet } from "./joint-values.js";
import { Work } from "../work.js";

/** With more joint values of its leaves at one position an elementwise s-op is computed in two steps, or refused. */
const JOINT_LIMIT = 1 << 14;
/** What the memory counts that a step of a formula keeps: 100 bytes are as much as two microseconds of work. */
const KEPT = 200;
/** The work of an entry of a table of value sets. */
const ENTRY = 10;
/** With more joint values of several s-ops at one position a function of them is refused. */
const MOST_JOINT = 1 << 17;

/** For some s-ops the maps at which their formulas stop: these are values in the residual stream of their own. */
export type Stages = ReadonlyMap<NormalSOp, ReadonlySet<NormalSOp>>;

/** What a domain may be given. */
interface DomainOptions {
  readonly work?: Work;
  /** Called after the values of a mean or a width have been worked out. */
  readonly onRows?: () => void;
  /** Whether value sets hold 1, 1.0 and True side by side. */
  readonly keepsTypes?: boolean;
  /** The domain of which this one has what a promise on the inputs leaves. */
  readonly restricts?: { readonly whole: Domain; readonly promised: Promised };
}

export class Domain {
  readonly sets: ValueSets;
  readonly #tables = new Map<NormalSOp, readonly ValueSet[]>();
  readonly #formulas = new Map<NormalSOp, Formula>();
  readonly #jointTables = new Map<string, readonly JointValueSet[]>();
  readonly #jointSets: JointValueSets;
  readonly #allFormulas: Formula[];
  /** The means of which no row ever selects two positions. */
  readonly #single = new Set<NormalSOp>();
  /** Those of which every row selects one. */
  readonly #full = new Set<NormalSOp>();
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
  readonly #onRows: () => void;
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
    const { work = new Work(), onRows = (): void => undefined, restricts } = options;
    this.keepsTypes = options.keepsTypes ?? restricts?.whole.keepsTypes ?? false;
    this.sets = restricts?.whole.sets ?? new ValueSets(this.keepsTypes);
    this.#allFormulas = restricts ? restricts.whole.#allFormulas : [];
    this.promised = restricts?.promised ?? view?.base.promised;
    this.#jointSets = new JointValueSets(this.sets);
    this.vocabulary = vocabulary;
    this.maxLength = maxLength;
    this.causal = causal;
    this.work = work;
    this.#onRows = onRows;
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

  /** How many values the s-op can have at each position of the longest inputs. */
  sizes(sop: NormalSOp): readonly number[] {
    return this.table(sop)
      .slice(cell(this.maxLength, 0))
      .map(({ atoms }) => atoms.length);
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
    return this.table(sop)[cell(length, position)]!;
  }

  /** All values of `sop`, over all lengths and positions. The embeddings have all tokens and positions, whatever is promised. */
  values(sop: NormalSOp): readonly Atom[] {
    if (this.promised && sop.kind === "tokens") return distinctAtoms(this.vocabulary);
    if (this.promised && sop.kind === "indices") return Array.from({ length: this.maxLength }, (_, i) => BigInt(i));
    return distinctAtoms([...new Set(this.table(sop))].flatMap((set) => set.atoms));
  }

  /** Whether no row of the mean's selection ever selects two positions. */
  selectsAtMostOne(mean: Mean): boolean {
    this.table(mean);
    return (this.#view?.base ?? this).#single.has(mean);
  }

  /** Whether every row of the mean's selection selects a position. */
  selectsAtLeastOne(mean: Mean): boolean {
    this.table(mean);
    return (this.#view?.base ?? this).#full.has(mean);
  }

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
      return sop.kind === "map" && this.jointSize(whole.leaves) > JOINT_LIMIT ? this.#cutFormula(sop) : whole;
    });
  }

  #cutFormula(sop: Mapped): Formula {
    const isNarrower = (arg: NormalSOp): boolean =>
      arg.kind === "map" && this.#largestSet(arg) < this.jointSize(new Formula([arg], this.work).leaves);
    const formula = this.formulaOf([sop], new Set(sop.args.filter(isNarrower)));
    const size = this.jointSize(formula.leaves);
    if (size > JOINT_LIMIT) tooMany(sop, formula.leaves.length, size, JOINT_LIMIT);
    return formula;
  }

  /** The distinct joint values of `sops`, over all lengths and positions. */
  joint(sops: readonly NormalSOp[]): (readonly Atom[])[] {
    const distinct = new Set([...new Set(this.jointValues(sops))].flatMap(({ values }) => values));
    return [...distinct].map(({ atoms }) => atoms);
  }

  #largestSet(sop: NormalSOp): number {
    return Math.max(...this.table(sop).map((set) => set.atoms.length));
  }

  /** How many joint values the s-ops can have at one position at most, if they are independent. */
  jointSize(leaves: readonly NormalSOp[]): number {
    const tables = leaves.map((leaf) => this.table(leaf));
    let size = 0;
    this.work.tabulate(tables.length * cell(this.maxLength + 1, 0), leaves.at(-1));
    for (let c = 0; c < cell(this.maxLength + 1, 0); c++) {
      size = Math.max(
        size,
        tables.reduce((product, table) => product * table[c]!.atoms.length, 1),
      );
    }
    return size;
  }

  /** The values of an s-op in each `cell`. */
  table(sop: NormalSOp): readonly ValueSet[] {
    if (this.#view) return this.#view.base.table(sop);
    return getOrInsert(this.#tables, sop, () => {
      this.work.tabulate(ENTRY * cell(this.maxLength + 1, 0), sop);
      const table = this.#compute(sop);
      return this.promised?.left(sop, table) ?? table;
    });
  }

  #compute(sop: NormalSOp): readonly ValueSet[] {
    switch (sop.kind) {
      case "tokens": {
        const all = this.sets.setOf(this.vocabulary);
        return this.everywhere(() => all);
      }
      case "indices":
        return this.everywhere((_, i) => this.sets.setOf([BigInt(i)]));
      case "constant": {
        const only = this.sets.setOf([sop.value]);
        return this.everywhere(() => only);
      }
      case "map": {
        const known = new Map<JointValueSet, ValueSet>();
        return this.jointValues([sop]).map((set) =>
          getOrInsert(known, set, () => this.sets.setOf(set.values.map(({ atoms: [value] }) => value!))),
        );
      }
      case "mean":
      case "width":
        return this.#rows(sop);
    }
  }

  /** A table with a value for each `cell`. */
  everywhere<T>(value: (length: number, position: number) => T): T[] {
    const all: T[] = [];
    if (this.causal) {
      const perPosition = Array.from({ length: this.maxLength }, (_, i) => value(i + 1, i));
      for (let n = 1; n <= this.maxLength; n++) all.push(...perPosition.slice(0, n));
      return all;
    }
    for (let n = 1; n <= this.maxLength; n++) for (let i = 0; i < n; i++) all.push(value(n, i));
    return all;
  }

  /** The joint values of `sops` in each `cell`; those that share leaves depend on each other. */
  jointValues(sops: readonly NormalSOp[]): readonly JointValueSet[] {
    if (this.#view) return this.#view.base.jointValues(sops);
    const key = sops.map((sop) => sop.id).join(",");
    const known = this.#jointTables.get(key);
    if (known) return known;
    const formula = this.#jointFormula(sops);
    const size = this.jointSize(formula.leaves);
    if (size > MOST_JOINT) tooMany(sops.at(-1)!, formula.leaves.length, size, MOST_JOINT);
    const tables = formula.leaves.map((leaf) => this.table(leaf));
    const images = new FormulaImages(formula, this.#jointSets, (steps) =>
      this.work.spend(steps, sops.at(-1), "working out the values of this s-op"),
    );
    const table = this.everywhere((n, i) => images.setFor(tables.map((leafTable) => leafTable[cell(n, i)]!)));
    this.#jointTables.set(key, table);
    return table;
  }

  #jointFormula(sops: readonly NormalSOp[]): Formula {
    // The joint formula cuts where the formula of any s-op does; where that is not enough, it cuts at the s-ops themselves.
    const cut = new Set(sops.flatMap((sop) => this.formula(sop).leaves.filter((leaf) => leaf.kind === "map")));
    const formula = this.formulaOf(sops, cut);
    if (sops.length === 1 || this.jointSize(formula.leaves) <= JOINT_LIMIT) return formula;
    return this.formulaOf(sops, new Set(sops.filter((sop) => sop.kind === "map")));
  }

  /** The value sets of a mean or a width, row by row. */
  #rows(sop: Mean | Width): readonly ValueSet[] {
    const { table, selectsAtMostOne, selectsAtLeastOne } = rowTable(sop, this);
    if (selectsAtMostOne) this.#single.add(sop);
    if (selectsAtLeastOne) this.#full.add(sop);
    this.#onRows();
    return table;
  }

  /** How many joint values the sides of a selection's comparisons can have at one position at most. */
  sidesSize(sides: readonly NormalSOp[]): number {
    return this.jointSize(this.#jointFormula(sides).leaves);
  }

  /** Which permutation of the positions the s-op is, if it is a rank: `ranks.ts`. */
  rankOffset(sop: NormalSOp): number | undefined {
    return getOrInsert(this.#rankOffsets, sop, () => rankOffset(sop, this));
  }
}

function tooMany(sop: NormalSOp, leaves: number, size: number, limit: number): never {
  refuse(
    sop.origin,
    `this s-op depends on ${leaves} values, which have up to ${size} combinations at one position; the limit is ${limit}`,
    "use a smaller vocabulary or maximum length, or round intermediate values",
  );
}

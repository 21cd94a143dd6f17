/**
 * Which values each s-op can take, at each position of inputs of each length. A finite vocabulary and a maximum length make all
 * of these sets finite. They may be too large, since operands count as independent unless they share leaves, but never too small:
 * every value that a program computes on a valid input is in its set.
 */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Decision, Diagram } from "../normalize/decision-diagram.js";
import { Formula } from "../normalize/formula.js";
import type { Mapped, Mean, NormalSOp, Selection, Width } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import { rankOffset } from "./ranks.js";
import { hasMeans, RowValues, summandsOf, type OnePerRow } from "./row-values.js";
import { atomNumber, distinctAtoms, ValueSets, type ValueSet } from "./value-set.js";
import { FormulaImages, JointValueSets, type JointValueSet } from "./joint-values.js";
import { Work } from "./work.js";

/** With more joint values of its leaves at one position an elementwise s-op is computed in two steps, or refused. */
const JOINT_LIMIT = 1 << 14;
/** The work of one joint value of a formula's leaves. */
const IMAGE = 40;
/** With more joint values the sides of a selector's comparisons are taken as independent of each other. */
const SIDES_LIMIT = 1 << 16;
/** With more pairs of query and key values the values of a copy are not sought pair by pair. */
const PAIR_LIMIT = 1 << 16;

export class Domain {
  readonly #sets: ValueSets;
  readonly #tables = new Map<NormalSOp, readonly ValueSet[]>();
  readonly #formulas = new Map<NormalSOp, Formula>();
  readonly #jointTables = new Map<string, readonly JointValueSet[]>();
  readonly #jointSets: JointValueSets;
  readonly #allFormulas: Formula[] = [];
  /** The means of which no row ever selects two positions. */
  readonly #single = new Set<NormalSOp>();
  readonly #rankOffsets = new Map<NormalSOp, number | undefined>();

  /** What may still be worked out, by the stages after this one too. */
  readonly work: Work;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  /** Whether a position sees none after it; values then do not depend on the length. */
  readonly causal: boolean;
  readonly #onRows: () => void;

  /**
   * @param onRows - called after the values of a mean or a width have been worked out
   * @param keepsTypes - whether value sets hold 1, 1.0 and True side by side
   */
  constructor(
    vocabulary: readonly Atom[],
    maxLength: number,
    causal = false,
    { work = new Work(), onRows = (): void => undefined, keepsTypes = false } = {},
  ) {
    this.#sets = new ValueSets(keepsTypes);
    this.#jointSets = new JointValueSets(this.#sets);
    this.vocabulary = vocabulary;
    this.maxLength = maxLength;
    this.causal = causal;
    this.work = work;
    this.#onRows = onRows;
  }

  /** Whether a result can depend on which of 1, 1.0 and True a value is, where its set has only one of them. */
  get dependsOnTypes(): boolean {
    const { mixedNumbers, mixedBools } = this.#sets;
    return this.#allFormulas.some(
      ({ sawInexact, seesTypes }) => (sawInexact && mixedNumbers) || (seesTypes && mixedBools),
    );
  }

  #formulaOf(sops: readonly NormalSOp[], cut?: ReadonlySet<NormalSOp>): Formula {
    const formula = new Formula(sops, cut);
    this.#allFormulas.push(formula);
    return formula;
  }

  /** The values of `sop` at `position` of inputs of `length`. Empty where the program always fails there. */
  valuesAt(sop: NormalSOp, length: number, position: number): ValueSet {
    return this.#table(sop)[cell(length, position)]!;
  }

  /** All values of `sop`, over all lengths and positions. */
  values(sop: NormalSOp): readonly Atom[] {
    return distinctAtoms([...new Set(this.#table(sop))].flatMap((set) => set.atoms));
  }

  /** Whether no row of the mean's selection ever selects two positions. */
  selectsAtMostOne(mean: Mean): boolean {
    this.#table(mean);
    return this.#single.has(mean);
  }

  /**
   * `sop` as a function of its leaves; where these have too many joint values, of intermediate s-ops.
   *
   * @throws RaspError of class `compile` where those have too many as well
   */
  formula(sop: NormalSOp): Formula {
    return getOrInsert(this.#formulas, sop, () => {
      const whole = this.#formulaOf([sop]);
      return sop.kind === "map" && this.#jointSize(whole.leaves) > JOINT_LIMIT ? this.#cutFormula(sop) : whole;
    });
  }

  #cutFormula(sop: Mapped): Formula {
    const isNarrower = (arg: NormalSOp): boolean =>
      arg.kind === "map" && this.#largestSet(arg) < this.#jointSize(this.formula(arg).leaves);
    const formula = this.#formulaOf([sop], new Set(sop.args.filter(isNarrower)));
    const size = this.#jointSize(formula.leaves);
    if (size > JOINT_LIMIT) {
      refuse(
        sop.origin,
        `this s-op depends on ${formula.leaves.length} values, which have up to ${size} combinations at one position; the limit is ${JOINT_LIMIT}`,
        "use a smaller vocabulary or maximum length, or round intermediate values",
      );
    }
    return formula;
  }

  /** The distinct joint values of `sops`, over all lengths and positions. */
  joint(sops: readonly NormalSOp[]): (readonly Atom[])[] {
    const distinct = new Set([...new Set(this.jointValues(sops))].flatMap(({ values }) => values));
    return [...distinct].map(({ atoms }) => atoms);
  }

  #largestSet(sop: NormalSOp): number {
    return Math.max(...this.#table(sop).map((set) => set.atoms.length));
  }

  #jointSize(leaves: readonly NormalSOp[]): number {
    const tables = leaves.map((leaf) => this.#table(leaf));
    let size = 0;
    for (let c = 0; c < cell(this.maxLength + 1, 0); c++) {
      size = Math.max(
        size,
        tables.reduce((product, table) => product * table[c]!.atoms.length, 1),
      );
    }
    return size;
  }

  #table(sop: NormalSOp): readonly ValueSet[] {
    return getOrInsert(this.#tables, sop, () => this.#compute(sop));
  }

  #compute(sop: NormalSOp): readonly ValueSet[] {
    switch (sop.kind) {
      case "tokens": {
        const all = this.#sets.setOf(this.vocabulary);
        return this.#everywhere(() => all);
      }
      case "indices":
        return this.#everywhere((_, i) => this.#sets.setOf([BigInt(i)]));
      case "constant": {
        const only = this.#sets.setOf([sop.value]);
        return this.#everywhere(() => only);
      }
      case "map": {
        const known = new Map<JointValueSet, ValueSet>();
        return this.jointValues([sop]).map((set) =>
          getOrInsert(known, set, () => this.#sets.setOf(set.values.map(({ atoms: [value] }) => value!))),
        );
      }
      case "mean":
      case "width":
        return this.#rows(sop);
    }
  }

  /** A table with a value for each `cell`. */
  #everywhere<T>(value: (length: number, position: number) => T): T[] {
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
    const key = sops.map((sop) => sop.id).join(",");
    const known = this.#jointTables.get(key);
    if (known) return known;
    const formula = this.#jointFormula(sops);
    const tables = formula.leaves.map((leaf) => this.#table(leaf));
    const images = new FormulaImages(formula, this.#jointSets, (joint) =>
      this.work.spend(IMAGE * joint, sops[0], "working out the values of this s-op"),
    );
    const table = this.#everywhere((n, i) => images.setFor(tables.map((leafTable) => leafTable[cell(n, i)]!)));
    this.#jointTables.set(key, table);
    return table;
  }

  #jointFormula(sops: readonly NormalSOp[]): Formula {
    // The joint formula cuts where the formula of any s-op does; where that is not enough, it cuts at the s-ops themselves.
    const cut = new Set(sops.flatMap((sop) => this.formula(sop).leaves.filter((leaf) => leaf.kind === "map")));
    const formula = this.#formulaOf(sops, cut);
    if (sops.length === 1 || this.#jointSize(formula.leaves) <= JOINT_LIMIT) return formula;
    return this.#formulaOf(sops, new Set(sops.filter((sop) => sop.kind === "map")));
  }

  /** The value sets of a mean or a width, row by row. */
  #rows(sop: Mean | Width): readonly ValueSet[] {
    const queries = sop.selection.comparisons.map((c) => c.queries);
    const keys = [...sop.selection.comparisons.map((c) => c.keys), ...summandsOf(sop)];
    const best = sop.kind === "mean" && sop.best !== undefined;
    const one = this.#onePerRow(sop.selection);
    const copied = best || (sop.kind === "mean" && !hasMeans(this.values(sop.value)));
    // Numbers that a rank sorts keep one coordinate, as means have: one-hot copies are no better.
    if (best || (one && copied)) this.#single.add(sop);
    const rows = new RowValues(sop, copied, one, this.#sets, this.work);
    const table = [queries, keys].some((sides) => this.#jointSize(this.#jointFormula(sides).leaves) > SIDES_LIMIT)
      ? this.#independentRows(rows, queries, keys)
      : this.#jointRows(rows, this.jointValues(queries), this.jointValues(keys), sop, copied || one !== undefined);
    if (rows.atMostOne) this.#single.add(sop);
    this.#onRows();
    return table;
  }

  #jointRows(
    rows: RowValues,
    queryTable: readonly JointValueSet[],
    keyTable: readonly JointValueSet[],
    sop: Mean | Width,
    copied: boolean,
  ): readonly ValueSet[] {
    if (sop.kind === "mean" && copied && this.#mostPairs(queryTable, keyTable) > PAIR_LIMIT) {
      rows.atMostOne = false;
      return this.#anyValue(sop);
    }
    const keysOf = Array.from({ length: this.maxLength }, (_, l) => keyTable.slice(cell(l + 1, 0), cell(l + 2, 0)));
    return this.#everywhere((n, i) => rows.values(queryTable[cell(n, i)]!, keysOf[n - 1]!, i));
  }

  /** A coarser answer where the sides of the comparisons have too many joint values: each side may have any of its values. */
  #independentRows(rows: RowValues, queries: readonly NormalSOp[], keys: readonly NormalSOp[]): readonly ValueSet[] {
    const [queryTables, keyTables] = [queries, keys].map((sides) => sides.map((side) => this.#table(side))) as [
      (readonly ValueSet[])[],
      (readonly ValueSet[])[],
    ];
    const at = (tables: readonly (readonly ValueSet[])[], n: number, i: number): ValueSet[] =>
      tables.map((table) => table[cell(n, i)]!);
    return this.#everywhere((n, i) => {
      const seen = Array.from({ length: this.causal ? i + 1 : n }, (_, k) => at(keyTables, n, k));
      return rows.independentValues(at(queryTables, n, i), seen);
    });
  }

  /** What `select(rank, query, ==)` says of its rows. */
  #onePerRow({ comparisons, truth }: Selection): OnePerRow | undefined {
    if (this.causal) return undefined;
    for (const [place, { id, keys, op }] of comparisons.entries()) {
      if (op !== "==" || !isAlways(truth, id, false, false)) continue;
      const offset = this.#rankOffset(keys);
      if (offset === undefined) continue;
      const isEnough = isAlways(truth, id, true, true);
      const isRank = (value: number | undefined, length: number): boolean =>
        value !== undefined && Number.isInteger(value) && value >= offset && value < offset + length;
      return { reaches: (query, length) => isEnough && isRank(atomNumber(query[place]!), length) };
    }
    return undefined;
  }

  #rankOffset(sop: NormalSOp): number | undefined {
    return getOrInsert(this.#rankOffsets, sop, () => rankOffset(sop, this));
  }

  #mostPairs(queries: readonly JointValueSet[], keys: readonly JointValueSet[]): number {
    const most = (table: readonly JointValueSet[]): number =>
      table.reduce((n, set) => Math.max(n, set.values.length), 0);
    return most(queries) * most(keys);
  }

  /** A coarser answer for copies: any value at any position, or the default. */
  #anyValue(mean: Mean): readonly ValueSet[] {
    const byLength = Array.from({ length: this.maxLength }, (_, l) => {
      const sets = new Set(Array.from({ length: l + 1 }, (_, k) => this.valuesAt(mean.value, l + 1, k)));
      return this.#sets.setOf([mean.default, ...[...sets].flatMap((set) => set.atoms)]);
    });
    return this.#everywhere((n) => byLength[n - 1]!);
  }
}

/** Whether a selection is `expected` wherever one of its comparisons has this answer. */
function isAlways(truth: Diagram, variable: number, answer: boolean, expected: boolean): boolean {
  const isOpen = ({ low, high, variable: asked }: Decision): Diagram[] =>
    asked === variable ? [answer ? high : low] : [low, high];
  const seen = new Set<Diagram>([truth]);
  for (const part of seen) if (typeof part !== "boolean") for (const next of isOpen(part)) seen.add(next);
  return !seen.has(!expected);
}

/** The index in tables of a position of inputs of a length. */
export const cell = (length: number, position: number): number => (length * (length - 1)) / 2 + position;

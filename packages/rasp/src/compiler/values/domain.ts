/**
 * Which values can each s-op take, at each position of each length? For a finite vocabulary and a maximum length everything
 * is finite. The sets here may be too large (operands are taken as independent unless they share leaves), never too small:
 * whatever a program computes on a valid input is in them.
 */
import type { Atom } from "../../language/graph/node.js";
import { Formula } from "../normalize/formula.js";
import type { Mean, NormalSOp, Width } from "../normalize/normal.js";
import { refuse } from "../refusal.js";
import { addedUp, hasMeans, Rows } from "./rows.js";
import { distinctAtoms, ValueSets, type ValueSet } from "./value-set.js";
import { Images, VectorSets, type VectorSet } from "./vectors.js";

/** Joint leaf values at one position beyond which an elementwise s-op is computed in two steps, or refused. */
const JOINT_LIMIT = 1 << 14;
/** Query and key values beyond whose product the values of a copy are not sought pair by pair. */
const PAIR_LIMIT = 1 << 16;

export class Domain {
  readonly #sets = new ValueSets();
  readonly #tables = new Map<NormalSOp, readonly ValueSet[]>();
  readonly #formulas = new Map<NormalSOp, Formula>();
  readonly #vectorTables = new Map<string, readonly VectorSet[]>();
  readonly #vectorSets = new VectorSets(this.#sets);
  readonly #single = new Set<NormalSOp>();

  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  /** Whether a row sees no position after its own; values then do not depend on the length. */
  readonly causal: boolean;

  constructor(vocabulary: readonly Atom[], maxLength: number, causal = false) {
    this.vocabulary = vocabulary;
    this.maxLength = maxLength;
    this.causal = causal;
  }

  /** The values of `sop` at `position` of inputs of `length`. Empty where the program always fails there. */
  at(sop: NormalSOp, length: number, position: number): ValueSet {
    return this.#table(sop)[cell(length, position)]!;
  }

  /** All values of `sop`, over all lengths and positions. */
  values(sop: NormalSOp): readonly Atom[] {
    return distinctAtoms([...new Set(this.#table(sop))].flatMap((set) => set.atoms));
  }

  /** Whether no row of the mean's selection ever holds two positions. */
  selectsAtMostOne(mean: Mean): boolean {
    this.#table(mean);
    return this.#single.has(mean);
  }

  /** `sop` as a function of its leaves; where the joint values of the leaves are too many, of intermediate s-ops. */
  formula(sop: NormalSOp): Formula {
    let formula = this.#formulas.get(sop);
    if (formula) return formula;
    formula = new Formula([sop]);
    if (sop.kind === "map" && this.#jointSize(formula.leaves) > JOINT_LIMIT) {
      const cut = new Set(
        sop.args.filter(
          (arg) => arg.kind === "map" && this.#largestSet(arg) < this.#jointSize(this.formula(arg).leaves),
        ),
      );
      formula = new Formula([sop], cut);
      const size = this.#jointSize(formula.leaves);
      if (size > JOINT_LIMIT) {
        refuse(
          sop.origin,
          `this s-op depends on ${formula.leaves.length} values that can stand together in up to ${size} ways at one position; the limit is ${JOINT_LIMIT}`,
          "use a smaller vocabulary or maximum length, or round intermediate values",
        );
      }
    }
    this.#formulas.set(sop, formula);
    return formula;
  }

  /** The distinct joint values of `sops`, over all lengths and positions. */
  joint(sops: readonly NormalSOp[]): (readonly Atom[])[] {
    const distinct = new Set([...new Set(this.vectors(sops))].flatMap(({ vectors }) => vectors));
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
    let table = this.#tables.get(sop);
    if (!table) {
      table = this.#compute(sop);
      this.#tables.set(sop, table);
    }
    return table;
  }

  #compute(sop: NormalSOp): readonly ValueSet[] {
    switch (sop.kind) {
      case "tokens": {
        const all = this.#sets.of(this.vocabulary);
        return this.#everywhere(() => all);
      }
      case "indices":
        return this.#everywhere((_, i) => this.#sets.of([BigInt(i)]));
      case "constant": {
        const one = this.#sets.of([sop.value]);
        return this.#everywhere(() => one);
      }
      case "map": {
        const memo = new Map<VectorSet, ValueSet>();
        return this.vectors([sop]).map((set) => {
          let known = memo.get(set);
          if (!known) memo.set(set, (known = this.#sets.of(set.vectors.map(({ atoms: [value] }) => value!))));
          return known;
        });
      }
      case "mean":
      case "width":
        return this.#rows(sop);
    }
  }

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

  /** The joint values of `sops` in each `cell`: exact where they share leaves. */
  vectors(sops: readonly NormalSOp[]): readonly VectorSet[] {
    const key = sops.map((sop) => sop.id).join(",");
    const known = this.#vectorTables.get(key);
    if (known) return known;
    // The formula of each s-op may cut; the joint one cuts where any of them does, or at the s-ops where it must.
    const cut = new Set(sops.flatMap((sop) => this.formula(sop).leaves.filter((leaf) => leaf.kind === "map")));
    let formula = new Formula(sops, cut);
    if (sops.length > 1 && this.#jointSize(formula.leaves) > JOINT_LIMIT) {
      formula = new Formula(sops, new Set(sops.filter((sop) => sop.kind === "map")));
    }
    const tables = formula.leaves.map((leaf) => this.#table(leaf));
    const images = new Images(formula, this.#vectorSets);
    const table = this.#everywhere((n, i) => images.of(tables.map((leafTable) => leafTable[cell(n, i)]!)));
    this.#vectorTables.set(key, table);
    return table;
  }

  /** The value sets of a mean or a width, row by row. */
  #rows(sop: Mean | Width): readonly ValueSet[] {
    const { comparisons } = sop.selection;
    const queryTable = this.vectors(comparisons.map((c) => c.queries));
    const keyTable = this.vectors([...comparisons.map((c) => c.keys), ...addedUp(sop)]);
    const best = sop.kind === "mean" && sop.best !== undefined;
    const copied = best || (sop.kind === "mean" && !hasMeans(this.values(sop.value)));
    if (best) this.#single.add(sop);
    if (sop.kind === "mean" && copied && this.#mostPairs(queryTable, keyTable) > PAIR_LIMIT) return this.#anyValue(sop);
    const rows = new Rows(sop, copied, this.#sets);
    const keysOf = Array.from({ length: this.maxLength }, (_, l) => keyTable.slice(cell(l + 1, 0), cell(l + 2, 0)));
    const table = this.#everywhere((n, i) => rows.values(queryTable[cell(n, i)]!, keysOf[n - 1]!));
    if (rows.atMostOne) this.#single.add(sop);
    return table;
  }

  #mostPairs(queries: readonly VectorSet[], keys: readonly VectorSet[]): number {
    const most = (table: readonly VectorSet[]): number => table.reduce((n, set) => Math.max(n, set.vectors.length), 0);
    return most(queries) * most(keys);
  }

  /** A coarser answer for copies: whatever stands at any position, or the default. */
  #anyValue(mean: Mean): readonly ValueSet[] {
    const byLength = Array.from({ length: this.maxLength }, (_, l) => {
      const sets = new Set(Array.from({ length: l + 1 }, (_, k) => this.at(mean.value, l + 1, k)));
      return this.#sets.of([mean.default, ...[...sets].flatMap((set) => set.atoms)]);
    });
    return this.#everywhere((n) => byLength[n - 1]!);
  }
}

/** Where a position of inputs of a length stands in tables. */
export const cell = (length: number, position: number): number => (length * (length - 1)) / 2 + position;

/**
 * Functions of leaves, as reads of the residual stream. Where an affine read gives the function nothing is added. Otherwise hidden
 * units are planned that write a new subspace, a *feature*.
 */
import { atomKey } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import { getOrInsert } from "../../../language/maps.js";
import type { Formula } from "../../normalize/formula.js";
import type { NormalForm, NormalSOp } from "../../normalize/normal-form.js";
import { NOT_APART, refuse } from "../../refusal.js";
import type { Domain } from "../../values/domain.js";
import { gridOf } from "../ir/exact-sum.js";
import { isApproximate, isLow, type Arithmetic } from "../ir/arithmetic.js";
import type { Argument, FiniteFunction, Row } from "../ir/finite-function.js";
import { labelOf, type Feature, type Readback, type StepFunction } from "../ir/plan.js";
import { combineReads, constantRead, type Read, type Subspace } from "../ir/read.js";
import { readbackOf } from "../ir/readback.js";
import { MAX_DIGITS } from "../units/input-weights.js";
import { fitStepFunctions } from "../units/feed-forward.js";
import { additiveReads } from "./additive.js";
import { branchesOf, ELSEWHERE, type Branch } from "./branches.js";
import { decisionList } from "./decision-list.js";
import {
  argument,
  coordinate,
  oneHot,
  oneHotEncoding,
  ofReads,
  type Categorical,
  type Encoding,
  type Materialize,
  type Numerical,
} from "./encoding.js";
import { cleanOf, featureOf, isLarge, numbersIn } from "./feature.js";
import { argumentsOf } from "./function-arguments.js";
import { linearEncoding } from "./linear.js";
import { functionTable, Results, type FunctionTable } from "./function-table.js";

/** The work of one number of a vector, in the plan and in all that is made of it. */
const ENTRY = 10;

/** How the planner puts leaves into the residual stream, each once. */
export interface Leaves {
  encode(leaf: NormalSOp): Encoding;
  /** A leaf as a one-hot vector, by hidden units if its own encoding is a number. */
  encodeOneHot(leaf: NormalSOp): Categorical;
}

/** A number that is a sum of functions of one leaf each. */
export interface Sum {
  readonly read: Read;
  /** `numbers[result]` is the number of a row's result. */
  readonly rows: readonly Row[];
  readonly numbers: readonly number[];
  /** Of the leaves, in the order of a row's values. */
  readonly encodings: readonly Encoding[];
}

/** A careful plan makes numbers of an s-op from its one-hot vector if it has up to this many values. */
const MOST_ONE_HOT = 256;

export interface FeatureOptions {
  readonly arithmetic: Arithmetic;
  /** Whether numbers off any grid are made from one-hot vectors, which have no error. */
  readonly careful: boolean;
  /** Functions of more numbers than this are bent instead of stepped. */
  readonly few: number;
}

export class Features {
  readonly planned: Feature[] = [];
  readonly readbacks: Readback[] = [];
  readonly arithmetic: Arithmetic;
  readonly #materialized = new Map<string, readonly Read[]>();
  /** Sums of ints that are leaves of functions. */
  readonly #linear = new Map<NormalSOp, Numerical>();

  readonly #form: NormalForm;
  readonly #domain: Domain;
  readonly #leaves: Leaves;
  readonly #careful: boolean;
  readonly #few: number;

  constructor(form: NormalForm, domain: Domain, leaves: Leaves, { arithmetic, careful, few }: FeatureOptions) {
    this.#form = form;
    this.arithmetic = arithmetic;
    this.#domain = domain;
    this.#leaves = leaves;
    this.#careful = careful;
    // A bend keeps an error of its input, and a step takes it away.
    this.#few = careful || isApproximate(arithmetic) ? Infinity : few;
  }

  /** @throws RaspError of class `compile` where float32 does not tell the s-op's values apart */
  readonly materialize: Materialize = (sop, vectorOf, names) => {
    const values = this.#domain.values(sop);
    this.#spend(sop, ENTRY * values.length * names.length);
    const vectors = values.map((value) => vectorOf(value).join(","));
    const signature = `${sop.id}:${vectors.join(";")}`;
    return getOrInsert(this.#materialized, signature, () => this.#materializeAnew(sop, vectorOf, names));
  };

  /** An s-op as a one-hot vector. */
  encodeOneHot(sop: NormalSOp): Categorical {
    const values = this.#domain.values(sop);
    const reads = this.materialize(sop, oneHot(values), values.map(describeAtom));
    return oneHotEncoding(values, ofReads(reads), 1e-6);
  }

  /** The number of each value as a sum of functions of one leaf each, if it is one, and the table behind it. */
  sum(sop: NormalSOp, numberOf: (value: Atom) => number): Sum | undefined {
    if (this.#branchesOf(sop).length > 1) return undefined;
    const results = new Results((value) => [numberOf(value)]);
    const { rows, leaves } = this.#table(sop, this.#domain.formula(sop), results);
    if (leaves.length === 0) return undefined;
    const encodings = leaves.map(this.#encode);
    const reads = additiveReads(encodings, rows, results.vectors, Infinity);
    const numbers = results.vectors.map(([number]) => number!);
    return reads && { read: reads[0]!, rows, numbers, encodings };
  }

  /** In low precision sums of branches have no proof. */
  #branchesOf(sop: NormalSOp): readonly Branch[] {
    if (isLow(this.arithmetic)) return [{ sop, formula: this.#domain.formula(sop) }];
    return branchesOf(sop, this.#domain, this.#form);
  }

  #table(sop: NormalSOp, formula: Formula, results: Results): FunctionTable {
    const values = new Set([...this.#domain.values(sop), ELSEWHERE].map(atomKey));
    const args = argumentsOf(sop, formula, this.#domain, this.#form);
    const how = { materialize: this.materialize, encode: this.#encode };
    for (const sum of args.sums ?? []) {
      getOrInsert(this.#linear, sum.sop, () => linearEncoding(sum, this.#domain, how));
    }
    return functionTable(args, (value) => values.has(atomKey(value)), this.#domain, results);
  }

  readonly #encode = (leaf: NormalSOp): Encoding => this.#linear.get(leaf) ?? this.#leaves.encode(leaf);

  /**
   * A logit for each component of which `vectorOf` has a single 1, at least 1 above all others where it is: those of a function of
   * several numbers that is a list of rules about one of them each. Undefined where it is none.
   */
  logits(sop: NormalSOp, vectorOf: (value: Atom) => readonly number[], names: readonly string[]): Read[] | undefined {
    if (isLow(this.arithmetic)) return undefined;
    this.#spend(sop, ENTRY * this.#domain.values(sop).length * names.length);
    const results = new Results(vectorOf);
    const { rows, leaves } = this.#table(sop, this.#domain.formula(sop), results);
    const numbers = leaves.filter((leaf) => this.#encode(leaf).kind === "numerical");
    const list = numbers.length > 1 ? decisionList(rows, leaves.length) : undefined;
    if (!list) return undefined;
    const parts = list.rules.map(({ leaf, holds }) => this.#indicator(leaves[leaf]!, holds));
    return names.map((_, c) => {
      const of = (result: number): number => results.vectors[result]![c]!;
      // A rule outweighs all rules after it together.
      const weights = list.rules.map(({ result }, r) => 2 ** (list.rules.length - r) * of(result));
      return combineReads(
        parts.flatMap((read, r) => (weights[r] === 0 ? [] : [[weights[r]!, read] as const])),
        of(list.otherwise),
      );
    });
  }

  /** 1 where a leaf has a value that `holds`, by number, 0 where it has one that does not. */
  #indicator(leaf: NormalSOp, holds: ReadonlyMap<number, boolean>): Read {
    // A value that does not matter is like the one below it, so that there are few steps.
    let last = 0;
    const byKey = new Map(
      this.#domain.values(leaf).map((value, v) => {
        last = Number(holds.get(v) ?? last);
        return [atomKey(value), last];
      }),
    );
    return this.materialize(leaf, (value) => [byKey.get(atomKey(value)) ?? 0], ["rule"])[0]!;
  }

  #materializeAnew(
    sop: NormalSOp,
    vectorOf: (value: Atom) => readonly number[],
    names: readonly string[],
  ): readonly Read[] {
    const nothing = names.map(() => 0);
    const results = new Results((value) => (value === ELSEWHERE ? nothing : vectorOf(value)));
    const tables = this.#branchesOf(sop)
      .map((branch) => ({ ...branch, ...this.#table(sop, branch.formula, results) }))
      .filter(({ rows }) => rows.length > 0);
    const { vectors } = results;
    const [first] = tables;
    if (!first) return names.map(() => constantRead(0));
    if (tables.length === 1 && first.leaves.length === 0) return vectors[first.rows[0]!.result]!.map(constantRead);
    const encodings = first.leaves.map(this.#encode);
    const direct = tables.length === 1 ? additiveReads(encodings, first.rows, vectors, 1) : undefined;
    const isOfClasses = encodings.every(({ kind }) => kind === "categorical");
    const isExact = gridOf(numbersIn(vectors)) > 0 || (direct && isOfClasses);
    const values = this.#domain.values(sop);
    const isRounded = this.#careful && isApproximate(this.arithmetic);
    if (this.#careful && !isRounded && !isExact && values.length <= MOST_ONE_HOT) {
      const { weighted } = this.encodeOneHot(sop);
      const wanted = values.map(vectorOf);
      return names.map((_, c) => weighted(wanted.map((vector) => vector[c]!)));
    }
    // With care a number that heads wrote becomes exact steps, as long as nothing else makes it so.
    if (direct && (isOfClasses || !isRounded)) return direct;
    // Coordinates only for components that are ever other than 0.
    const used = names.flatMap((_, c) => (vectors.some((vector) => vector[c] !== 0) ? [c] : []));
    const pick = (vector: readonly number[]): number[] => used.map((c) => vector[c]!);
    const picked = vectors.map(pick);
    const branches = tables.map(({ rows, leaves }) => {
      const args = leaves.map((leaf) => this.#argument(this.#encode(leaf)));
      return this.#fit(sop, leaves, { args, rows, vectors: picked });
    });
    const subspace = this.#feature(
      sop,
      branches,
      picked,
      used.map((c) => names[c]!),
    );
    const expected = (value: Atom): readonly number[] => pick(vectorOf(value));
    this.readbacks.push(readbackOf(sop, subspace, this.#domain.values(sop), expected, picked));
    const place = new Map(used.map((c, index) => [c, index]));
    const read = isRounded && isLarge(branches.flat(), picked) ? this.#cleaned(subspace) : subspace;
    return names.map((_, c) => (place.has(c) ? coordinate(read, place.get(c)!) : constantRead(0)));
  }

  /** The same one-hot vector, a layer later and without what large activations left in it. */
  #cleaned(subspace: Subspace): Subspace {
    const clean = cleanOf(subspace);
    this.planned.push(clean);
    return clean.subspace;
  }

  readonly #argument = (encoding: Encoding): Argument => argument(encoding, this.arithmetic);

  #spend(sop: NormalSOp, steps: number): void {
    this.#domain.work.spend(steps, sop, "fitting hidden units to this s-op");
  }

  /** Step functions of the leaves as they are encoded or, where these do not tell the rows apart, of one-hot leaves. */
  #fit(sop: NormalSOp, leaves: readonly NormalSOp[], fn: FiniteFunction): readonly StepFunction[] {
    const { arithmetic } = this;
    const evenSlopes = this.#careful;
    const spend = (steps: number): void => this.#spend(sop, steps);
    for (const digits of this.#careful ? [1, MAX_DIGITS] : [MAX_DIGITS]) {
      const fitted = fitStepFunctions(fn, { arithmetic, digits, evenSlopes, few: this.#few, spend });
      if (fitted) return fitted;
      // Where the s-op is itself the leaf, its one-hot vector is what is being made.
      if (leaves[0] === sop) continue;
      const args = leaves.map((leaf) => this.#argument(this.#leaves.encodeOneHot(leaf)));
      const fittedOneHot = fitStepFunctions({ ...fn, args }, { arithmetic, digits, evenSlopes, few: this.#few, spend });
      if (fittedOneHot) return fittedOneHot;
    }
    return refuse(
      sop.origin,
      `its values cannot be told apart in ${this.arithmetic.precision}`,
      "round intermediate values, or use a smaller maximum length",
      NOT_APART,
    );
  }

  /** Plans the hidden units of step functions, and the subspace that they write. */
  #feature(
    sop: NormalSOp,
    branches: readonly (readonly StepFunction[])[],
    outputs: readonly (readonly number[])[],
    names: readonly string[],
  ): Subspace {
    const stepFunctions = branches.flat();
    const steps = stepFunctions.reduce((sum, fn) => sum + 1 + fn.steps.length + fn.bends.length, 0);
    this.#spend(sop, ENTRY * 2 * steps * names.length);
    const feature = featureOf(labelOf(sop), branches, outputs, names);
    this.planned.push(feature);
    return feature.subspace;
  }
}

/**
 * Functions of what stands in the residual stream, as reads. Where an affine read suffices nothing is added; else hidden units
 * are planned that write a new subspace, a *feature*.
 */
import type { Atom } from "../../../language/graph/node.js";
import { additiveReads } from "./additive.js";
import type { Domain } from "../../values/domain.js";
import { gridOf } from "../ir/exact-sum.js";
import type { Row } from "../ir/finite-function.js";
import { fitStepFunctions, unitsOf } from "../units/feed-forward.js";
import { functionTable } from "./function-table.js";
import type { NormalSOp } from "../../normalize/normal.js";
import { labelOf, smallestStep, type Feature, type StepFunction, type Readback } from "../ir/plan.js";
import { constantRead, feedForwardLayer, type Read, type Subspace } from "../ir/read.js";
import { refuse } from "../../refusal.js";
import { argument, coordinates, type Encoding } from "./encoding.js";

/** The reads, one a component, that give `vectorOf(value)` wherever the s-op has that value. `names` names the components. */
export type Materialize = (
  sop: NormalSOp,
  vectorOf: (value: Atom) => readonly number[],
  names: readonly string[],
) => readonly Read[];

/** How the planner puts leaves into the residual stream. */
export interface Leaves {
  encode(leaf: NormalSOp): Encoding;
  encodeOneHot(leaf: NormalSOp): Encoding;
}

/** A number that is a sum of functions of leaves. */
export interface Sum {
  readonly read: Read;
  /** The number of a row's result is `numbers[result]`. */
  readonly rows: readonly Row[];
  readonly numbers: readonly number[];
  /** Of the leaves, in the order of a row's values. */
  readonly encodings: readonly Encoding[];
}

export class Features {
  readonly planned: Feature[] = [];
  readonly readbacks: Readback[] = [];
  readonly #materialized = new Map<string, readonly Read[]>();

  readonly #domain: Domain;
  readonly #leaves: Leaves;

  constructor(domain: Domain, leaves: Leaves) {
    this.#domain = domain;
    this.#leaves = leaves;
  }

  readonly materialize: Materialize = (sop, vectorOf, names) => {
    const vectorsOfAll = this.#domain.values(sop).map((value) => vectorOf(value).join(","));
    const signature = `${sop.id}:${vectorsOfAll.join(";")}`;
    let reads = this.#materialized.get(signature);
    if (!reads) {
      reads = this.#materializeAnew(sop, new Results(vectorOf), names);
      this.#materialized.set(signature, reads);
    }
    return reads;
  };

  #materializeAnew(sop: NormalSOp, results: Results, names: readonly string[]): readonly Read[] {
    const { rows, leaves } = functionTable(sop, this.#domain, (value) => results.numberOf(value));
    const { vectors } = results;
    if (rows.length === 0) return names.map(() => constantRead(0));
    if (leaves.length === 0) return vectors[rows[0]!.result]!.map(constantRead);
    const encodings = leaves.map((leaf) => this.#leaves.encode(leaf));
    const direct = additiveReads(encodings, rows, vectors, 1);
    if (direct) return direct;
    // Coordinates only for components that are ever other than 0.
    const used = names.flatMap((_, c) => (vectors.some((vector) => vector[c] !== 0) ? [c] : []));
    const pick = (vector: readonly number[]): number[] => used.map((c) => vector[c]!);
    const outputs = vectors.map(pick);
    const boxes =
      fitStepFunctions(encodings.map(argument), rows, outputs) ??
      // A leaf's own one-hots are what is being made here.
      (leaves[0] === sop
        ? undefined
        : fitStepFunctions(
            leaves.map((leaf) => argument(this.#leaves.encodeOneHot(leaf))),
            rows,
            outputs,
          )) ??
      refuse(
        sop.origin,
        "its values cannot be told apart in float32",
        "round intermediate values, or use a smaller maximum length",
      );
    const subspace = this.#feature(
      sop,
      boxes,
      outputs,
      used.map((c) => names[c]!),
      (value) => pick(results.vectorOf(value)),
    );
    return names.map((_, c) => (used.includes(c) ? coordinates(subspace)[used.indexOf(c)]! : constantRead(0)));
  }

  /** The number that stands for each value as a sum of what the leaves stand for, if it is one, and the table behind it. */
  sum(sop: NormalSOp, numberOf: (value: Atom) => number): Sum | undefined {
    const results = new Results((value) => [numberOf(value)]);
    const { rows, leaves } = functionTable(sop, this.#domain, (value) => results.numberOf(value));
    if (leaves.length === 0) return undefined;
    const encodings = leaves.map((leaf) => this.#leaves.encode(leaf));
    const reads = additiveReads(encodings, rows, results.vectors, Infinity);
    const numbers = results.vectors.map(([number]) => number!);
    return reads && { read: reads[0]!, rows, numbers, encodings };
  }

  /** Plans the boxes' hidden units and the subspace that they write. */
  #feature(
    sop: NormalSOp,
    boxes: readonly StepFunction[],
    outputs: readonly (readonly number[])[],
    names: readonly string[],
    expected: (value: Atom) => readonly number[],
  ): Subspace {
    const units = boxes.flatMap(unitsOf);
    const subspace: Subspace = {
      label: labelOf(sop),
      names,
      writer: "feed-forward",
      layer: feedForwardLayer(units.map((unit) => unit.input)),
      oneHot: outputs.every(isOneHot),
      grid: gridOf(outputs.flat()),
      largest: outputs.flat().reduce((most, v) => Math.max(most, Math.abs(v)), 0),
      atBos: names.map(() => 0),
    };
    this.planned.push({ subspace, stepFunctions: boxes, units });
    const tolerance = smallestStep(names.map((_, c) => outputs.map((vector) => vector[c]!))) / 4;
    this.readbacks.push({ sop, subspace, values: this.#domain.values(sop), expected, tolerance });
    return subspace;
  }
}

/** Whether at most one component is other than 0, and then 1. */
const isOneHot = (vector: readonly number[]): boolean =>
  vector.every((v) => v === 0 || v === 1) && vector.filter((v) => v === 1).length <= 1;

/** Numbers the different vectors of a function. */
class Results {
  readonly vectors: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();

  readonly vectorOf: (value: Atom) => readonly number[];

  constructor(vectorOf: (value: Atom) => readonly number[]) {
    this.vectorOf = vectorOf;
  }

  numberOf(value: Atom): number {
    const vector = this.vectorOf(value);
    const key = vector.join(",");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.vectors.length));
      this.vectors.push(vector);
    }
    return number;
  }
}

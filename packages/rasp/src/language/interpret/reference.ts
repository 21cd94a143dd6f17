/**
 * Selection, aggregation and loops as the language defines them: every cell of every matrix, row by row, left to right, and every
 * s-op of every step anew. The fast paths in this folder compute the same, which `fast-paths.test.ts` and `loops.test.ts` check.
 */
import { compareAtoms } from "../atom/compare.js";
import { aggregateRow, notNumbers } from "../atom/mean.js";
import { errors } from "../diagnostic.js";
import { applyMap } from "../graph/elementwise.js";
import type { Loop, StateNode } from "../graph/loop.js";
import type { Atom, Selector, SOp } from "../graph/node.js";
import { getOrInsert } from "../maps.js";
import type { Default } from "./aggregate.js";
import { checkScores } from "./best.js";
import type { Matrix } from "./matrix.js";
import { sequenceType } from "./sequence.js";
import { convertToken } from "./tokens.js";

/** The matrix of a selector, from the values of the s-ops that it compares. @throws RaspError where two atoms have no order */
export function matrixReference(node: Selector, values: (sop: SOp) => readonly Atom[]): Matrix {
  switch (node.kind) {
    case "select": {
      const keys = values(node.keys);
      return values(node.queries).map((query) =>
        Uint8Array.from(keys, (key) => Number(compareAtoms(node.op, key, query))),
      );
    }
    case "not":
      return matrixReference(node.arg, values).map((row) => row.map((cell) => 1 - cell));
    case "and":
    case "or": {
      const [left, right] = [matrixReference(node.left, values), matrixReference(node.right, values)];
      const join = node.kind === "and" ? Math.min : Math.max;
      return left.map((row, q) => row.map((cell, k) => join(cell, right[q]![k]!)));
    }
    case "best":
      return bestReference(matrixReference(node.selector, values), values(node.score));
  }
}

/** The earliest selected position whose score no other selected one exceeds. @throws RaspError where scores are no numbers */
function bestReference(matrix: Matrix, scores: readonly Atom[]): Matrix {
  checkScores(scores);
  return matrix.map((row) => {
    const selected = [...row.keys()].filter((key) => row[key] === 1);
    const best = selected.find((key) => !selected.some((other) => compareAtoms(">", scores[other]!, scores[key]!)));
    return row.map((_, key) => Number(key === best));
  });
}

/** The mean of each row. @throws RaspError of class type for the mean of values that are no numbers */
export function aggregateReference(matrix: Matrix, values: readonly Atom[], otherwise: Default): readonly Atom[] {
  // Before it takes a mean, the original requires numbers of the whole sequence, not only of the selected values.
  const type = sequenceType(values);
  return matrix.map((row) => {
    const selected = values.filter((_, key) => row[key] === 1);
    if (selected.length > 1 && (type === "string" || type === "bool")) throw notNumbers(values[0]!);
    return selected.length === 0 ? otherwise() : aggregateRow(selected, 0n);
  });
}

/** The values of s-ops on one input, without vectors. */
export class ReferenceEvaluation {
  readonly #input: readonly Atom[];
  /** The states of the loops that are running. */
  readonly #states: ReadonlyMap<StateNode, readonly Atom[]>;
  readonly #known = new Map<SOp, readonly Atom[]>();
  readonly #finals = new Map<Loop, readonly (readonly Atom[])[]>();

  constructor(input: readonly Atom[], states: ReadonlyMap<StateNode, readonly Atom[]> = new Map()) {
    this.#input = input;
    this.#states = states;
  }

  /** The value at every position. @throws RaspError */
  sop(node: SOp): readonly Atom[] {
    return getOrInsert(this.#known, node, () => {
      const values = this.#values(node);
      sequenceType(values);
      return values;
    });
  }

  #values(node: SOp): readonly Atom[] {
    const input = this.#input;
    switch (node.kind) {
      case "tokens":
        return input.map((token) => convertToken(node.conversion, token));
      case "indices":
      case "positions":
        return input.map((_, i) => BigInt(i));
      case "constant":
        return input.map(() => node.value);
      case "map": {
        const args = node.args.map((arg) => this.sop(arg));
        return input.map((_, i) =>
          applyMap(
            node.fn,
            args.map((values) => values[i]!),
          ),
        );
      }
      case "aggregate": {
        const matrix = matrixReference(node.selector, (sop) => this.sop(sop));
        return aggregateReference(matrix, this.sop(node.value), () => node.default);
      }
      case "state":
        return this.#states.get(node)!;
      case "final":
        return getOrInsert(this.#finals, node.loop, () => this.#loop(node.loop))[node.index]!;
      case "read":
        throw new Error("the reference knows no vectors");
    }
  }

  /** The states after the last step. A limit that is reached is an error. */
  #loop({ states, steps, condition, together, limit }: Loop): readonly (readonly Atom[])[] {
    let values = states.map(({ init }) => this.sop(init));
    const types = values.map((first) => new Set(first.map((atom) => typeof atom)));
    // A state of floats can also hold ints.
    for (const held of types) if (held.has("number")) held.add("bigint");
    let halted = this.#input.map(() => false);
    for (let step = 0; ; step++) {
      const bound = states.map((state, s) => [state, values[s]!] as const);
      const inner = new ReferenceEvaluation(this.#input, new Map([...this.#states, ...bound]));
      const holds = inner.sop(condition);
      if (holds.some((value) => typeof value !== "boolean")) throw errors.loopCondition("the condition is no bool");
      halted = together ? holds.map(() => holds.every(Boolean)) : halted.map((was, i) => was || holds[i] === true);
      if (halted.every(Boolean)) return values;
      if (step === limit) throw errors.loopLimit("the loop has not ended");
      const next = steps.map((sop) => inner.sop(sop));
      values = values.map((before, s) => before.map((value, i) => (halted[i] === true ? value : next[s]![i]!)));
      const hasOther = values.some((after, s) => after.some((atom) => !types[s]!.has(typeof atom)));
      if (hasOther) throw errors.stateType("a state has another type");
    }
  }
}

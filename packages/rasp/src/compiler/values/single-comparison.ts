/**
 * Selections that one comparison decides, once those of which both sides have one value are answered. They need no pairs of joint values:
 * an equality looks its query up among the keys, an order compares it with their ends.
 */
import { NEGATION } from "../../language/atom/compare.js";
import type { Comparison } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { Diagrams, type Diagram } from "../normalize/decision-diagram.js";
import type { Selection } from "../normalize/normal-form.js";
import { ofEquality, ofOrder, sideOf, type Answers, type Side } from "./comparison-sides.js";
import type { JointValueSet } from "./joint-values.js";

/** What is left of a selection: one of its comparisons, by its place, or its opposite. */
export interface Left {
  readonly place: number;
  readonly op: Comparison;
}

export class SingleComparison {
  readonly #sides: Map<JointValueSet, Side | null>[];
  readonly #known = new Map<string, Side>();
  readonly #left = new Map<number, Left | boolean | "several">();
  readonly #diagrams = new Diagrams();
  readonly #selection: Selection;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#sides = selection.comparisons.map(() => new Map<JointValueSet, Side | null>());
  }

  /**
   * What is left to ask. Equal answers give one object.
   *
   * @param fixed - see `SelectionTable.fixedAnswers`
   */
  left(fixed: number): Left | boolean | "several" {
    return getOrInsert(this.#left, fixed, () => {
      const { comparisons, truth } = this.#selection;
      const places = new Map(comparisons.map(({ id }, place) => [id, place]));
      const answerOf = (id: number): boolean | undefined => {
        const digit = Math.floor(fixed / 3 ** places.get(id)!) % 3;
        return digit === 2 ? undefined : digit === 1;
      };
      return leftOf(this.#diagrams.substitute(truth, answerOf), (id) => ({
        place: places.get(id)!,
        op: comparisons[places.get(id)!]!.op,
      }));
    });
  }

  /** The values of one side of what is left; null where they are of several types. Equal ones are one object. */
  side(set: JointValueSet, { place }: Left): Side | null {
    return getOrInsert(this.#sides[place]!, set, () => {
      const side = sideOf(set.values.map(({ atoms }) => atoms[place]!));
      return side ? getOrInsert(this.#known, side.ofValue.map(({ key }) => key).join(), () => side) : null;
    });
  }

  /** What each query can answer to what is left; undefined where the values are of several types. */
  answers(query: Side, key: Side, { place, op }: Left, self: boolean): Answers[] | undefined {
    if (query.areNumbers !== key.areNumbers) return undefined;
    const isEquality = op === "==" || op === "!=";
    if (!isEquality && !query.areNumbers) return undefined;
    const compared = this.#selection.comparisons[place]!;
    if (self && compared.keys === compared.queries) {
      return query.ofValue.map((value) => ofOwn(op, key.keys.has(value.key)));
    }
    return query.ofValue.map((value) =>
      isEquality ? ofEquality(op, value.key, key.keys) : ofOrder(op, value.number, key),
    );
  }

  /** Of a selection that is one equality: the positions that can equal one of the queries, ascending; undefined where it is none. */
  candidatesIn(
    keysAt: (position: number) => JointValueSet,
    maxLength: number,
  ): ((queries: JointValueSet) => readonly number[] | undefined) | undefined {
    const left = this.#selection.comparisons.length === 1 ? this.left(2) : "several";
    if (typeof left !== "object" || left.op !== "==") return undefined;
    const positions = new Map<string, number[]>();
    for (let k = 0; k < maxLength; k++) {
      const side = this.side(keysAt(k), left);
      if (!side) return undefined;
      for (const key of side.keys) getOrInsert(positions, key, () => []).push(k);
    }
    return (queries) => {
      const side = this.side(queries, left);
      if (!side) return undefined;
      const found = new Set([...side.keys].flatMap((key) => positions.get(key) ?? []));
      return [...found].sort((a, b) => a - b);
    };
  }
}

function leftOf(truth: Diagram, leftBy: (id: number) => Left): Left | boolean | "several" {
  if (typeof truth === "boolean") return truth;
  if (typeof truth.high !== "boolean" || typeof truth.low !== "boolean") return "several";
  const left = leftBy(truth.variable);
  return truth.high ? left : { ...left, op: NEGATION[left.op] };
}

/** A position's own value equals itself. */
function ofOwn(op: Comparison, isThere: boolean): Answers {
  const isYes = op === "==" || op === "<=" || op === ">=";
  return { yes: isThere && isYes, no: isThere && !isYes };
}

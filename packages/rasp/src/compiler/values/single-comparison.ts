/**
 * Selections that one comparison decides, once those of which both sides have one value are answered. They need no pairs of joint values:
 * an equality looks its query up among the keys, an order compares it with their ends.
 */
import type { Comparison } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { Diagrams, type Diagram } from "../normalize/decision-diagram.js";
import type { Selection } from "../normalize/normal-form.js";
import { ofEquality, ofOrder, sideOf, type Answers, type Side } from "./comparison-sides.js";
import type { JointValueSet } from "./joint-values.js";

const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "==": "!=",
  "!=": "==",
};

/** What is left of a selection: one of its comparisons, by its place, or its opposite. */
export interface Left {
  readonly place: number;
  readonly op: Comparison;
}

export class SingleComparison {
  readonly #sides: Map<JointValueSet, Side | null>[];
  readonly #left = new Map<string, Left | boolean | "several">();
  readonly #diagrams = new Diagrams();
  readonly #selection: Selection;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#sides = selection.comparisons.map(() => new Map<JointValueSet, Side | null>());
  }

  /**
   * What is left to ask.
   *
   * @param answers - of each comparison; undefined where its sides have several values
   */
  left(answers: readonly (boolean | undefined)[]): Left | boolean | "several" {
    return getOrInsert(this.#left, answers.join(","), () => {
      const { comparisons, truth } = this.#selection;
      const places = new Map(comparisons.map(({ id }, place) => [id, place]));
      return leftOf(
        this.#diagrams.substitute(truth, (id) => answers[places.get(id)!]),
        (id) => ({ place: places.get(id)!, op: comparisons[places.get(id)!]!.op }),
      );
    });
  }

  /** What each query can answer to what is left; undefined where the values are of several types. */
  answers(queries: JointValueSet, keys: JointValueSet, { place, op }: Left, self: boolean): Answers[] | undefined {
    const [query, key] = [this.#side(queries, place), this.#side(keys, place)];
    if (!query || !key || query.areNumbers !== key.areNumbers) return undefined;
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
    const left = this.left(this.#selection.comparisons.map(() => undefined));
    if (typeof left !== "object" || left.op !== "==") return undefined;
    const positions = new Map<string, number[]>();
    for (let k = 0; k < maxLength; k++) {
      const side = this.#side(keysAt(k), left.place);
      if (!side) return undefined;
      for (const key of side.keys) getOrInsert(positions, key, () => []).push(k);
    }
    return (queries) => {
      const side = this.#side(queries, left.place);
      if (!side) return undefined;
      const found = new Set([...side.keys].flatMap((key) => positions.get(key) ?? []));
      return [...found].sort((a, b) => a - b);
    };
  }

  #side(set: JointValueSet, place: number): Side | null {
    return getOrInsert(this.#sides[place]!, set, () => sideOf(set.values.map(({ atoms }) => atoms[place]!)) ?? null);
  }
}

function leftOf(truth: Diagram, leftBy: (id: number) => Left): Left | boolean | "several" {
  if (typeof truth === "boolean") return truth;
  if (typeof truth.high !== "boolean" || typeof truth.low !== "boolean") return "several";
  const left = leftBy(truth.variable);
  return truth.high ? left : { ...left, op: OPPOSITE[left.op] };
}

/** A position's own value equals itself. */
function ofOwn(op: Comparison, isThere: boolean): Answers {
  const isYes = op === "==" || op === "<=" || op === ">=";
  return { yes: isThere && isYes, no: isThere && !isYes };
}

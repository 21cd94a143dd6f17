/** Selections by one comparison, of which the answers need no pairs: an equality looks its query up, an order compares it with the ends. */
import { atomKey } from "../../language/atom/compare.js";
import { numeric } from "../../language/atom/number.js";
import type { Atom, Comparison } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Selection } from "../normalize/normal-form.js";
import type { Answers } from "./independent-selection.js";
import type { JointValueSet } from "./joint-values.js";

/** The different values of one side. */
interface Side {
  /** Numbers compare with numbers only, and strings with strings. */
  readonly areNumbers: boolean;
  readonly keys: ReadonlySet<string>;
  /** For each joint value of the set. */
  readonly ofValue: readonly { readonly key: string; readonly number: number }[];
  readonly least: number;
  readonly most: number;
}

const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "==": "!=",
  "!=": "==",
};

export class SingleComparison {
  readonly #sides = new Map<JointValueSet, Side | "mixed">();
  readonly #op: Comparison;
  /** Whether keys and queries are one s-op. */
  readonly #isSame: boolean;

  private constructor(op: Comparison, isSame: boolean) {
    this.#op = op;
    this.#isSame = isSame;
  }

  /** Undefined for a selection that is not one comparison. */
  static of({ comparisons, truth }: Selection): SingleComparison | undefined {
    const [only, ...others] = comparisons;
    if (!only || others.length > 0 || typeof truth === "boolean") return undefined;
    const op = truth.high === true ? only.op : OPPOSITE[only.op];
    return new SingleComparison(op, only.keys === only.queries);
  }

  /** What each query can answer; undefined where the values are of several types. The sides' first component is compared. */
  answers(queries: JointValueSet, keys: JointValueSet, self: boolean): Answers[] | undefined {
    const [query, key] = [this.#side(queries), this.#side(keys)];
    if (query === "mixed" || key === "mixed" || query.areNumbers !== key.areNumbers) return undefined;
    const isEquality = this.#op === "==" || this.#op === "!=";
    if (!isEquality && !query.areNumbers) return undefined;
    if (self && this.#isSame) return query.ofValue.map((value) => ofOwn(this.#op, key.keys.has(value.key)));
    return query.ofValue.map((value) =>
      isEquality ? this.#equality(value.key, key.keys) : ofOrder(this.#op, value.number, key),
    );
  }

  /** The positions that can equal one of the queries, ascending; undefined where that is not the question, or not known. */
  candidatesIn(
    keysAt: (position: number) => JointValueSet,
    maxLength: number,
  ): ((queries: JointValueSet) => readonly number[] | undefined) | undefined {
    if (this.#op !== "==") return undefined;
    const positions = new Map<string, number[]>();
    for (let k = 0; k < maxLength; k++) {
      const side = this.#side(keysAt(k));
      if (side === "mixed") return undefined;
      for (const key of side.keys) getOrInsert(positions, key, () => []).push(k);
    }
    return (queries) => {
      const side = this.#side(queries);
      if (side === "mixed") return undefined;
      const found = new Set([...side.keys].flatMap((key) => positions.get(key) ?? []));
      return [...found].sort((a, b) => a - b);
    };
  }

  #equality(query: string, keys: ReadonlySet<string>): Answers {
    const isThere = keys.has(query);
    const others = keys.size > Number(isThere);
    return this.#op === "==" ? { yes: isThere, no: others } : { yes: others, no: isThere };
  }

  #side(set: JointValueSet): Side | "mixed" {
    return getOrInsert(this.#sides, set, () => sideOf(set.values.map(({ atoms }) => atoms[0]!)));
  }
}

function sideOf(atoms: readonly Atom[]): Side | "mixed" {
  const areNumbers = atoms.every(isExactNumber);
  if (!areNumbers && !atoms.every((atom) => typeof atom === "string")) return "mixed";
  const ofValue = atoms.map((atom) => ({ key: atomKey(atom), number: areNumbers ? Number(atom) : NaN }));
  return {
    areNumbers,
    keys: new Set(ofValue.map(({ key }) => key)),
    ofValue,
    least: ofValue.reduce((least, { number }) => Math.min(least, number), Infinity),
    most: ofValue.reduce((most, { number }) => Math.max(most, number), -Infinity),
  };
}

/** Whether float64 compares the number with others as the language does. */
function isExactNumber(atom: Atom): boolean {
  if (typeof atom === "string" || atom === null) return false;
  const value = numeric(atom)!;
  return typeof value === "bigint" ? Number.isSafeInteger(Number(value)) : !Number.isNaN(value);
}

/** A position's own value equals itself. */
function ofOwn(op: Comparison, isThere: boolean): Answers {
  const isYes = op === "==" || op === "<=" || op === ">=";
  return { yes: isThere && isYes, no: isThere && !isYes };
}

/** `k op query` for all keys k. */
function ofOrder(op: Comparison, query: number, { least, most, keys }: Side): Answers {
  if (keys.size === 0) return { yes: false, no: false };
  switch (op) {
    case "<":
      return { yes: least < query, no: most >= query };
    case "<=":
      return { yes: least <= query, no: most > query };
    case ">":
      return { yes: most > query, no: least <= query };
    default:
      return { yes: most >= query, no: least < query };
  }
}

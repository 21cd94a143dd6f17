/** Rows of the program's aggregates. */
import { arithmetic } from "../language/atom/arithmetic.js";
import { compareAtoms } from "../language/atom/compare.js";
import { numeric, toFloat, type Numeric } from "../language/atom/number.js";
import { RaspError } from "../language/diagnostic.js";
import type { AggregateNode, Atom, BestNode } from "../language/graph/node.js";
import { getOrInsert } from "../language/maps.js";
import { Fold } from "./fold.js";
import { bestIn, exactKey, FAILS, type Label, type ProgramValues, type Value } from "./program-values.js";
import { CannotFollow } from "./ranges.js";

interface Row {
  readonly count: number;
  readonly sum: Numeric;
  /** The value, where one is selected. */
  readonly only: Atom | undefined;
  /** Of a selector with `best`: what the best key so far contributes, which is not in the row yet. */
  readonly best: Contribution | undefined;
}

/** What a key contributes to a row of an aggregate. */
interface Contribution {
  readonly key: string;
  readonly value: Atom;
  /** Where `best` may choose it: the score. */
  readonly score: Atom | undefined;
  /** Whether it is selected if `best` chooses it, and if not. */
  readonly ifBest: boolean;
  readonly ifNot: boolean;
}

/** The rows of an aggregate. */
export class AggregateFold extends Fold<Row> {
  readonly start: number;
  /** Whether a row depends on the order of its keys. */
  isOrdered: boolean;
  readonly #contributions: Contribution[] = [];
  readonly #ids = new Map<string, number>();
  readonly #node: AggregateNode;
  readonly #best: BestNode | undefined;

  /** @throws CannotFollow where its selector has several `best` */
  constructor(node: AggregateNode) {
    super();
    this.#node = node;
    this.#best = bestIn(node.selector);
    this.isOrdered = this.#best !== undefined;
    this.start = this.add({ count: 0, sum: 0n, only: undefined, best: undefined });
  }

  /** The number of what a key contributes; -1 where the program has no value. */
  contribution(program: ProgramValues, query: Label, key: Label): number {
    const { selector, value } = this.#node;
    const best = this.#best;
    const ifNot = program.selects(selector, query, key, false);
    const ifBest = best ? program.selects(selector, query, key, true) : ifNot;
    const isChoice = best ? program.selects(best.selector, query, key, false) : false;
    const score = best ? program.value(best.score, key) : undefined;
    const atom = program.value(value, key);
    if (ifNot === FAILS || ifBest === FAILS || isChoice === FAILS || atom === FAILS || score === FAILS) return -1;
    if (score === null || typeof score === "string" || Number.isNaN(score)) return -1;
    if (!isExact(atom)) {
      // Sums of such numbers depend on the order, and the best key is added last.
      if (best && best !== selector) throw new CannotFollow("the program's values: rounded sums beside `best`");
      this.isOrdered = true;
    }
    const id = `${exactKey(atom)} ${isChoice ? exactKey(score) : ""} ${ifBest} ${ifNot}`;
    const contribution = { key: id, value: atom, score: isChoice ? score : undefined, ifBest, ifNot };
    return getOrInsert(this.#ids, id, () => this.#contributions.push(contribution) - 1);
  }

  protected next(row: Row, key: number): Row | undefined {
    const contribution = this.#contributions[key]!;
    const { score, ifNot } = contribution;
    if (score === undefined) return ifNot ? plusValue(row, contribution.value) : row;
    const known = row.best;
    // Of equal scores the earliest stays.
    const [best, other] =
      known === undefined || compareAtoms(">", score, known.score!) ? [contribution, known] : [known, contribution];
    const rest = other?.ifNot ? plusValue(row, other.value) : row;
    return rest && { ...rest, best };
  }

  protected keyOf({ count, sum, only, best }: Row): string {
    return `${count} ${exactKey(sum)} ${exactKey(only)} ${best?.key ?? ""}`;
  }

  /** The value of the row. */
  result(state: number): Value {
    const { best, ...rest } = this.states[state]!;
    const row = best?.ifBest ? plusValue({ ...rest, best }, best.value) : { ...rest, best };
    if (!row) return FAILS;
    const { count, sum, only } = row;
    if (count === 0) return this.#node.noDefault === undefined ? this.#node.default : FAILS;
    if (count === 1) return only!;
    const mean = toFloat(sum) / count;
    return Number.isFinite(mean) ? mean : FAILS;
  }
}

/** Whether sums of this number and others are exact in every order. */
const isExact = (atom: Atom): boolean =>
  typeof atom === "number"
    ? Number.isInteger(atom * 2 ** 20) && Math.abs(atom) < 2 ** 20
    : typeof atom !== "bigint" || (atom < 2n ** 20n && atom > -(2n ** 20n));

/** The row with one more value, as `aggregateRow` adds it: from left to right; a single value stays as it is. */
function plusValue({ count, sum, only, best }: Row, value: Atom): Row | undefined {
  const number = numeric(value);
  if (count === 0) return { count: 1, sum: number ?? 0n, only: value, best };
  if (number === undefined || (only !== undefined && numeric(only) === undefined)) return undefined;
  try {
    const isFloat = typeof sum === "number" && typeof number === "number";
    const total = isFloat ? sum + number : (arithmetic("+", sum, number) as Numeric);
    return { count: count + 1, sum: total, only: undefined, best };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

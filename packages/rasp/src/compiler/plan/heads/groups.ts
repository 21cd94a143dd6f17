/** The comparisons of a selection, grouped by the s-ops that they compare. */
import { memoised } from "../../../language/maps.js";
import { compareAtoms } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import type { Compared, NormalSOp, Selection } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { isCategorical } from "../features/categorical.js";

/** The work of one comparison of two values. */
const PAIR = 20;

/** Comparisons whose keys are functions of one s-op, and whose queries are functions of one s-op. */
export interface Group {
  readonly keys: NormalSOp;
  readonly queries: NormalSOp;
  /** The answers of the group's comparisons, of which the places are by their ids. */
  readonly pattern: (key: Atom, query: Atom) => Pattern;
  /** The patterns that occur for some pair of values. */
  readonly patterns: readonly Pattern[];
  /** About how many dimensions of a head a block over some of the patterns takes. */
  readonly dimensions: (accepted: readonly Pattern[]) => number;
  /** The answer of a comparison in a pattern; undefined for one of another group. */
  readonly answer: (pattern: Pattern, id: number) => boolean | undefined;
}

/** Answers as a text of 0 and 1. */
export type Pattern = string;

/** A comparison whose sides are functions of base s-ops. */
interface BasedComparison {
  readonly compared: Compared;
  readonly keys: Based;
  readonly queries: Based;
}

/** An s-op as a function of its base. */
interface Based {
  readonly base: NormalSOp;
  readonly valueOf: (baseValue: Atom) => Atom;
}

export function groupsOf(selection: Selection, domain: Domain): Group[] {
  const comparisons = selection.comparisons.map((compared): BasedComparison => ({
    compared,
    keys: basedOn(compared.keys, domain),
    queries: basedOn(compared.queries, domain),
  }));
  const groups: BasedComparison[][] = [];
  // A constant side fits any group that shares the other side, so the other comparisons make the groups first.
  for (const comparison of [...comparisons].sort((a, b) => Number(hasConstant(a)) - Number(hasConstant(b)))) {
    const home = groups.find(([first]) => canJoin(comparison, first!));
    if (home) home.push(comparison);
    else groups.push([comparison]);
  }
  return groups.map((comparisons) => groupOf(comparisons, domain));
}

/** An s-op's base is its only leaf where that is one-hot, so that functions of it need no hidden units; otherwise the s-op itself. */
function basedOn(sop: NormalSOp, domain: Domain): Based {
  const itself = { base: sop, valueOf: (value: Atom) => value };
  if (sop.kind !== "map") return itself;
  const formula = domain.formula(sop);
  const [leaf] = formula.leaves;
  if (formula.leaves.length !== 1 || leaf!.kind === "map" || !isCategorical(leaf!, domain)) return itself;
  return {
    base: leaf!,
    valueOf: (leafValue) => {
      const value = formula.evaluate([leafValue]);
      if (!value) throw new Error("the program has no value here");
      return value[0]!;
    },
  };
}

const hasConstant = ({ compared }: BasedComparison): boolean =>
  compared.keys.kind === "constant" || compared.queries.kind === "constant";

function canJoin({ compared, keys, queries }: BasedComparison, first: BasedComparison): boolean {
  const sameKeys = compared.keys.kind === "constant" || first.keys.base === keys.base;
  const sameQueries = compared.queries.kind === "constant" || first.queries.base === queries.base;
  return sameKeys && sameQueries;
}

function groupOf(comparisons: readonly BasedComparison[], domain: Domain): Group {
  const keys = comparisons[0]!.keys.base;
  const queries = comparisons[0]!.queries.base;
  const noAnswer = "0".repeat(comparisons.length);
  const pattern = memoised((key: Atom, query: Atom): Pattern => {
    try {
      return comparisons.map((compared) => Number(holds(compared, key, query))).join("");
    } catch {
      return noAnswer; // The program fails on such a pair, so that any answer is right.
    }
  });
  const patterns = new Set<Pattern>();
  const canSee = visibility(keys, queries, domain);
  const [keyValues, queryValues] = [domain.values(keys), domain.values(queries)];
  const pairs = keyValues.length * queryValues.length;
  domain.work.spend(PAIR * pairs * comparisons.length, keys, "comparing this s-op with its queries");
  for (const key of keyValues) {
    for (const query of queryValues) if (canSee(key, query)) patterns.add(pattern(key, query));
  }
  const places = new Map(comparisons.map(({ compared }, j) => [compared.id, j]));
  const answer = (of: Pattern, id: number): boolean | undefined => {
    const place = places.get(id);
    return place === undefined ? undefined : of[place] === "1";
  };
  const dimensions = (accepted: readonly Pattern[]): number =>
    dimensionsOf(sampleOf(keyValues), sampleOf(queryValues), new Set(accepted), pattern);
  return { keys, queries, pattern, patterns: [...patterns], dimensions, answer };
}

/** Some of the values, evenly. */
const sampleOf = (values: readonly Atom[]): readonly Atom[] =>
  values.filter((_, v) => v % Math.ceil(values.length / SAMPLE) === 0);

const SAMPLE = 48;
/** An equality of numbers: `number-match.ts`. */
const EQUALITY = 3;

/** As many as there are different rows; few for an equality. */
function dimensionsOf(
  keys: readonly Atom[],
  queries: readonly Atom[],
  accepted: ReadonlySet<Pattern>,
  pattern: Group["pattern"],
): number {
  const rows = queries.map((query) => keys.map((key) => Number(accepted.has(pattern(key, query)))));
  const isEquality = rows.every((row) => row.reduce((sum, selected) => sum + selected, 0) <= 1);
  const different = new Set(rows.map((row) => row.join(""))).size;
  return isEquality ? Math.min(different, EQUALITY) : different;
}

function holds({ compared, keys, queries }: BasedComparison, key: Atom, query: Atom): boolean {
  const keyValue = compared.keys.kind === "constant" ? compared.keys.value : keys.valueOf(key);
  const queryValue = compared.queries.kind === "constant" ? compared.queries.value : queries.valueOf(query);
  return compareAtoms(compared.op, keyValue, queryValue);
}

/** Whether a head ever attends from this query to this key: a causal head attends to no later position. */
function visibility(keys: NormalSOp, queries: NormalSOp, { causal }: Domain): (key: Atom, query: Atom) => boolean {
  if (!causal || keys.kind !== "indices" || queries.kind !== "indices") return () => true;
  return (key, query) => Number(key) <= Number(query);
}

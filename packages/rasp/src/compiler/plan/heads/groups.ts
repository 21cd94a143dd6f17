/** The comparisons of a selection, grouped by the s-ops that they compare. */
import { atomKey, compareAtoms, NEGATION } from "../../../language/atom/compare.js";
import type { Atom, Comparison } from "../../../language/graph/node.js";
import type { Compared, NormalSOp, Selection } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { isCategorical } from "../features/categorical.js";
import { answersIn, COMPARE, ranksOf, type ComparedNumbers, type NumberComparison } from "./compared-numbers.js";
import { asOneComparison, occurring, sidesOf } from "./one-comparison.js";

/** The work of one value of a side of a comparison, and of a pair by their ranks and by themselves. */
const [SIDE, RANKED_PAIR, PAIR] = [60, 1, 20];

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
  /** What holds where the group has one of some patterns, if that is known to be one comparison. */
  readonly compared: (accepted: readonly Pattern[]) => NumberComparison | undefined;
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
  const [keyValues, queryValues] = [domain.values(keys), domain.values(queries)];
  const work = (steps: number): void => domain.work.spend(steps, keys, "comparing this s-op with its queries");
  work(SIDE * (keyValues.length + queryValues.length) * comparisons.length);
  const asked = comparisons.map((comparison) => askedOf(comparison, keyValues, queryValues));
  const patternAt = patternsOf(asked);
  const [only] = asked.length === 1 ? asked : [];
  const numbers = asked.flatMap(({ op, ranks, fails }) => (ranks && !fails ? [{ op, ...ranks }] : []));
  const sides = asked.length > 1 && numbers.length === asked.length ? sidesOf(numbers) : undefined;
  /** Whether a query sees only the keys up to its own place: a causal head attends to no later position. */
  const isCausal = domain.causal && keys.kind === "indices" && queries.kind === "indices";
  const occurringPatterns = (): Pattern[] => {
    if (only?.ranks && isKnown(only)) {
      return answersIn({ op: only.op, ...only.ranks }, isCausal).map((yes) => (yes ? "1" : "0"));
    }
    if (sides && !isCausal) return occurring(sides);
    const pair = asked.every(({ ranks }) => ranks) ? RANKED_PAIR : PAIR;
    work(pair * keyValues.length * queryValues.length * comparisons.length);
    const found = new Set<Pattern>();
    for (const k of keyValues.keys()) {
      for (let q = isCausal ? k : 0; q < queryValues.length; q++) found.add(patternAt(k, q));
    }
    return [...found];
  };
  const patterns = occurringPatterns();
  const [placeOfKey, placeOfQuery] = [placesIn(keyValues), placesIn(queryValues)];
  const pattern = (key: Atom, query: Atom): Pattern => patternAt(placeOfKey(key), placeOfQuery(query));
  const places = new Map(comparisons.map(({ compared }, j) => [compared.id, j]));
  const answer = (of: Pattern, id: number): boolean | undefined => {
    const place = places.get(id);
    return place === undefined ? undefined : of[place] === "1";
  };
  const dimensions = (accepted: readonly Pattern[]): number =>
    dimensionsOf(sampleOf(keyValues), sampleOf(queryValues), new Set(accepted), pattern);
  const compared = (accepted: readonly Pattern[]): NumberComparison | undefined => {
    const one = sides
      ? asOneComparison(sides, new Set(accepted), new Set(patterns))
      : only && accepted.length === 1
        ? oneWhere(accepted[0] === "1", only)
        : undefined;
    return (
      one && {
        op: one.op,
        key: (key) => one.keys[placeOfKey(key)]!,
        query: (query) => one.queries[placeOfQuery(query)]!,
      }
    );
  };
  return { keys, queries, pattern, patterns, dimensions, answer, compared };
}

/** One comparison of a group, for the values of its two sides by their places. */
interface Asked {
  readonly op: Comparison;
  /** Undefined where the comparison fails. */
  readonly at: (key: number, query: number) => boolean | undefined;
  /** Numbers that compare as the values do, NaN for a value with which the comparison fails; undefined where it fails for some pairs. */
  readonly ranks?: { readonly keys: readonly number[]; readonly queries: readonly number[] };
  /** Whether there are such values. */
  readonly fails: boolean;
}

function askedOf(
  { compared, keys, queries }: BasedComparison,
  keyValues: readonly Atom[],
  queryValues: readonly Atom[],
): Asked {
  const { op } = compared;
  const sideOf = (side: NormalSOp, based: Based, values: readonly Atom[]): (Atom | undefined)[] =>
    values.map((value) => (side.kind === "constant" ? side.value : valueIfAny(based, value)));
  const [keySide, querySide] = [sideOf(compared.keys, keys, keyValues), sideOf(compared.queries, queries, queryValues)];
  const found = ranksOf(op, keySide, querySide);
  if (!found) {
    const at = (k: number, q: number): boolean | undefined => comparedIfAny(op, keySide[k], querySide[q]);
    return { op, at, fails: true };
  }
  const holds = COMPARE[op];
  const at = (k: number, q: number): boolean | undefined => {
    const [key, query] = [found.keys[k], found.queries[q]];
    return key === undefined || query === undefined ? undefined : holds(key, query);
  };
  const fails = [...found.keys, ...found.queries].includes(undefined);
  const numbers = (side: readonly (number | undefined)[]): number[] => side.map((rank) => rank ?? NaN);
  return { op, at, fails, ranks: { keys: numbers(found.keys), queries: numbers(found.queries) } };
}

/** Undefined where the program has no value. */
function valueIfAny({ valueOf }: Based, baseValue: Atom): Atom | undefined {
  try {
    return valueOf(baseValue);
  } catch {
    return undefined;
  }
}

function comparedIfAny(op: Comparison, key: Atom | undefined, query: Atom | undefined): boolean | undefined {
  if (key === undefined || query === undefined) return undefined;
  try {
    return compareAtoms(op, key, query);
  } catch {
    return undefined;
  }
}

/** The comparison that holds exactly where one has this answer; "no" where it fails. Undefined where none does, because of NaN. */
function oneWhere(answer: boolean, { op, ranks, fails }: Asked): ComparedNumbers | undefined {
  if (!ranks || !isKnown({ op, fails })) return undefined;
  if (answer) return { op, ...ranks };
  const isOrder = op !== "==" && op !== "!=";
  const hasNaN = isOrder && [...ranks.keys, ...ranks.queries].some(Number.isNaN);
  return hasNaN ? undefined : { op: NEGATION[op], ...ranks };
}

/** Whether ranks say where the answer is no: NaN differs from everything, but a comparison that fails counts as no. */
const isKnown = ({ op, fails }: Pick<Asked, "op" | "fails">): boolean => op !== "!=" || !fails;

/** The pattern of a pair by the places of its values. Where a comparison fails the program does, so that any answers are right. */
function patternsOf(asked: readonly Asked[]): (key: number, query: number) => Pattern {
  const noAnswer = "0".repeat(asked.length);
  /** A tree of patterns: each node's text and the nodes after answers of no and yes, 0 where there is none yet. */
  const texts = [""];
  const after = [0, 0];
  return (key, query) => {
    let node = 0;
    for (const { at } of asked) {
      const answer = at(key, query);
      if (answer === undefined) return noAnswer;
      const branch = 2 * node + Number(answer);
      if (after[branch] === 0) {
        after[branch] = texts.length;
        texts.push(texts[node]! + String(Number(answer)));
        after.push(0, 0);
      }
      node = after[branch]!;
    }
    return texts[node]!;
  };
}

/** The place of each value among some. */
function placesIn(values: readonly Atom[]): (value: Atom) => number {
  const places = new Map(values.map((value, v) => [value, v]));
  let byKey: ReadonlyMap<string, number> | undefined;
  return (value) => {
    const place = places.get(value);
    if (place !== undefined) return place;
    byKey ??= new Map(values.map((other, v) => [atomKey(other), v]));
    return byKey.get(atomKey(value))!;
  };
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

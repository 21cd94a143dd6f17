/** Conditions on some inputs, from cases: a comparison, a membership in a list, or a few of these joined by `and` or `or`. */
import type { Atom } from "../../../language/graph/node.js";
import type { Cases } from "./cases.js";
import {
  both,
  compare,
  constant,
  distinct,
  either,
  isNumeric,
  isText,
  isWhole,
  minus,
  not,
  oneOf,
  plus,
  type Expression,
} from "./expression.js";

/** The most conditions that are joined. */
const MOST_JOINED = 4;
/** The most values of an input that are compared one by one or listed. */
const MOST_VALUES = 24;

/** The smallest expression found that is true in exactly the wanted cases; undefined if none was found. */
export function nameCondition(cases: Cases, wanted: readonly boolean[]): Expression | undefined {
  if (wanted.every(Boolean)) return constant(true);
  if (!wanted.some(Boolean)) return constant(false);
  const { inputs } = cases;
  const found = inputs.flatMap((input) => conditionsOf(input, cases, wanted));
  for (const [a, left] of inputs.entries()) {
    for (const right of inputs.slice(a + 1)) found.push(...pairConditions(left, right, cases, wanted));
  }
  const candidates = found
    .flatMap((condition) => [condition, not(condition)])
    .map((condition) => ({ condition, column: cases.column(condition) }));
  const exact = candidates.filter(({ column }) => wanted.every((w, i) => column[i] === w));
  if (exact.length > 0) return smallest(exact.map(({ condition }) => condition));
  const necessary = candidates.filter(({ column }) => wanted.every((w, i) => !w || column[i] === true));
  const sufficient = candidates.filter(({ column }) => wanted.every((w, i) => w || column[i] === false));
  return smallest([
    ...joined(necessary, both, (column) => wanted.map((w, i) => !w && column[i] === true)),
    ...joined(sufficient, either, (column) => wanted.map((w, i) => w && column[i] === false)),
  ]);
}

/** The smallest expression; of equally small ones the first with the shortest text. */
export const smallest = (expressions: readonly Expression[]): Expression | undefined =>
  expressions.reduce<Expression | undefined>((best, next) => (best && !isSmaller(next, best) ? best : next), undefined);

const isSmaller = (a: Expression, b: Expression): boolean =>
  a.size < b.size || (a.size === b.size && a.text.length < b.text.length);

interface Candidate {
  readonly condition: Expression;
  readonly column: readonly Atom[];
}

/** Joins conditions until every case is right, each time the one that leaves the fewest cases wrong; none if that takes too many. */
function joined(
  candidates: readonly Candidate[],
  combine: (a: Expression, b: Expression) => Expression,
  mistakesOf: (column: readonly Atom[]) => readonly boolean[],
): Expression[] {
  const options = candidates.map(({ condition, column }) => ({ condition, mistakes: mistakesOf(column) }));
  const chosen: Expression[] = [];
  let remaining: readonly boolean[] | undefined;
  while (chosen.length < MOST_JOINED) {
    let best: { condition: Expression; left: readonly boolean[]; count: number } | undefined;
    for (const { condition, mistakes } of options) {
      const left = remaining ? mistakes.map((m, i) => m && remaining![i]!) : mistakes;
      const count = left.reduce((sum, flag) => sum + Number(flag), 0);
      if (!best || count < best.count || (count === best.count && condition.size < best.condition.size)) {
        best = { condition, left, count };
      }
    }
    if (!best) return [];
    chosen.push(best.condition);
    if (best.count === 0) return [chosen.reduce(combine)];
    remaining = best.left;
  }
  return [];
}

/** Conditions on one input; their negations are tried as well. */
function conditionsOf(input: Expression, cases: Cases, wanted: readonly boolean[]): Expression[] {
  const values = distinct(cases.column(input));
  if (values.length < 2) return [];
  if (values.every((value) => typeof value === "boolean")) return [input];
  return [...(isNumeric(values) ? thresholds(input, values) : []), ...memberships(input, cases, wanted)];
}

function thresholds(input: Expression, values: readonly Atom[]): Expression[] {
  const bounds = values.slice(1).flatMap((value, j): Expression[] => {
    const below = values[j]!;
    const between = boundBetween(below, value);
    if (between === undefined) return [compare(input, "<", constant(value)), compare(input, ">", constant(below))];
    return [compare(input, "<", constant(between))];
  });
  const whole = values.filter((value) => Number.isInteger(Number(value)));
  return [
    ...bounds,
    ...(whole.length <= MOST_VALUES ? whole.map((value) => compare(input, "==", constant(BigInt(Number(value))))) : []),
  ];
}

/**
 * A bound between two values that are not both whole: the number with the fewest digits between them, so that rounding does not matter.
 * None if one value is 0 or both are whole, since a comparison with the values themselves is then clearer.
 */
function boundBetween(low: Atom, high: Atom): Atom | undefined {
  const [a, b] = [Number(low), Number(high)];
  if ((Number.isInteger(a) && Number.isInteger(b)) || a === 0 || b === 0) return undefined;
  for (let digits = 0; digits < 15; digits++) {
    const scale = 10 ** digits;
    const middle = Math.round(((a + b) / 2) * scale) / scale;
    if (a < middle && middle < b) return digits === 0 ? BigInt(middle) : middle;
  }
  return undefined;
}

/** Membership in the values that occur in wanted cases only, and in those that occur in any wanted case. */
function memberships(input: Expression, cases: Cases, wanted: readonly boolean[]): Expression[] {
  const column = cases.column(input);
  const values = distinct(column);
  const [always, ever] = [new Set(column), new Set<Atom>()];
  wanted.forEach((w, i) => (w ? ever.add(column[i]!) : always.delete(column[i]!)));
  return [always, ever].flatMap((set) => {
    const [inside, outside] = [values.filter((value) => set.has(value)), values.filter((value) => !set.has(value))];
    if (inside.length === 0 || outside.length === 0) return [];
    if (Math.min(inside.length, outside.length) > MOST_VALUES) return [];
    return inside.length <= outside.length ? [oneOf(input, inside)] : [not(oneOf(input, outside))];
  });
}

function pairConditions(left: Expression, right: Expression, cases: Cases, wanted: readonly boolean[]): Expression[] {
  const [a, b] = [cases.column(left), cases.column(right)];
  if (isText(a) && isText(b)) {
    const joint = [plus(left, right), plus(right, left)].flatMap((pair) => memberships(pair, cases, wanted));
    return [compare(left, "==", right), ...joint];
  }
  if (!isNumeric(a) || !isNumeric(b)) return [];
  const orders = (["==", "<", ">"] as const).map((op) => compare(left, op, right));
  if (!isWhole(a) || !isWhole(b)) return orders;
  return [...orders, ...[minus(left, right), plus(left, right)].flatMap((form) => conditionsOf(form, cases, wanted))];
}

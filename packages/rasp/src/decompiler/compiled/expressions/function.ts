/**
 * A function of some inputs, from cases. Tried in this order: an input itself, a sum of inputs, a condition, a choice between such
 * expressions; where none of them fits, lists of the inputs' values.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { Cases } from "./cases.js";
import { nameCondition, smallest } from "./condition.js";
import {
  choose,
  constant,
  distinct,
  indicator,
  isWhole,
  minus,
  oneOf,
  plus,
  times,
  type Expression,
} from "./expression.js";

/** Choices inside each other, at most. */
const MOST_CHOICES = 3;
/** Expressions that a choice is tried with. */
const MOST_WAYS = 6;

/** An expression whose value says which class a case is in. What it calls the classes is its own choice. */
export function nameClasses(all: Cases, allClasses: readonly number[]): Expression {
  const needed = all.needed(allClasses);
  const once = needed.distinct();
  const [cases, classes] = [needed.only(once), once.map((i) => allClasses[i]!)];
  const number = new Set(classes).size;
  const [first] = cases.inputs;
  if (cases.inputs.length === 1 && new Set(cases.column(first!)).size === number) return first!;
  if (number === 2) {
    const condition = nameCondition(
      cases,
      classes.map((c) => c !== classes[0]),
    );
    if (condition) return condition;
  }
  const sums = cases.inputs.flatMap((input) =>
    ([1n, -1n] as const).flatMap((sign) => {
      const labels = labelsBySum(cases, input, sign, classes);
      const values = labels && classes.map((c) => labels.get(c)!);
      return values ? (nameSum(cases, input, sign, values, 2) ?? []) : [];
    }),
  );
  return (
    smallest(sums) ??
    nameValues(
      cases,
      classes.map((c) => BigInt(c)),
    )
  );
}

/** An expression with this value in each case. */
export function nameValues(all: Cases, values: readonly Atom[]): Expression {
  const needed = all.needed(values);
  const once = needed.distinct();
  const [cases, wanted] = [needed.only(once), once.map((i) => values[i]!)];
  return nameShort(cases, wanted, MOST_CHOICES) ?? tableOf(cases, wanted);
}

function nameShort(cases: Cases, wanted: readonly Atom[], choices: number): Expression | undefined {
  const labels = distinct(wanted);
  if (labels.length === 1) return constant(labels[0]!);
  const same = cases.inputs.find((input) => cases.column(input).every((value, i) => value === wanted[i]));
  if (same) return same;
  if (labels.every((label) => typeof label === "boolean")) {
    return nameCondition(
      cases,
      wanted.map((value) => value === true),
    );
  }
  const sums = cases.inputs.flatMap((input) =>
    ([1n, -1n] as const).flatMap((sign) => nameSum(cases, input, sign, wanted, Math.min(choices, 1)) ?? []),
  );
  return (
    smallest(sums) ??
    nameMultiple(cases, labels, wanted) ??
    (choices > 0 ? nameChoice(cases, wanted, choices) : undefined)
  );
}

/** `indicator(condition)`, or a multiple of it, where one of two values is 0. */
function nameMultiple(cases: Cases, labels: readonly Atom[], wanted: readonly Atom[]): Expression | undefined {
  if (labels.length !== 2 || !isWhole(labels) || !labels.includes(0n)) return undefined;
  const label = labels.find((other) => other !== 0n)!;
  const condition = nameCondition(
    cases,
    wanted.map((value) => value === label),
  );
  return condition && times(label, indicator(condition));
}

/** ±input + a function of the other inputs. */
function nameSum(
  cases: Cases,
  input: Expression,
  sign: 1n | -1n,
  wanted: readonly Atom[],
  choices: number,
): Expression | undefined {
  const column = cases.column(input);
  if (!isWhole(column) || !isWhole(wanted)) return undefined;
  const rest = wanted.map((value, i) => value - sign * column[i]!);
  const others = cases.of(cases.inputs.filter((other) => other !== input));
  if (!others.determine(rest)) return undefined;
  const once = others.distinct();
  const found = nameShort(
    others.only(once),
    once.map((i) => rest[i]!),
    choices - 1,
  );
  return found && (sign === 1n ? plus(input, found) : minus(found, input));
}

/** `expression if condition else …`: of expressions that are right in many cases, those whose condition has a name. */
function nameChoice(cases: Cases, wanted: readonly Atom[], choices: number): Expression | undefined {
  const leaves = [
    ...distinct(wanted).map(constant),
    ...cases.inputs,
    ...cases.inputs.flatMap((input) => shifted(input, cases, wanted)),
  ];
  const ways = leaves
    .map((leaf) => ({ leaf, right: cases.column(leaf).map((value, i) => value === wanted[i]) }))
    .map((way) => ({ ...way, hits: way.right.reduce((sum, right) => sum + Number(right), 0) }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits);
  const found = ways.slice(0, MOST_WAYS).flatMap(({ leaf, right }) => {
    const condition = nameCondition(cases, right);
    if (!condition) return [];
    const rest = right.flatMap((is, i) => (is ? [] : [i]));
    const otherwise = nameShort(
      cases.only(rest),
      rest.map((i) => wanted[i]!),
      choices - 1,
    );
    return otherwise ? [choose(condition, leaf, otherwise)] : [];
  });
  return smallest(found);
}

/** The input plus the constants that are right most often. */
function shifted(input: Expression, cases: Cases, wanted: readonly Atom[]): Expression[] {
  const column = cases.column(input);
  if (!isWhole(column)) return [];
  const hits = new Map<bigint, number>();
  for (const [i, value] of wanted.entries()) {
    if (typeof value === "bigint") hits.set(value - column[i]!, (hits.get(value - column[i]!) ?? 0) + 1);
  }
  const often = [...hits].filter(([shift]) => shift !== 0n).sort(([, a], [, b]) => b - a);
  return often.slice(0, 2).map(([shift]) => plus(input, constant(shift)));
}

/**
 * Names for classes under which ±input + (a function of the other inputs) is the name of the class, if there are such: names and the
 * function's values follow from each other along the cases.
 */
function labelsBySum(
  cases: Cases,
  input: Expression,
  sign: bigint,
  classes: readonly number[],
): Map<number, bigint> | undefined {
  const column = cases.column(input);
  if (!isWhole(column)) return undefined;
  const others = cases.of(cases.inputs.filter((other) => other !== input)).keys();
  const labels = new Map<number, bigint>();
  const parts = new Map([[others[0]!, 0n]]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [i, c] of classes.entries()) {
      const x = sign * column[i]!;
      const [label, part] = [labels.get(c), parts.get(others[i]!)];
      if (label !== undefined && part !== undefined) {
        if (label !== x + part) return undefined;
      } else if (part !== undefined) {
        labels.set(c, x + part);
      } else if (label !== undefined) {
        parts.set(others[i]!, label - x);
      }
      if ((label === undefined) !== (part === undefined)) grown = true;
    }
  }
  const names = new Set(labels.values()).size;
  return labels.size === new Set(classes).size && names === labels.size ? labels : undefined;
}

/** Lists of values: what the inputs are together, and which of them go with each value. */
function tableOf(cases: Cases, wanted: readonly Atom[]): Expression {
  const key = jointKey(cases);
  const column = cases.column(key);
  const keys = new Map<Atom, Atom[]>();
  wanted.forEach((label, i) => keys.set(label, [...(keys.get(label) ?? []), column[i]!]));
  const [mostly, ...others] = [...keys].sort(([, a], [, b]) => b.length - a.length);
  const table = others.reduce(
    (otherwise, [label, list]) => choose(oneOf(key, distinct(list)), constant(label), otherwise),
    constant(mostly![0]),
  );
  return { ...table, tabular: true };
}

/** One value for each combination of the inputs' values. */
function jointKey(cases: Cases): Expression {
  const [only, ...others] = cases.inputs;
  if (others.length === 0) return only!;
  const places = cases.inputs.map((input) => asPlace(input, cases));
  return places.reduce((key, next) => ({ place: plus(times(BigInt(next.count), key.place), next.place), count: 0 }))
    .place;
}

/** The input as a number from 0 up, less than `count`. */
function asPlace(input: Expression, cases: Cases): { place: Expression; count: number } {
  const values = distinct(cases.column(input));
  if (isWhole(values)) {
    const [least, most] = [values[0]!, values[values.length - 1]!];
    return { place: plus(input, constant(-least)), count: Number(most - least) + 1 };
  }
  const place = values
    .slice(1)
    .reduce((otherwise, value, v) => choose(oneOf(input, [value]), constant(BigInt(v + 1)), otherwise), constant(0n));
  return { place, count: values.length };
}

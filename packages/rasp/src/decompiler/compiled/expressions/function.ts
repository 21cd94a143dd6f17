/**
 * Functions of some inputs, from cases. These forms are tried in this order: an input itself, a sum of inputs, a condition, a choice
 * between such expressions. If none of them fits, the inputs' values are listed.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { Cases } from "./cases.js";
import { getOrInsert } from "../../../language/maps.js";
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

/** How deep choices are nested at most. */
const MOST_CHOICES = 3;
/** The most expressions that a choice is tried with. */
const MOST_LEAVES = 6;

/** An expression with one value for each class of cases. Which value that is does not matter. */
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

/** An expression with these values, one in each case. */
export function nameValues(all: Cases, values: readonly Atom[]): Expression {
  const needed = all.needed(values);
  const once = needed.distinct();
  const [cases, wanted] = [needed.only(once), once.map((i) => values[i]!)];
  return nameShort(cases, wanted, MOST_CHOICES) ?? listOf(cases, wanted);
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

/** `expression if condition else …`, for expressions that are right in many cases, if a short condition says in which. */
function nameChoice(cases: Cases, wanted: readonly Atom[], choices: number): Expression | undefined {
  const leaves = [
    ...distinct(wanted).map(constant),
    ...cases.inputs,
    ...cases.inputs.flatMap((input) => shifted(input, cases, wanted)),
  ];
  const candidates = leaves
    .map((leaf) => ({ leaf, right: cases.column(leaf).map((value, i) => value === wanted[i]) }))
    .map((candidate) => ({ ...candidate, hits: candidate.right.reduce((sum, right) => sum + Number(right), 0) }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits);
  const found = candidates.slice(0, MOST_LEAVES).flatMap(({ leaf, right }) => {
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

/** The input plus one of the two constants that are right most often. */
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
 * Numbers for the classes such that ±input + (a function of the other inputs) is the number of the class; undefined if there are none.
 * The numbers and the function's values follow from each other, case by case.
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

/** Lists of values: for each wanted value the combinations of the inputs that it belongs to. */
function listOf(cases: Cases, wanted: readonly Atom[]): Expression {
  const key = jointKey(cases);
  const column = cases.column(key);
  const keys = new Map<Atom, Atom[]>();
  wanted.forEach((label, i) => getOrInsert(keys, label, () => []).push(column[i]!));
  const [mostly, ...others] = [...keys].sort(([, a], [, b]) => b.length - a.length);
  const table = others.reduce(
    (otherwise, [label, list]) => choose(oneOf(key, distinct(list)), constant(label), otherwise),
    constant(mostly![0]),
  );
  return { ...table, tabular: true };
}

/** An expression with a different value for each combination of the inputs' values. */
function jointKey(cases: Cases): Expression {
  const [only, ...others] = cases.inputs;
  if (others.length === 0) return only!;
  const digits = cases.inputs.map((input) => asDigit(input, cases));
  const joint = digits.reduce((all, next) => ({
    digit: plus(times(BigInt(next.count), all.digit), next.digit),
    count: all.count * next.count,
  }));
  return joint.digit;
}

/** The input as a whole number from 0 to `count` - 1. */
function asDigit(input: Expression, cases: Cases): { digit: Expression; count: number } {
  const values = distinct(cases.column(input));
  if (isWhole(values)) {
    const [least, most] = [values[0]!, values[values.length - 1]!];
    return { digit: plus(input, constant(-least)), count: Number(most - least) + 1 };
  }
  const digit = values
    .slice(1)
    .reduce((otherwise, value, v) => choose(oneOf(input, [value]), constant(BigInt(v + 1)), otherwise), constant(0n));
  return { digit, count: values.length };
}

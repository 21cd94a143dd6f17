/** Expressions: an s-op together with its text. */
import { compareAtoms } from "../../../language/atom/compare.js";
import * as maps from "../../../language/graph/elementwise.js";
import {
  constantNode,
  mapNode,
  type Atom,
  type Comparison,
  type Elementwise,
  type SOp,
} from "../../../language/graph/node.js";
import { literal } from "../../../language/text/print.js";

export interface Expression {
  readonly sop: SOp;
  readonly text: string;
  /** How loosely its outermost operator binds: 0 for names and calls, 1 for sums, 2 for comparisons, 3 for the rest. */
  readonly looseness: 0 | 1 | 2 | 3;
  /** The number of nodes and of the values in lists. */
  readonly size: number;
  /** The operands, if the s-op is a map. */
  readonly parts: readonly Expression[];
  /** How a comparison is written as a selector. */
  readonly comparison?: { readonly left: Expression; readonly right: Expression; readonly op: Comparison };
  /** Present if it looks values up in lists because no shorter form was found. */
  readonly tabular?: true;
}

/** An s-op that has a name or is an input. */
export const named = (sop: SOp, text: string): Expression => ({ sop, text, looseness: 0, size: 1, parts: [] });

export function constant(value: Atom): Expression {
  const text = literal(value);
  return { sop: constantNode(value), text, looseness: text.startsWith("-") ? 1 : 0, size: 1, parts: [] };
}

function mapped(
  fn: Elementwise,
  parts: readonly Expression[],
  text: string,
  looseness: Expression["looseness"],
): Expression {
  const sop = mapNode(
    fn,
    parts.map((part) => part.sop),
  );
  const size = 1 + parts.reduce((sum, part) => sum + part.size, 0);
  return { sop, text, looseness, size, parts, ...(parts.some((part) => part.tabular) ? { tabular: true } : {}) };
}

/** The operand's text, in parentheses if it binds more loosely than its place allows. */
const within = ({ text, looseness }: Expression, most: number): string => (looseness > most ? `(${text})` : text);

const isNumber = ({ sop }: Expression, value: bigint): boolean => sop.kind === "constant" && sop.value === value;

export function plus(a: Expression, b: Expression): Expression {
  if (isNumber(b, 0n)) return a;
  if (isNumber(a, 0n)) return b;
  if (b.sop.kind === "constant" && typeof b.sop.value === "bigint" && b.sop.value < 0n) {
    return minus(a, constant(-b.sop.value));
  }
  return mapped(maps.arithmeticMap("+"), [a, b], `${within(a, 1)} + ${within(b, 0)}`, 1);
}

export function minus(a: Expression, b: Expression): Expression {
  if (isNumber(b, 0n)) return a;
  if (isNumber(a, 0n)) return mapped(maps.unaryMap("-"), [b], `-${within(b, 0)}`, 1);
  return mapped(maps.arithmeticMap("-"), [a, b], `${within(a, 1)} - ${within(b, 0)}`, 1);
}

export const times = (factor: Atom, a: Expression): Expression =>
  factor === 1n ? a : mapped(maps.arithmeticMap("*"), [constant(factor), a], `${literal(factor)} * ${within(a, 0)}`, 1);

export function compare(left: Expression, op: Exclude<Comparison, "!=">, right: Expression): Expression {
  const text = `${within(left, 1)} ${op} ${within(right, 1)}`;
  return { ...mapped(maps.comparisonMap(op), [left, right], text, 2), comparison: { left, right, op } };
}

const OPPOSITE = { "<": ">=", "<=": ">", ">": "<=", ">=": "<" } as const;

export function not(a: Expression): Expression {
  const { comparison } = a;
  if (comparison && comparison.op !== "==" && comparison.op !== "!=") {
    return compare(comparison.left, OPPOSITE[comparison.op], comparison.right);
  }
  const result = mapped(maps.notMap, [a], `not ${within(a, 0)}`, 3);
  return comparison?.op === "==" ? { ...result, comparison: { ...comparison, op: "!=" } } : result;
}

export const both = (a: Expression, b: Expression): Expression =>
  mapped(maps.andMap, [a, b], `${within(a, 2)} and ${within(b, 2)}`, 3);

export const either = (a: Expression, b: Expression): Expression =>
  mapped(maps.orMap, [a, b], `${within(a, 2)} or ${within(b, 2)}`, 3);

export const indicator = (a: Expression): Expression => mapped(maps.indicatorMap, [a], `indicator(${a.text})`, 0);

export const choose = (condition: Expression, then: Expression, otherwise: Expression): Expression =>
  mapped(
    maps.ternaryMap,
    [condition, then, otherwise],
    `${within(then, 2)} if ${within(condition, 2)} else ${within(otherwise, 2)}`,
    3,
  );

/** Whether it is one of some values; a comparison if there is only one. */
export function oneOf(a: Expression, values: readonly Atom[]): Expression {
  if (values.length === 1) return compare(a, "==", constant(values[0]!));
  const list = `[${values.map(literal).join(", ")}]`;
  const result = mapped(maps.memberMap(values), [a], `${within(a, 0)} in ${list}`, 3);
  return { ...result, size: result.size + values.length };
}

export const isNumeric = (column: readonly Atom[]): boolean =>
  column.every((value) => typeof value === "bigint" || typeof value === "number");

export const isText = (column: readonly Atom[]): boolean => column.every((value) => typeof value === "string");

export const isWhole = (column: readonly Atom[]): column is readonly bigint[] =>
  column.every((value) => typeof value === "bigint");

/** Each value once, ascending if all are numbers or all are strings. */
export function distinct(values: readonly Atom[]): Atom[] {
  const once = [...new Set(values)];
  if (!isNumeric(once) && !isText(once)) return once;
  return once.sort((a, b) => (a === b ? 0 : compareAtoms("<", a, b) ? -1 : 1));
}

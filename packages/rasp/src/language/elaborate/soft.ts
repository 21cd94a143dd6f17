/**
 * Scores and vectors among values: conversions and operators. Where a vector is needed, an s-op means its one-hot vectors and a dict of
 * numbers the same vector everywhere. Where a score is needed, a selector means 1 where it selects and 0 elsewhere, an s-op its value
 * at the key, and a number the same score everywhere.
 */
import { errors, type RaspError } from "../diagnostic.js";
import { readNode, type Atom } from "../graph/node.js";
import type { Score, Vector } from "../graph/soft.js";
import { Basis, denseTable, type Table, type Weights } from "../graph/table.js";
import type { Span } from "../source.js";
import { describe, sopValue, type Value } from "./value.js";

export const scoreValue = (node: Score): Value => ({ kind: "score", node });
export const vectorValue = (node: Vector): Value => ({ kind: "vector", node });

/** The error for a value of another kind than the one needed. */
export const wrongKind = (needed: string, value: Value, span: Span): RaspError =>
  errors.wrongKind(`${needed} is needed here, not ${describe(value)}`, { span });

/** A value as a vector. @throws RaspError of class type */
export function asVector(value: Value, span: Span): Vector {
  if (value.kind === "vector") return value.node;
  if (value.kind === "s-op") return { span, kind: "one-hot", of: value.node };
  const weights = asWeights(value);
  if (weights) return { span, kind: "fixed", weights };
  throw wrongKind("a vector, an s-op or a dict of numbers", value, span);
}

/** A value as a score. @throws RaspError of class type */
export function asScore(value: Value, span: Span): Score {
  if (value.kind === "score") return value.node;
  if (value.kind === "selector") return { span, kind: "selected", selector: value.node };
  if (value.kind === "s-op") return { span, kind: "numeric", of: value.node };
  if (numberOf(value) !== undefined) return { span, kind: "even" };
  throw wrongKind("a score, a selector, an s-op of numbers or a number", value, span);
}

/** The number that a value is, `undefined` if it is none. */
export function numberOf(value: Value): number | undefined {
  if (value.kind !== "atom" || typeof value.atom === "string") return undefined;
  return Number(value.atom);
}

/** A dict of numbers, or an attached table of one axis, as weights. */
export function asWeights(value: Value): Weights | undefined {
  if (value.kind === "table") return value.node.weights;
  if (value.kind !== "dict") return undefined;
  const entries = [...value.entries.values()];
  const numbers = entries.map((entry) => numberOf(entry.value));
  if (numbers.includes(undefined)) return undefined;
  return { basis: new Basis(entries.map(({ key }) => key)), values: numbers as number[] };
}

/** A dict of dicts of numbers, or an attached table of two axes. @throws RaspError of class type */
export function asTable(value: Value, span: Span): Table {
  if (value.kind === "table" && value.node.table) return value.node.table;
  const rows = value.kind === "dict" ? [...value.entries.values()] : [];
  const weights = rows.map((row) => asWeights(row.value));
  if (value.kind !== "dict" || weights.includes(undefined)) {
    throw wrongKind("a table, that is a dict of dicts of numbers,", value, span);
  }
  const columnBasis = Basis.distinct(weights.flatMap((row) => row!.basis.atoms));
  const rowBasis = new Basis(rows.map(({ key }) => key));
  return denseTable(rowBasis, columnBasis, (row, column) => {
    const { basis, values } = weights[row]!;
    return values[basis.find(columnBasis.atoms[column]!)] ?? 0;
  });
}

const isSoft = (value: Value): boolean => value.kind === "vector" || value.kind === "score";

/** `left op right` where one side is a vector or a score, `undefined` where neither is. @throws RaspError of class type */
export function softBinary(op: string, left: Value, right: Value, span: Span): Value | undefined {
  if (!isSoft(left) && !isSoft(right)) return undefined;
  if (op === "*") {
    const [factor, operand] = numberOf(left) === undefined ? [numberOf(right), left] : [numberOf(left), right];
    if (factor === undefined) throw wrongKind("a number times a vector or a score", left, span);
    return operand.kind === "vector"
      ? vectorValue({ span, kind: "vector-scale", of: operand.node, by: factor })
      : scoreValue({ span, kind: "score-scale", of: asScore(operand, span), by: factor });
  }
  if (op === "-") return softBinary("+", left, negative(right, left.kind === "vector", span), span);
  if (op !== "+") {
    throw errors.operandType(`"${op}" does not work between ${describe(left)} and ${describe(right)}`, {
      suggestion: "vectors and scores add up and are multiplied by numbers; vector[atom] and argmax(vector) are s-ops",
    });
  }
  if (left.kind === "vector" || right.kind === "vector") {
    return vectorValue({ span, kind: "vector-sum", terms: [asVector(left, span), asVector(right, span)] });
  }
  return scoreValue({ span, kind: "score-sum", terms: [asScore(left, span), asScore(right, span)] });
}

/** −1 times a vector or a score, or a value that means one. */
const negative = (value: Value, asVectors: boolean, span: Span): Value =>
  asVectors || value.kind === "vector"
    ? vectorValue({ span, kind: "vector-scale", of: asVector(value, span), by: -1 })
    : scoreValue({ span, kind: "score-scale", of: asScore(value, span), by: -1 });

/** `vector[atom]`. */
export const component = (vector: Vector, atom: Atom, span: Span): Value => sopValue(readNode(vector, atom, span));

/**
 * The operators on values of every kind. Two plain values combine as in Python. If one is an s-op, the operator becomes a map node.
 * Selectors combine only with selectors, by `and`, `or` and `not`.
 */
import { arithmetic, unaryArithmetic } from "../atom/arithmetic.js";
import { compareAtoms } from "../atom/compare.js";
import { errors, type Details, type RaspError } from "../diagnostic.js";
import {
  andMap,
  arithmeticMap,
  comparisonMap,
  indicatorMap,
  neverEqualMap,
  notMap,
  orMap,
  ternaryMap,
  unaryMap,
} from "../graph/elementwise.js";
import { constantNode, mapNode, selectorNotNode, selectorPairNode, type SOp } from "../graph/node.js";
import { rasplib } from "../stdlib/rasplib.js";
import type { BinaryOperator, UnaryOperator } from "../syntax/ast.js";
import type { Span } from "../source.js";
import { softBinary } from "./soft.js";
import {
  atomValue,
  describe,
  listValue,
  selectorValue,
  sopValue,
  valuesEqual,
  valueTruth,
  type Value,
} from "./value.js";

type Logical = "and" | "or";
type Ordering = "<" | "<=" | ">" | ">=";

/** The longest list that `+` and `*` make. */
const MAX_LIST = 1 << 20;

/** A value as an s-op; an atom is the same at every position. @throws RaspError of class type for anything else */
export function lift(value: Value, span: Span): SOp {
  if (value.kind === "s-op") return value.node;
  if (value.kind === "atom") return constantNode(value.atom, span);
  throw errors.wrongKind(`an s-op or an atom is needed here, not ${describe(value)}`, {
    ...(value.kind === "selector"
      ? {
          suggestion: `a selector becomes an s-op by selector_width(${value.node.name ?? "full_s"}), or by aggregate(${value.node.name ?? "full_s"}, indices)`,
        }
      : {}),
    ...madeHere(value),
  });
}

/** Where a named s-op or selector was made, as a note. */
function madeHere(value: Value): Details {
  if (value.kind !== "s-op" && value.kind !== "selector") return {};
  const { name, span } = value.node;
  return name === undefined || !span || span.source === rasplib
    ? {}
    : { notes: [{ message: `"${name}" is made here`, span }] };
}

/** `left op right`. */
export function binary(op: BinaryOperator, left: Value, right: Value, span: Span): Value {
  if (op === "and" || op === "or") return logical(op, left, right, span);
  const soft = softBinary(op, left, right, span);
  if (soft) return soft;
  if (left.kind === "selector" || right.kind === "selector") {
    throw errors.selectorOperand(`"${op}" does not work on selectors`, {
      suggestion: "selectors combine with and, or, not; aggregate makes an s-op of one",
      ...madeHere(left.kind === "selector" ? left : right),
    });
  }
  if (left.kind === "s-op" || right.kind === "s-op") return elementwise(op, left, right, span);
  if (op === "==") return atomValue(valuesEqual(left, right));
  if (left.kind === "atom" && right.kind === "atom") {
    return atomValue(isOrdering(op) ? compareAtoms(op, left.atom, right.atom) : arithmetic(op, left.atom, right.atom));
  }
  if (isOrdering(op)) return atomValue(compareLists(op, left, right));
  return listArithmetic(op, left, right);
}

const isOrdering = (op: BinaryOperator): op is Ordering => op === "<" || op === "<=" || op === ">" || op === ">=";

function logical(op: Logical, left: Value, right: Value, span: Span): Value {
  const kinds = [left.kind, right.kind];
  if (kinds.includes("selector")) {
    if (left.kind !== "selector" || right.kind !== "selector") {
      throw errors.selectorOperand(`"${op}" combines a selector only with another selector`, {
        suggestion: "select(s-op, True, ==) makes a selector of an s-op of bools",
        ...madeHere(left.kind === "selector" ? left : right),
      });
    }
    return selectorValue(selectorPairNode(op, left.node, right.node, span));
  }
  if (kinds.includes("s-op")) {
    return sopValue(mapNode(op === "and" ? andMap : orMap, [lift(left, span), lift(right, span)], span));
  }
  return valueTruth(left) === (op === "and") ? right : left;
}

function elementwise(op: Exclude<BinaryOperator, Logical>, left: Value, right: Value, span: Span): Value {
  const liftable = (value: Value): boolean => value.kind === "s-op" || value.kind === "atom";
  if (op === "==" && !(liftable(left) && liftable(right))) {
    const sop = left.kind === "s-op" ? left.node : lift(right, span);
    return sopValue(mapNode(neverEqualMap, [sop], span));
  }
  const fn = op === "==" || isOrdering(op) ? comparisonMap(op) : arithmeticMap(op);
  return sopValue(mapNode(fn, [lift(left, span), lift(right, span)], span));
}

const unfit = (op: string, left: Value, right: Value): RaspError =>
  errors.operandType(`"${op}" does not work between ${describe(left)} and ${describe(right)}`, {
    ...(left.kind === "applied" || right.kind === "applied"
      ? { suggestion: `compute first, then apply: (s ${op} t)(input)` }
      : isOrdering(op as BinaryOperator) && (left.kind === "s-op" || right.kind === "s-op")
        ? { suggestion: `lists that hold s-ops have no order; compare the s-ops: s ${op} t` }
        : {}),
  });

/** Python's order of lists: the first items that differ decide, otherwise the lengths. */
function compareLists(op: Ordering, left: Value, right: Value): boolean {
  if (left.kind === "atom" && right.kind === "atom") return compareAtoms(op, left.atom, right.atom);
  if (left.kind !== "list" || right.kind !== "list") throw unfit(op, left, right);
  const differing = left.items.findIndex((item, i) => i >= right.items.length || !valuesEqual(item, right.items[i]!));
  const [a, b] = [left.items[differing], right.items[differing]];
  if (a && b) return compareLists(op, a, b);
  return compareAtoms(op, BigInt(left.items.length), BigInt(right.items.length));
}

function listArithmetic(op: string, left: Value, right: Value): Value {
  if (op === "+" && left.kind === "list" && right.kind === "list") {
    const length = left.items.length + right.items.length;
    if (length > MAX_LIST) throw errors.overflow(`lists of ${length} items together are too long`);
    return listValue(left.items.concat(right.items));
  }
  if (op === "*") {
    const [list, times] = left.kind === "list" ? [left, right] : [right, left];
    if (
      list.kind === "list" &&
      times.kind === "atom" &&
      (typeof times.atom === "bigint" || typeof times.atom === "boolean")
    ) {
      const count = Math.max(0, Number(times.atom));
      if (list.items.length * count > MAX_LIST) throw errors.overflow(`a list repeated ${count} times is too long`);
      return listValue(Array.from({ length: count }, () => list.items).flat());
    }
  }
  throw unfit(op, left, right);
}

/** `op operand`. */
export function unary(op: UnaryOperator, operand: Value, span: Span): Value {
  if (op === "indicator") {
    if (operand.kind === "s-op") return sopValue(mapNode(indicatorMap, [operand.node], span));
    throw errors.wrongKind(`indicator works on an s-op, not on ${describe(operand)}`, {
      suggestion: "write 1 if condition else 0 for an atom",
    });
  }
  if (op === "not") {
    if (operand.kind === "s-op") return sopValue(mapNode(notMap, [operand.node], span));
    if (operand.kind === "selector") return selectorValue(selectorNotNode(operand.node, span));
    return atomValue(!valueTruth(operand));
  }
  if (operand.kind === "s-op") return sopValue(mapNode(unaryMap(op), [operand.node], span));
  if (operand.kind === "atom") return atomValue(unaryArithmetic(op, operand.atom));
  if (op === "-" && (operand.kind === "vector" || operand.kind === "score")) {
    return softBinary("*", atomValue(-1n), operand, span)!;
  }
  throw errors.operandType(`"${op}" does not work on ${describe(operand)}`);
}

/** `then if condition else otherwise` where the condition is an s-op. Both branches have been evaluated. */
export function liftedTernary(condition: Value, then: Value, otherwise: Value, span: Span): Value {
  return sopValue(mapNode(ternaryMap, [lift(condition, span), lift(then, span), lift(otherwise, span)], span));
}

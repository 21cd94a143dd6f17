/** `select` and `aggregate` on values. */
import { errors } from "../diagnostic.js";
import { aggregateNode, selectNode } from "../graph/node.js";
import { textOf, type Span } from "../source.js";
import type { Expression } from "../syntax/ast.js";
import { lift } from "./operators.js";
import { atomValue, describe, selectorValue, sopValue, type Value } from "./value.js";

type Select = Expression & { kind: "select" };
type Aggregate = Expression & { kind: "aggregate" };

/** `select(keys, queries, op)`. */
export const select = (keys: Value, queries: Value, op: Select["op"], span: Span): Value =>
  selectorValue(selectNode(lift(keys, span), lift(queries, span), op, span));

/** `aggregate(selector, value, default)`. @throws RaspError of class type */
export function aggregate(
  expression: Aggregate,
  selector: Value,
  value: Value,
  otherwise: Value = atomValue(0n),
  span: Span,
): Value {
  if (selector.kind !== "selector") {
    throw errors.wrongKind(`aggregate needs a selector first, not ${describe(selector)}`, {
      suggestion:
        value.kind === "selector"
          ? `the selector comes first: ${swapped(expression)}`
          : "aggregate(select(keys,queries,==), values)",
    });
  }
  const values = lift(value, span);
  if (otherwise.kind === "s-op" || otherwise.kind === "selector") {
    throw errors.wrongKind(`the default of aggregate is an atom, not ${describe(otherwise)}`);
  }
  // A default of another kind matters only to a row that needs it.
  const node =
    otherwise.kind === "atom"
      ? aggregateNode(selector.node, values, otherwise.atom, span)
      : aggregateNode(selector.node, values, 0n, span, describe(otherwise));
  return sopValue(node);
}

/** An `aggregate` with its first two arguments in the other order. */
const swapped = ({ selector, value }: Aggregate): string =>
  `aggregate(${textOf(value.span)}, ${textOf(selector.span)})`;

/** Calls of library functions: the text of the call, and the nodes that it makes. */
import * as combinators from "../../../language/combinators.js";
import type { SOp } from "../../../language/graph/node.js";
import { named, type Expression } from "../expressions/expression.js";
import { everything, type NamedSelector } from "./selector.js";

/** How many keys a selector selects. */
export function selectorWidth({ selector, text }: NamedSelector): Expression {
  if (text === everything.text) return named(combinators.length, "length");
  return named(combinators.selectorWidth(selector), `selector_width(${text})`);
}

/** Whether a selector selects any key. */
export const has = ({ selector, text }: NamedSelector): Expression =>
  named(combinators.gt(combinators.aggregate(selector, 1), 0) as SOp, `has_focus(${text})`);

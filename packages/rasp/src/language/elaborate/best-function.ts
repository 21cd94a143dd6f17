/** `best(selector, score)` as a function of the library. */
import { errors } from "../diagnostic.js";
import { bestNode } from "../graph/node.js";
import { nativeFunction } from "./native-function.js";
import { lift } from "./operators.js";
import type { Scope } from "./scope.js";
import { describe, selectorValue, type FunctionValue } from "./value.js";

/** The function, for the scope of the library. */
export const bestFunction = (scope: Scope): FunctionValue =>
  nativeFunction(scope, "best(sel, score)", ([selector, score], span) => {
    if (selector!.kind !== "selector") {
      throw errors.wrongKind(`best chooses from what a selector selects, not from ${describe(selector!)}`, {
        suggestion: "best(select(keys,queries,==), score)",
      });
    }
    return selectorValue(bestNode(selector!.node, lift(score!, span), span));
  });

/**
 * `best(selector, score)`: a function of the library that RASP text cannot define. It is no keyword and no protected name: programs
 * that have a function or variable `best` of their own keep it.
 */
import { errors } from "../diagnostic.js";
import { bestNode } from "../graph/node.js";
import type { Name } from "../syntax/ast.js";
import type { Source } from "../source.js";
import { lift } from "./operators.js";
import type { Scope } from "./scope.js";
import { describe, selectorValue, type FunctionValue } from "./value.js";

const signature: Source = { file: "<rasplib>", text: "best(sel, score)" };
const nameAt = (text: string): Name => {
  const start = signature.text.indexOf(text);
  return { text, span: { source: signature, start, end: start + text.length } };
};

/** The function, for the scope of the library. */
export const bestFunction = (scope: Scope): FunctionValue => ({
  kind: "function",
  definition: {
    kind: "def",
    span: { source: signature, start: 0, end: signature.text.length },
    name: nameAt("best"),
    parameters: [nameAt("sel"), nameAt("score")],
    body: [],
    result: [],
  },
  scope,
  isLibrary: true,
  native: ([selector, score], span) => {
    if (selector!.kind !== "selector") {
      throw errors.wrongKind(`best chooses from what a selector selects, not from ${describe(selector!)}`, {
        suggestion: "best(select(keys,queries,==), score)",
      });
    }
    return selectorValue(bestNode(selector!.node, lift(score!, span), span));
  },
});

/**
 * Warns where an s-op cannot have one type, and where a comparison can never hold. What a warning says is true on every input: it
 * follows from the types that values can have (`value-types.ts`).
 */
import { truth } from "../atom/arithmetic.js";
import { describeAtom } from "../atom/text.js";
import { warnings, type Diagnostic } from "../diagnostic.js";
import type { AggregateNode, MapNode, Selector, SOp } from "../graph/node.js";
import { neverMix, plural, singular, typeOfAtom, typesOf } from "./value-types.js";

/** The warning about a node that an expression has made, if there is one. */
export function typeWarning(node: SOp | Selector, hasDefault: boolean): Diagnostic | undefined {
  const span = node.span ? { span: node.span } : {};
  if (node.kind === "select") {
    const [keys, queries] = [typesOf(node.keys), typesOf(node.queries)];
    if (!neverMix(keys, queries) || (node.op !== "==" && node.op !== "!=")) return undefined;
    return warnings.neverEqual(
      `${plural(keys)} never equal ${plural(queries)}: this selects ${node.op === "==" ? "nothing" : "everything"}`,
      { ...span, suggestion: READ },
    );
  }
  if (node.kind === "aggregate") return hasDefault ? defaultWarning(node) : undefined;
  if (node.kind !== "map") return undefined;
  const [first = 0, second = 0, third = 0] = node.args.map(typesOf);
  if (node.fn.key === "==" && neverMix(first, second)) {
    return warnings.neverEqual(`${plural(first)} never equal ${plural(second)}: this is False everywhere`, {
      ...span,
      suggestion: READ,
    });
  }
  if (node.fn.key === "or") return trueOperand(node);
  if (node.fn.name !== "if" || !neverMix(second, third)) return undefined;
  return warnings.mixedTypes(
    `one branch gives ${plural(second)}, the other ${plural(third)}: on an input where both occur this s-op has no value`,
    { ...span, suggestion: "give both branches one type" },
  );
}

/** `tokens == "a" or "b"`: a string that is not empty counts as True, and so does a number that is not 0. */
function trueOperand({ args, span }: MapNode): Diagnostic | undefined {
  const atom = args.flatMap((arg) => (arg.kind === "constant" && typeof arg.value !== "boolean" ? [arg.value] : []))[0];
  if (atom === undefined || atom === null || !truth(atom)) return undefined;
  return warnings.alwaysTrue(`${describeAtom(atom)} alone counts as True: this is True everywhere`, {
    ...(span ? { span } : {}),
    suggestion: 'compare each: tokens == "a" or tokens == "b"; or list them: tokens in ["a", "b"]',
  });
}

const READ = 'tokens_int reads numbers from tokens; the string "1" is not a number';

function defaultWarning({ value, default: otherwise, span }: AggregateNode): Diagnostic | undefined {
  const [values, instead] = [typesOf(value), typeOfAtom(otherwise)];
  if (!neverMix(values, instead)) return undefined;
  return warnings.mixedTypes(
    `the values are ${plural(values)}, the default is of type ${singular(instead)}: where only some rows select, this s-op has no value`,
    { ...(span ? { span } : {}), suggestion: `give a default of type ${singular(values)}` },
  );
}

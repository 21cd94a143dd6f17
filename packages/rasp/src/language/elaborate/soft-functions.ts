/** The functions of the library for scores and vectors. */
import { errors } from "../diagnostic.js";
import { readNode } from "../graph/node.js";
import type { Span } from "../source.js";
import type { Attached } from "../tables.js";
import { nativeFunction, type Native } from "./native-function.js";
import type { Scope } from "./scope.js";
import { asScore, asTable, asVector, asWeights, numberOf, scoreValue, vectorValue, wrongKind } from "./soft.js";
import { sopValue, type FunctionValue, type Value } from "./value.js";

const numberArgument = (value: Value, span: Span): number => {
  const number = numberOf(value);
  if (number === undefined) throw wrongKind("a number", value, span);
  return number;
};

const nameArgument = (value: Value, span: Span): string => {
  if (value.kind === "atom" && typeof value.atom === "string") return value.atom;
  throw wrongKind("the name of attached weights", value, span);
};

/** What is attached under a name, in one of the program's tables. @throws RaspError of class type or undefined */
function attached<T>(value: Value, found: ReadonlyMap<string, T>, tables: Attached, span: Span): T {
  const name = nameArgument(value, span);
  if (found.has(name)) return found.get(name)!;
  const known = [...tables.tables.keys(), ...tables.opaque.keys()];
  throw errors.undefinedName(`no weights "${name}" are attached to this program`, {
    span,
    suggestion:
      known.length > 0
        ? `attached are ${known.slice(0, 8).join(", ")}`
        : "weights are attached by a safetensors file beside the program",
  });
}

/** By signature. */
const FUNCTIONS: Readonly<Record<string, Native>> = {
  "attend(scores, values)": ([scores, values], span) => {
    const pattern = scores!.kind === "selector" ? scores!.node : asScore(scores!, span);
    return vectorValue({ span, kind: "attend", pattern, of: asVector(values!, span) });
  },
  "score(queries, keys, table)": ([queries, keys, table], span) =>
    scoreValue({
      span,
      kind: "match",
      queries: asVector(queries!, span),
      keys: asVector(keys!, span),
      table: asTable(table!, span),
    }),
  "dot(queries, keys)": ([queries, keys], span) =>
    scoreValue({
      span,
      kind: "match",
      queries: asVector(queries!, span),
      keys: asVector(keys!, span),
      table: undefined,
    }),
  "selected(selector)": ([selector], span) => scoreValue(asScore(selector!, span)),
  "key_score(keys, weights)": ([keys, weights], span) => {
    const found = asWeights(weights!);
    if (!found) throw wrongKind("a dict of numbers", weights!, span);
    return scoreValue({ span, kind: "key", keys: asVector(keys!, span), weights: found });
  },
  "project(values, table)": ([values, table], span) =>
    vectorValue({ span, kind: "project", of: asVector(values!, span), table: asTable(table!, span) }),
  "layer_norm(values)": ([values], span) => vectorValue({ span, kind: "layer-norm", of: asVector(values!, span) }),
  "sharpen(values, power)": ([values, power], span) =>
    vectorValue({ span, kind: "sharpen", of: asVector(values!, span), power: numberArgument(power!, span) }),
  "combine(left, right)": ([left, right], span) =>
    vectorValue({ span, kind: "combine", left: asVector(left!, span), right: asVector(right!, span) }),
  "argmax(values)": ([values], span) => sopValue(readNode(asVector(values!, span), undefined, span)),
  "table(name)": ([name], span, tables) => ({
    kind: "table",
    node: attached(name!, tables.tables, tables, span),
  }),
  "opaque(values, name)": ([values, name], span, tables) => {
    const weights = attached(name!, tables.opaque, tables, span);
    return vectorValue({
      span,
      kind: "opaque",
      of: asVector(values!, span),
      weights,
      label: nameArgument(name!, span),
    });
  },
};

/** The names of the functions. */
export const SOFT_NAMES: readonly string[] = Object.keys(FUNCTIONS).map((signature) => signature.split("(")[0]!);

/** The functions, for the scope of the library. */
export const softFunctions = (scope: Scope): readonly FunctionValue[] =>
  Object.entries(FUNCTIONS).map(([signature, native]) => nativeFunction(scope, signature, native));

/**
 * Infers from the graph whether an s-op holds strings, bools or numbers on every input. Warns where it cannot have one type, and where
 * a comparison can never hold. Such a program may run on some inputs, which is why these are warnings.
 */
import { warnings, type Diagnostic } from "../diagnostic.js";
import type { AggregateNode, Atom, MapNode, Selector, SOp } from "../graph/node.js";

/** `undefined` if it depends on the input or is not known. */
type Type = "string" | "bool" | "number" | undefined;

const types = new WeakMap<SOp, Type>();

/** Not deeply recursive: the types of operands are known before the nodes that read them are made. */
function typeOf(node: SOp): Type {
  if (!types.has(node)) types.set(node, infer(node));
  return types.get(node);
}

const typeOfAtom = (atom: Atom): Type =>
  typeof atom === "string" ? "string" : typeof atom === "boolean" ? "bool" : "number";

function infer(node: SOp): Type {
  switch (node.kind) {
    case "tokens":
      return ({ str: "string", int: "number", float: "number", bool: "bool", asis: undefined } as const)[
        node.conversion
      ];
    case "indices":
    case "positions":
      return "number";
    case "read":
      return node.component === undefined ? undefined : "number";
    case "constant":
      return typeOfAtom(node.value);
    case "map":
      return inferMap(node);
    case "aggregate":
      return typeOf(node.value);
  }
}

function inferMap({ fn, args }: MapNode): Type {
  const operands = args.map(typeOf);
  switch (fn.name) {
    case "-":
    case "/":
    case "%":
    case "^":
    case "round":
    case "indicator":
      return "number";
    case "+":
    case "*":
      return operands.includes("string") ? "string" : operands.includes(undefined) ? undefined : "number";
    case "if":
      return join(operands[1], operands[2]);
    case "[]":
      return undefined;
    default:
      return "bool";
  }
}

/** The type of a sequence that holds both: bools mix with numbers, strings only with strings. */
const join = (a: Type, b: Type): Type => (a === b ? a : mix(a, b) || !a || !b ? undefined : "number");
const mix = (a: Type, b: Type): boolean => a !== undefined && b !== undefined && (a === "string") !== (b === "string");

const plural = (type: Type): string => `${String(type)}s`;

/** The warning about a node that an expression has made, if there is one. */
export function typeWarning(node: SOp | Selector, hasDefault: boolean): Diagnostic | undefined {
  const span = node.span ? { span: node.span } : {};
  if (node.kind === "select") {
    const [keys, queries] = [typeOf(node.keys), typeOf(node.queries)];
    if (!mix(keys, queries) || (node.op !== "==" && node.op !== "!=")) return undefined;
    return warnings.neverEqual(
      `${plural(keys)} never equal ${plural(queries)}: this selects ${node.op === "==" ? "nothing" : "everything"}`,
      { ...span, suggestion: READ },
    );
  }
  if (node.kind === "aggregate") return hasDefault ? defaultWarning(node) : undefined;
  if (node.kind !== "map") return undefined;
  const [first, second, third] = node.args.map(typeOf);
  if (node.fn.name === "==" && mix(first, second)) {
    return warnings.neverEqual(`${plural(first)} never equal ${plural(second)}: this is False everywhere`, {
      ...span,
      suggestion: READ,
    });
  }
  if (node.fn.name !== "if" || !mix(second, third)) return undefined;
  return warnings.mixedTypes(
    `one branch gives ${plural(second)}, the other ${plural(third)}: on an input where both occur this s-op has no value`,
    { ...span, suggestion: "give both branches one type" },
  );
}

const READ = 'tokens_int reads numbers from tokens; the string "1" is not a number';

function defaultWarning({ value, default: otherwise, span }: AggregateNode): Diagnostic | undefined {
  const [values, instead] = [typeOf(value), typeOfAtom(otherwise)];
  if (!mix(values, instead)) return undefined;
  return warnings.mixedTypes(
    `the values are ${plural(values)}, the default is of type ${String(instead)}: where only some rows select, this s-op has no value`,
    { ...(span ? { span } : {}), suggestion: `give a default of type ${String(values)}` },
  );
}

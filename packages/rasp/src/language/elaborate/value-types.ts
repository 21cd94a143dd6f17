/**
 * Which types the values of an s-op can have, on any input. Never too few, so that what follows from the absence of a type is proved;
 * possibly too many. A type is a bit, a set of types a number.
 */
import { compareAtoms } from "../atom/compare.js";
import { computeAfter } from "../maps.js";
import type { AggregateNode, Atom, Container, MapNode, Selector, SOp } from "../graph/node.js";

/** A set of types. */
export type Types = number;

const [STRING, BOOL, NUMBER, NULL] = [1, 2, 4, 8];
const ANY = STRING | BOOL | NUMBER | NULL;

const known = new WeakMap<SOp, Types>();

export const typesOf = (node: SOp): Types => known.get(node) ?? computeAfter(node, known, read, infer);

/** The s-ops on whose types those of a node depend. */
function read(node: SOp): readonly SOp[] {
  switch (node.kind) {
    case "map":
      return node.args;
    case "aggregate":
      return [node.value];
    case "state":
      return [node.init];
    case "final":
      return [node.loop.states[node.index]!];
    default:
      return [];
  }
}

export const typeOfAtom = (atom: Atom): Types =>
  atom === null ? NULL : typeof atom === "string" ? STRING : typeof atom === "boolean" ? BOOL : NUMBER;

const CONVERTED = { str: STRING, int: NUMBER, float: NUMBER, bool: BOOL, asis: ANY } as const;

function infer(node: SOp): Types {
  switch (node.kind) {
    case "tokens":
      return CONVERTED[node.conversion];
    case "indices":
    case "positions":
      return NUMBER;
    case "read":
      return node.component === undefined ? ANY : NUMBER;
    case "constant":
      return typeOfAtom(node.value);
    case "map":
      return ofMap(node);
    case "aggregate":
      return ofAggregate(node);
    case "state":
      return typesOf(node.init);
    case "final":
      // A step never changes the type of a state.
      return typesOf(node.loop.states[node.index]!);
  }
}

/** Means are numbers, and only numbers have one. A row that selects nothing has the default. */
function ofAggregate({ selector, value, default: otherwise, noDefault }: AggregateNode): Types {
  const isTaken = noDefault === undefined && !selectsInEveryRow(selector);
  return typesOf(value) | (isTaken ? typeOfAtom(otherwise) : 0);
}

const everyRow = new WeakMap<Selector, boolean>();

/** Whether a selector is seen to select a position in every row. */
const selectsInEveryRow = (selector: Selector): boolean =>
  computeAfter(selector, everyRow, decidedBy, (node) => {
    const parts = decidedBy(node);
    return parts.length > 0 ? parts.some((part) => everyRow.get(part)!) : comparesEveryRow(node);
  });

/** The selectors of which one that selects in every row is enough. */
const decidedBy = (node: Selector): readonly Selector[] =>
  node.kind === "or" ? [node.left, node.right] : node.kind === "best" ? [node.selector] : [];

function comparesEveryRow(node: Selector): boolean {
  if (node.kind !== "select") return false;
  const { keys, queries, op } = node;
  if (keys === queries) return op === "==" || op === "<=" || op === ">=";
  if (queries.kind !== "constant") return false;
  // Every input has a position 0.
  const first = keys.kind === "constant" ? keys.value : keys.kind === "indices" ? 0n : undefined;
  return first !== undefined && holds(op, first, queries.value);
}

function holds(op: Parameters<typeof compareAtoms>[0], a: Atom, b: Atom): boolean {
  try {
    return compareAtoms(op, a, b);
  } catch {
    // Strings and numbers have no order: the selector has no value, on any input.
    return false;
  }
}

/** The functions of the language; one from TypeScript can give anything. */
function ofMap({ fn, args }: MapNode): Types {
  const operands = args.map(typesOf);
  const all = operands.reduce((union, types) => union | types, 0);
  // Only a ternary keeps null from its other operands.
  const nulls = fn.name === "if" ? 0 : all & NULL;
  switch (fn.key) {
    case "-":
    case "/":
    case "%":
    case "^":
    case "round":
    case "indicator":
      return NUMBER | nulls;
    case "+":
    case "*":
      return (all & STRING) | (operands.every((types) => types & (BOOL | NUMBER)) ? NUMBER : 0) | nulls;
    case "if":
      return operands[1]! | operands[2]! | (operands[0]! & NULL);
    case "and":
    case "or":
    case "not":
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return BOOL | nulls;
  }
  return fn.container ? ofLookUp(fn.name, fn.container) | nulls : ANY;
}

function ofLookUp(name: string, container: Container): Types {
  if (name !== "[]") return BOOL | NUMBER;
  const items = container.kind === "dict" ? [...container.entries.values()] : container.items;
  return items.reduce<Types>((union, item) => union | (item === undefined ? 0 : typeOfAtom(item)), 0);
}

/** Whether no value can have a type of both sets. */
export const areApart = (a: Types, b: Types): boolean => (a & b) === 0;

/** Whether a value can be a bool. */
export const mayBeBool = (types: Types): boolean => (types & BOOL) !== 0;

/** Whether one of two values is surely a string and the other surely none: they are never equal, and no s-op can hold both. */
export const neverMix = (a: Types, b: Types): boolean => isStrings(a, b) || isStrings(b, a);
const isStrings = (a: Types, b: Types): boolean => a === STRING && b !== 0 && (b & (STRING | NULL)) === 0;

const NAMES = [
  [STRING, "string"],
  [BOOL, "bool"],
  [NUMBER, "number"],
] as const;

const named = (types: Types): readonly string[] => NAMES.filter(([bit]) => types & bit).map(([, name]) => name);

/** Such as "number", "bool or number". */
export const singular = (types: Types): string => named(types).join(" or ");

/** Such as "numbers", "bools or numbers". */
export const plural = (types: Types): string =>
  named(types)
    .map((name) => `${name}s`)
    .join(" or ");

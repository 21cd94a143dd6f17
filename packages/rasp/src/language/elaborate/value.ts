/**
 * The values of expressions while a program is elaborated: s-ops and selectors are graph nodes, the rest is plain data. A function
 * holds the scope that defines it and a scope holds values, so this file and `scope.ts` import each other's types.
 */
import { atomKey, atomsEqual } from "../atom/compare.js";
import { truth } from "../atom/arithmetic.js";
import { atomSize } from "../atom/size.js";
import { describeAtom } from "../atom/text.js";
import type { Atom, Selector, SOp } from "../graph/node.js";
import type { Score, Vector } from "../graph/soft.js";
import type { Matrix } from "../interpret/matrix.js";
import type { Definition } from "../syntax/ast.js";
import type { Span } from "../source.js";
import type { Attached, AttachedTable } from "../tables.js";
import type { Scope } from "./scope.js";

/** An int, float, bool or string. */
export interface AtomValue {
  readonly kind: "atom";
  readonly atom: Atom;
}

/** A list, of values of any kind. */
export interface ListValue {
  readonly kind: "list";
  readonly items: readonly Value[];
  /** How many atoms the budget counts: one for the list, and those of its items. */
  readonly size: number;
}

/** Keyed by `atomKey`: 1, 1.0 and True are one key, of which the first spelling is kept, as in Python. */
export interface DictValue {
  readonly kind: "dict";
  readonly entries: ReadonlyMap<string, { readonly key: Atom; readonly value: Value }>;
  /** How many atoms the budget counts, as for a list. */
  readonly size: number;
}

/** A function, closed over the scope that defines it. */
export interface FunctionValue {
  readonly kind: "function";
  readonly definition: Definition;
  /** @internal */
  readonly scope: Scope;
  /** Errors inside a library function get the place of the user's call. */
  readonly isLibrary: boolean;
  /**
   * Computes the result instead of a body, for functions that RASP text cannot define.
   * @internal
   */
  readonly native?: (args: readonly Value[], span: Span, tables: Attached) => Value;
}

/** An s-op of the graph. */
export interface SOpValue {
  readonly kind: "s-op";
  readonly node: SOp;
}

/** A selector of the graph. */
export interface SelectorValue {
  readonly kind: "selector";
  readonly node: Selector;
}

/** A score of the soft graph. */
export interface ScoreValue {
  readonly kind: "score";
  readonly node: Score;
}

/** A vector of the soft graph. */
export interface VectorValue {
  readonly kind: "vector";
  readonly node: Vector;
}

/** A table that is attached to the program. */
export interface TableValue {
  readonly kind: "table";
  readonly node: AttachedTable;
}

/** The result of `sop(input)`. It can be shown, but not computed with. */
export interface AppliedValue {
  readonly kind: "applied";
  readonly input: readonly Atom[];
  readonly result: readonly Atom[] | Matrix;
  readonly of: SOp | Selector;
}

/** The value of an expression. */
export type Value =
  | AtomValue
  | ListValue
  | DictValue
  | FunctionValue
  | SOpValue
  | SelectorValue
  | ScoreValue
  | VectorValue
  | TableValue
  | AppliedValue;

export const atomValue = (atom: Atom): AtomValue => ({ kind: "atom", atom });
export const listValue = (items: readonly Value[]): ListValue => ({
  kind: "list",
  items,
  size: items.reduce((sum, item) => sum + sizeOf(item), 1),
});
export const sopValue = (node: SOp): SOpValue => ({ kind: "s-op", node });
export const selectorValue = (node: Selector): SelectorValue => ({ kind: "selector", node });

export function dictValue(pairs: Iterable<readonly [Atom, Value]>): DictValue {
  const entries = new Map<string, { key: Atom; value: Value }>();
  for (const [key, value] of pairs) {
    const id = atomKey(key);
    entries.set(id, { key: entries.get(id)?.key ?? key, value });
  }
  const size = [...entries.values()].reduce((sum, entry) => sum + atomSize(entry.key) + sizeOf(entry.value), 1);
  return { kind: "dict", entries, size };
}

/** What a value counts in the budget. */
export function sizeOf(value: Value): number {
  if (value.kind === "atom") return atomSize(value.atom);
  return value.kind === "list" || value.kind === "dict" ? value.size : 1;
}

/** Python's truth of a value. */
export function valueTruth(value: Value): boolean {
  switch (value.kind) {
    case "atom":
      return truth(value.atom);
    case "list":
      return value.items.length > 0;
    case "dict":
      return value.entries.size > 0;
    default:
      return true;
  }
}

/** Python's `==` of two values; s-ops, selectors and functions inside lists are equal only to themselves. */
export function valuesEqual(a: Value, b: Value): boolean {
  if (a.kind === "atom" && b.kind === "atom") return atomsEqual(a.atom, b.atom);
  if (a.kind === "list" && b.kind === "list") {
    return a.items.length === b.items.length && a.items.every((item, i) => valuesEqual(item, b.items[i]!));
  }
  if (a.kind === "dict" && b.kind === "dict") {
    const other = b.entries;
    return (
      a.entries.size === other.size &&
      [...a.entries].every(([id, { value }]) => other.has(id) && valuesEqual(value, other.get(id)!.value))
    );
  }
  if ((a.kind === "s-op" || a.kind === "selector") && a.kind === b.kind) return a.node === b.node;
  return a === b;
}

/** A short description of a value, for messages. */
export function describe(value: Value): string {
  switch (value.kind) {
    case "atom":
      return describeAtom(value.atom);
    case "list":
      return value.size > 12 ? "a list" : `[${value.items.map(describe).join(", ")}]`;
    case "dict":
      return "a dict";
    case "function":
      return `the function "${value.definition.name.text}"`;
    case "applied":
      return "the result of an application";
    default:
      return value.node.name === undefined ? `this ${value.kind}` : `the ${value.kind} "${value.node.name}"`;
  }
}

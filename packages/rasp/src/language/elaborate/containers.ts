/** Lists, dicts, strings and s-ops as containers: `in`, indexing, iteration, and which values can be inputs. */
import { atomsEqual, atomKey } from "../atom/compare.js";
import { errors } from "../diagnostic.js";
import {
  arithmeticMap,
  comparisonMap,
  equalsMap,
  listIndex,
  lookUpDictMap,
  lookUpListMap,
  memberMap,
} from "../graph/elementwise.js";
import {
  aggregateNode,
  constantNode,
  mapNode,
  selectNode,
  type Atom,
  type SelectNode,
  type SOp,
} from "../graph/node.js";
import { nonEmpty } from "../interpret/tokens.js";
import type { Name } from "../syntax/ast.js";
import { textOf, type Span } from "../source.js";
import type { Scope } from "./scope.js";
import { component } from "./soft.js";
import { atomValue, describe, sopValue, type DictValue, type SOpValue, type Value } from "./value.js";

/**
 * The selector of every `atom in s-op`. It is one object, so all of them share a head in each layer, as in the original. The
 * library's `full_s` is another object.
 */
let everything: SelectNode | undefined;
const selectEverything = (): SelectNode => (everything ??= selectNode(constantNode(1n), constantNode(1n), "=="));

/** `item in container`. */
export function contains(item: Value, container: Value, span: Span): Value {
  if (item.kind === "s-op") {
    const atoms =
      container.kind === "list"
        ? container.items.map((value) => (value.kind === "atom" ? value.atom : undefined))
        : [undefined];
    if (atoms.includes(undefined)) {
      throw errors.wrongKind(`"in" finds the values of an s-op in a list of values, not in ${describe(container)}`, {
        suggestion: 'list the values: tokens in ["a", "b"]',
      });
    }
    return sopValue(mapNode(memberMap(atoms as Atom[]), [item.node], span));
  }
  if (item.kind !== "atom") throw errors.wrongKind(`"in" looks for an atom or an s-op, not for ${describe(item)}`);
  if (container.kind === "list") {
    if (container.items.some((value) => value.kind === "s-op" || value.kind === "selector")) {
      throw errors.wrongKind('"in" cannot look for an atom in a list of s-ops', {
        suggestion: "ask each s-op: a in s1 or a in s2",
      });
    }
    return atomValue(container.items.some((value) => value.kind === "atom" && atomsEqual(value.atom, item.atom)));
  }
  if (container.kind === "s-op") {
    const found = mapNode(equalsMap(item.atom), [container.node], span);
    const share = aggregateNode(selectEverything(), found, 0n, span);
    return sopValue(mapNode(comparisonMap(">"), [share, constantNode(0n, span)], span));
  }
  throw errors.wrongKind(`"atom in" needs a list or an s-op, not ${describe(container)}`);
}

/** `target[index]`. */
export function elementAt(target: Value, index: Value, library: Scope, span: Span): Value {
  switch (target.kind) {
    case "s-op":
      return sopValue(atPosition(target.node, index, library, span));
    case "vector":
      if (index.kind !== "atom") throw errors.wrongKind(`a vector is indexed by an atom, not by ${describe(index)}`);
      return component(target.node, index.atom, span);
    case "dict":
      return inDict(target, index, span);
    case "list":
      return inList("list", target.items, index, span);
    case "atom":
      if (typeof target.atom === "string") return inList("string", [...target.atom].map(atomValue), index, span);
  }
  throw errors.wrongKind(`only a list, a dict, a string or an s-op can be indexed, not ${describe(target)}`, {
    ...(target.kind === "applied" ? { suggestion: "index first, then apply: (s[0])(input)" } : {}),
  });
}

/** `s[i]` as what it is meant as; the expression of a library call is none. */
function gathered(span: Span): string {
  const [, target, index] = /^(\w+)\[([^[\]]+)\]$/.exec(textOf(span)) ?? [];
  return `aggregate(select(indices, ${index ?? "length - 1"}, ==), ${target ?? "tokens"})`;
}

/** `s-op[int]`: the value at that position, at every position; 0 where there is no such position. */
function atPosition(sop: SOp, index: Value, library: Scope, span: Span): SOp {
  if (index.kind !== "atom" || !(typeof index.atom === "bigint" || typeof index.atom === "boolean")) {
    throw errors.badIndex(`the index into an s-op must be an int, not ${describe(index)}`, {
      suggestion: `positions that an s-op gives are gathered: ${gathered(span)}`,
    });
  }
  const offset = constantNode(index.atom, span);
  const fromEnd = BigInt(index.atom) < 0n;
  const position = fromEnd ? mapNode(arithmeticMap("+"), [ofLibrary(library, "length"), offset], span) : offset;
  return aggregateNode(selectNode(ofLibrary(library, "indices"), position, "==", span), sop, 0n, span);
}

/** The library's s-op, also where the program has set the name to something else. */
const ofLibrary = (library: Scope, name: "indices" | "length"): SOp => (library.find(name) as SOpValue).node;

const atomOf = (value: Value): Atom | undefined => (value.kind === "atom" ? value.atom : undefined);

function inDict(dict: DictValue, index: Value, span: Span): Value {
  if (index.kind === "s-op") {
    const values = new Map([...dict.entries].map(([id, entry]) => [id, atomOf(entry.value)]));
    return sopValue(mapNode(lookUpDictMap(values), [index.node], span));
  }
  if (index.kind !== "atom") throw errors.operandType(`the key of a dict must be an atom, not ${describe(index)}`);
  const entry = dict.entries.get(atomKey(index.atom));
  if (!entry) throw errors.missingKey(`${describe(index)} is not a key of this dict`);
  return entry.value;
}

function inList(kind: "list" | "string", items: readonly Value[], index: Value, span: Span): Value {
  if (index.kind === "s-op") return sopValue(mapNode(lookUpListMap(kind, items.map(atomOf)), [index.node], span));
  if (index.kind !== "atom") throw errors.operandType(`the index of a ${kind} must be an int, not ${describe(index)}`);
  return items[listIndex(kind, items.length, index.atom)]!;
}

/** The values that a loop or comprehension runs over: the items of a list, the keys of a dict. */
export function iterate(value: Value): readonly Value[] {
  if (value.kind === "list") return value.items;
  if (value.kind === "dict") return [...value.entries.values()].map(({ key }) => atomValue(key));
  throw errors.wrongKind(`a loop runs over a list or a dict, not over ${describe(value)}`, {
    suggestion:
      value.kind === "s-op"
        ? "an s-op has a value at every position and needs no loop; a loop has a number of turns: for i in range(10) { i; }"
        : "list the items: for x in [1, 2] { x; }",
  });
}

/** One value for each name; several names unpack a list, a string or the keys of a dict. */
export function unpack(names: readonly Name[], value: Value): readonly Value[] {
  if (names.length === 1) return [value];
  const parts =
    value.kind === "atom" && typeof value.atom === "string"
      ? [...value.atom].map(atomValue)
      : value.kind === "list" || value.kind === "dict"
        ? iterate(value)
        : undefined;
  if (!parts) throw errors.unpack(`${names.length} names need ${names.length} values, not ${describe(value)}`);
  if (parts.length !== names.length) {
    throw errors.unpack(`${names.length} names need ${names.length} values, not ${parts.length}`);
  }
  return parts;
}

/** A value as an input: the characters of a string, a list of atoms, the keys of a dict. @throws RaspError of class type */
export function asInput(value: Value): readonly Atom[] {
  if (value.kind === "atom" && typeof value.atom === "string") return nonEmpty([...value.atom]);
  const atoms = value.kind === "list" || value.kind === "dict" ? iterate(value).map(atomOf) : [undefined];
  if (atoms.includes(undefined)) {
    throw errors.input(`an input is a string or a list of atoms, not ${describe(value)}`, {
      suggestion: 'for example "hello" or [1,2,3]',
    });
  }
  return nonEmpty(atoms as Atom[]);
}

/** The elementwise functions of the language, as the graph's map nodes carry them. */
import { arithmetic, truth, unaryArithmetic, type ArithmeticOperator } from "../atom/arithmetic.js";
import { atomKey, atomsEqual, compareAtoms } from "../atom/compare.js";
import { describeAtom } from "../atom/text.js";
import { errors } from "../diagnostic.js";
import type { Atom, Comparison, Elementwise } from "./node.js";

const plain = (name: string, apply: Elementwise["apply"]): Elementwise => ({ name, key: name, apply });

/** What the function gives: null where an operand is null, unless it is made for that. */
export const applyMap = (fn: Elementwise, args: readonly Atom[]): Atom =>
  args.includes(null) && fn.seesNull !== true ? null : fn.apply(args);

/** An atom with its type, for keys: `1`, `1.0` and `True` differ here. */
const exactKey = (atom: Atom): string => `${typeof atom}:${describeAtom(atom)}`;

/** `a op b` for the arithmetic operators. */
export const arithmeticMap = (op: ArithmeticOperator): Elementwise => plain(op, ([a, b]) => arithmetic(op, a!, b!));

/** `a op b` for the comparisons. */
export const comparisonMap = (op: Comparison): Elementwise => plain(op, ([a, b]) => compareAtoms(op, a!, b!));

export const unaryMap = (op: "-" | "+" | "round"): Elementwise => plain(op, ([a]) => unaryArithmetic(op, a!));

/** Between s-ops the logical operators yield bools; between atoms they yield one of the operands (see `operators.ts`). */
export const andMap = plain("and", ([a, b]) => truth(a!) && truth(b!));
export const orMap = plain("or", ([a, b]) => truth(a!) || truth(b!));
export const notMap = plain("not", ([a]) => !truth(a!));

/** 1 where the operand is true, else 0. */
export const indicatorMap = plain("indicator", ([a]) => (truth(a!) ? 1n : 0n));

/** `then if condition else otherwise`, with the operands in the order (condition, then, otherwise); what is not chosen may be null. */
export const ternaryMap: Elementwise = {
  ...plain("if", ([condition, then, otherwise]) =>
    condition === null ? null : truth(condition!) ? then! : otherwise!,
  ),
  seesNull: true,
};

/** Whether the operand is null. */
export const isNullMap: Elementwise = { ...plain("is null", ([a]) => a === null), seesNull: true };

/** What an s-op is when compared with something that equals no atom, such as a list. */
export const neverEqualMap: Elementwise = {
  name: "==",
  key: "== nothing",
  apply: () => false,
  container: { kind: "list", items: [] },
};

/** 1 where the operand equals the atom: what `atom in s-op` averages. */
export const equalsMap = (atom: Atom): Elementwise => ({
  name: "==",
  key: `1 if == ${exactKey(atom)}`,
  apply: ([a]) => (atomsEqual(a!, atom) ? 1n : 0n),
  container: { kind: "list", items: [atom] },
});

/** Whether the operand is one of the atoms. */
export function memberMap(atoms: readonly Atom[]): Elementwise {
  const keys = new Set(atoms.map(atomKey));
  return {
    name: "in",
    key: `in [${atoms.map(exactKey).join(",")}]`,
    apply: ([a]) => keys.has(atomKey(a!)),
    container: { kind: "list", items: atoms },
  };
}

/** The atom of a list or string at the operand, which counts from the end if negative. Items that are no atoms are `undefined`. */
export function lookUpListMap(kind: "list" | "string", items: readonly (Atom | undefined)[]): Elementwise {
  return {
    name: "[]",
    key: `${kind} [${items.map(looseKey).join(",")}]`,
    apply: ([index]) => items[listIndex(kind, items.length, index!)] ?? notAnAtom(index!),
    container: { kind, items },
  };
}

/** The atom of a dict (by `atomKey`) under the operand. */
export function lookUpDictMap(entries: ReadonlyMap<string, Atom | undefined>): Elementwise {
  return {
    name: "[]",
    key: `dict {${[...entries].map(([id, value]) => `${id}:${looseKey(value)}`).join(",")}}`,
    apply: ([index]) => {
      const id = atomKey(index!);
      if (!entries.has(id)) throw errors.missingKey(`${describeAtom(index!)} is not a key of this dict`);
      return entries.get(id) ?? notAnAtom(index!);
    },
    container: { kind: "dict", entries },
  };
}

const looseKey = (atom: Atom | undefined): string => (atom === undefined ? "-" : exactKey(atom));

const notAnAtom = (index: Atom): never => {
  throw errors.sequenceType(`the value at ${describeAtom(index)} is no atom, so it cannot stand in an s-op`);
};

/** The position that an index means. @throws RaspError of class type or value. */
export function listIndex(kind: "list" | "string", length: number, index: Atom): number {
  if (typeof index !== "bigint" && typeof index !== "boolean") {
    throw errors.operandType(`the index of a ${kind} must be an int, not ${describeAtom(index)}`);
  }
  const at = BigInt(index);
  if (at >= BigInt(length) || -at > BigInt(length)) {
    throw errors.indexRange(`index ${at} is out of range for a ${kind} of length ${length}`);
  }
  return Number(at < 0n ? at + BigInt(length) : at);
}

/** The elementwise functions of the language, as the graph's map nodes carry them. */
import { arithmetic, truth, unaryArithmetic, type ArithmeticOperator } from "../atom/arithmetic.js";
import { atomKey, atomsEqual, compareAtoms } from "../atom/compare.js";
import { describeAtom } from "../atom/text.js";
import { errors } from "../diagnostic.js";
import type { Atom, Comparison, Elementwise } from "./node.js";

const plain = (name: string, apply: Elementwise["apply"]): Elementwise => ({ name, key: name, apply });

/** The value of a function: null where an operand is null, unless the function handles null. */
export const applyMap = (fn: Elementwise, args: readonly Atom[]): Atom =>
  args.includes(null) && fn.seesNull !== true ? null : fn.apply(args);

/** A text that two atoms share if they are equal and of one type: `1`, `1.0` and `True` differ. */
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

/** 1 where the operand is true, 0 elsewhere. */
export const indicatorMap = plain("indicator", ([a]) => (truth(a!) ? 1n : 0n));

/** `then if condition else otherwise`, with operands in the order (condition, then, otherwise). The one not chosen can be null. */
export const ternaryMap: Elementwise = {
  ...plain("if", ([condition, then, otherwise]) =>
    condition === null ? null : truth(condition!) ? then! : otherwise!,
  ),
  seesNull: true,
};

/** Whether the operand is null. */
export const isNullMap: Elementwise = { ...plain("is null", ([a]) => a === null), seesNull: true };

/** The comparison of an s-op with a value that equals no atom, such as a list. */
export const neverEqualMap: Elementwise = {
  name: "==",
  key: "== nothing",
  apply: () => false,
  container: { kind: "list", items: [] },
};

/** 1 where the operand equals the atom, 0 elsewhere: `atom in s-op` averages it. */
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
  throw errors.sequenceType(`the value at ${describeAtom(index)} is no atom, so it cannot be in an s-op`);
};

/** An index as a position from 0; a negative one counts from the end. @throws RaspError of class type or value */
export function listIndex(kind: "list" | "string", length: number, index: Atom): number {
  if (typeof index !== "bigint" && typeof index !== "boolean") {
    throw errors.operandType(`the index of a ${kind} must be an int, not ${describeAtom(index)}`);
  }
  const offset = BigInt(index);
  if (offset >= BigInt(length) || -offset > BigInt(length)) {
    throw errors.indexRange(`index ${offset} is out of range for a ${kind} of length ${length}`);
  }
  return Number(offset < 0n ? offset + BigInt(length) : offset);
}

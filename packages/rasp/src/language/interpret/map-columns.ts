/**
 * Elementwise functions of long sequences at once: of few distinct operands by a table, of numbers by a loop over floats. `undefined` where
 * an operand does not fit, where an int leaves what floats hold exactly, or where the function fails: `Evaluation` then goes from element
 * to element, which also says at which one it fails.
 */
import { truth } from "../atom/arithmetic.js";
import { RaspError } from "../diagnostic.js";
import type { Atom, Elementwise } from "../graph/node.js";
import { applyMap, ternaryMap } from "../graph/elementwise.js";
import { Column, type CodedColumn, type NumberColumn } from "./columns.js";
import type { SharedInts } from "./shared-ints.js";

/** The most combinations of operands in a table. */
const MOST_ENTRIES = 256;

/** The values of a function at every position. @param held is told of each atom that is made */
export function mapColumns(
  fn: Elementwise,
  columns: readonly Column[],
  ints: SharedInts,
  held: (atom: Atom) => Atom,
): Column | undefined {
  const few = allOf(columns, ({ coded }) => coded);
  const byTable = few && mapCodes(fn, few, held);
  if (byTable) return byTable;
  if (fn.container) return undefined;
  if (fn === ternaryMap) return choose(columns, ints);
  const numbers = allOf(columns, ({ numbers }) => numbers);
  return numbers && mapNumbers(fn.key, numbers, ints);
}

function allOf<T>(columns: readonly Column[], of: (column: Column) => T | undefined): T[] | undefined {
  const found: T[] = [];
  for (const column of columns) {
    const one = of(column);
    if (one === undefined) return undefined;
    found.push(one);
  }
  return found;
}

/** Applies the function once to each combination of operands that occurs. */
function mapCodes(fn: Elementwise, columns: readonly CodedColumn[], held: (atom: Atom) => Atom): Column | undefined {
  const [first, ...others] = columns;
  if (!first || columns.reduce((product, { atoms }) => product * atoms.length, 1) > MOST_ENTRIES) return undefined;
  let { codes } = first;
  let combinations = first.atoms.map((atom): readonly Atom[] => [atom]);
  for (const { codes: next, atoms } of others) {
    const joint = new Uint8Array(codes.length);
    for (let i = 0; i < joint.length; i++) joint[i] = codes[i]! * atoms.length + next[i]!;
    codes = joint;
    combinations = combinations.flatMap((args) => atoms.map((atom) => [...args, atom]));
  }
  try {
    return Column.ofCodes(codes, (code) => held(applyMap(fn, combinations[code]!)));
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** `then if condition else otherwise` of numbers. */
function choose(columns: readonly Column[], ints: SharedInts): Column | undefined {
  const condition = columns[0]!.coded;
  const [then, otherwise] = [columns[1]!.numbers, columns[2]!.numbers];
  if (!condition || condition.atoms.includes(null) || !then || !otherwise) return undefined;
  if (then.hasBools || otherwise.hasBools) return undefined;
  const holds = condition.atoms.map(truth);
  const { length } = condition.codes;
  const [values, isInt] = [new Float64Array(length), new Uint8Array(length)];
  for (let i = 0; i < length; i++) {
    const chosen = holds[condition.codes[i]!]! ? then : otherwise;
    values[i] = chosen.values[i]!;
    isInt[i] = chosen.isInt[i]!;
  }
  return Column.ofNumbers(values, isInt, ints);
}

/** The operators between two numbers whose result is an int where both are. */
const ARITHMETIC: Readonly<Record<string, (a: Float64Array, b: Float64Array, to: Float64Array) => void>> = {
  "+": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! + b[i]!;
  },
  "-": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! - b[i]!;
  },
  "*": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! * b[i]!;
  },
  // Zero divisors have been excluded.
  "%": (a, b, to) => {
    for (let i = 0; i < to.length; i++) {
      const rest = a[i]! % b[i]!;
      to[i] = rest === 0 ? (b[i]! < 0 ? -0 : 0) : rest < 0 !== b[i]! < 0 ? rest + b[i]! : rest;
    }
  },
};

/** The comparisons: 1 where they hold. */
const COMPARISON: Readonly<Record<string, (a: Float64Array, b: Float64Array, to: Uint8Array) => void>> = {
  "==": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i] === b[i] ? 1 : 0;
  },
  "!=": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i] !== b[i] ? 1 : 0;
  },
  "<": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! < b[i]! ? 1 : 0;
  },
  "<=": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! <= b[i]! ? 1 : 0;
  },
  ">": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! > b[i]! ? 1 : 0;
  },
  ">=": (a, b, to) => {
    for (let i = 0; i < to.length; i++) to[i] = a[i]! >= b[i]! ? 1 : 0;
  },
};

function mapNumbers(key: string, [a, b]: readonly NumberColumn[], ints: SharedInts): Column | undefined {
  if (!a) return undefined;
  const { length } = a.values;
  const values = new Float64Array(length);
  if (!b) {
    if (key !== "round" && key !== "-") return undefined;
    for (let i = 0; i < length; i++) values[i] = key === "-" ? -a.values[i]! : nearest(a.values[i]!);
    const isInt = key === "-" ? a.isInt : new Uint8Array(length).fill(1);
    return fits(values, isInt) ? Column.ofNumbers(values, isInt, ints) : undefined;
  }
  if (COMPARISON[key]) {
    const codes = new Uint8Array(length);
    COMPARISON[key](a.values, b.values, codes);
    return Column.ofCodes(codes, (code) => code === 1);
  }
  if ((key === "/" || key === "%") && b.values.includes(0)) return undefined;
  if (key === "/") {
    for (let i = 0; i < length; i++) values[i] = a.values[i]! / b.values[i]!;
    return Column.ofNumbers(values, new Uint8Array(length), ints);
  }
  if (!ARITHMETIC[key]) return undefined;
  ARITHMETIC[key](a.values, b.values, values);
  const isInt = new Uint8Array(length);
  for (let i = 0; i < length; i++) isInt[i] = a.isInt[i]! & b.isInt[i]!;
  return fits(values, isInt) ? Column.ofNumbers(values, isInt, ints) : undefined;
}

/** Rounded half to even; nan where it is not finite. */
function nearest(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/** Whether all ints are safe ones; makes 0 of those that are -0. */
function fits(values: Float64Array, isInt: Uint8Array): boolean {
  for (let i = 0; i < values.length; i++) {
    if (isInt[i] === 0) continue;
    if (!(Math.abs(values[i]!) <= Number.MAX_SAFE_INTEGER)) return false;
    values[i]! += 0;
  }
  return true;
}

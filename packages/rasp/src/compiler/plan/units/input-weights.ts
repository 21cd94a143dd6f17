/**
 * The weighted input of step functions: which arguments are summed, with which weights. Weights are signs or, where sums with signs
 * do not tell enough apart, digits of a mixed-radix number.
 */
import { leastPowerOfTwo } from "@selectron/core";
import { getOrInsert } from "../../../language/maps.js";
import type { Argument, FiniteFunction, Row } from "../ir/finite-function.js";

/** Counts steps of work before they are taken, and throws where they are too many. */
export type Spend = (steps: number) => void;

/** A gate, or how the argument is summed into the input: its sign within a digit, digit 0 being the finest. */
export type Role = "gate" | { readonly digit: number; readonly sign: 1 | -1 };

/** The most digits of an input. */
export const MAX_DIGITS = 3;

/** The work of one row in the measurement of a digit. */
const DIGIT = 25;

/**
 * All ways to split the arguments into gates and an input with at most `digits` digits. In each digit the first argument has the
 * sign +, because only relative signs matter. One-hot arguments stay in the finest digit: as gates they tell everything apart.
 */
export function rolesOf(args: readonly Argument[], digits: number): Role[][] {
  let all: Role[][] = [[]];
  for (const arg of args) {
    const canGate = arg.gate !== undefined;
    const canSum = arg.asNumber !== undefined && (!canGate || args.length <= 5);
    all = all.flatMap((roles) => {
      const grown: Role[][] = canGate ? [[...roles, "gate"]] : [];
      for (let digit = 0; canSum && digit < (canGate ? 1 : digits); digit++) {
        const started = roles.some((role) => role !== "gate" && role.digit === digit);
        for (const sign of started ? ([1, -1] as const) : ([1] as const)) grown.push([...roles, { digit, sign }]);
      }
      return grown;
    });
  }
  // Digits are used from 0 up without gaps.
  return all.filter((roles) => {
    const used = new Set(roles.flatMap((role) => (role === "gate" ? [] : [role.digit])));
    return [...used].every((digit) => digit < used.size);
  });
}

/** Which neighbouring values of a coarse digit must be kept apart: all, or those between which the function changes. */
export type KeepApart = "all" | "where the result changes";

/** Weights of the arguments of one function, for many splits; each digit is measured once. */
export class InputWeights {
  readonly #digits = new Map<string, Digit>();

  readonly #fn: FiniteFunction;
  readonly #keepApart: KeepApart;
  readonly #spend: Spend;

  constructor(fn: FiniteFunction, keepApart: KeepApart, spend: Spend) {
    this.#fn = fn;
    this.#keepApart = keepApart;
    this.#spend = spend;
  }

  /** The weight of each argument in the input, 0 for gates. The smallest step of a digit exceeds the range of all finer digits. */
  weightsFor(roles: readonly Role[]): number[] {
    const weights = roles.map(() => 0);
    /** Of all digits so far. */
    let range = 0;
    for (let position = 0; ; position++) {
      const signs = roles.map((role) => (role !== "gate" && role.digit === position ? role.sign : 0));
      if (signs.every((sign) => sign === 0)) return weights;
      const digit = this.#digit(signs);
      // The first digit has weights 1 and -1; each further one is stretched by a power of two until it clears the ones before.
      const isStretched = position > 0 && range > 0 && digit.step < Infinity;
      const factor = isStretched ? leastPowerOfTwo((2 * range) / digit.step) : 1;
      for (const [j, sign] of signs.entries()) if (sign !== 0) weights[j] = sign * factor;
      range += factor * digit.range;
    }
  }

  #digit(signs: readonly number[]): Digit {
    return getOrInsert(this.#digits, signs.join(","), () => {
      this.#spend(DIGIT * this.#fn.rows.length);
      return measureDigit(this.#fn, signs, this.#keepApart);
    });
  }
}

interface Digit {
  /** The distance between the largest and the smallest value. */
  readonly range: number;
  /** The smallest distance between neighbouring values that must be kept apart. */
  readonly step: number;
}

/** A value of a digit, and the function's result there by the values of the arguments outside the digit. */
interface DigitValue {
  readonly value: number;
  readonly results: Map<number | string, number>;
}

function measureDigit(fn: FiniteFunction, signs: readonly number[], keepApart: KeepApart): Digit {
  const [first, ...others] = digitValues(fn, signs);
  let [previous, step] = [first!.value, Infinity];
  /** The results since the last distance that must be kept. */
  let group = first!.results;
  for (const { value, results } of others) {
    const mustKeep = keepApart === "all" || [...results].some(([key, result]) => (group.get(key) ?? result) !== result);
    if (mustKeep) {
      step = Math.min(step, value - previous);
      group = results;
    } else {
      for (const [key, result] of results) group.set(key, result);
    }
    previous = value;
  }
  return { range: previous - first!.value, step };
}

/** Ascending. */
function digitValues({ args, rows }: FiniteFunction, signs: readonly number[]): DigitValue[] {
  const byKey = new Map<number, DigitValue>();
  const outside = signs.flatMap((sign, j) => (sign === 0 ? [j] : []));
  const keyOf = rowKeys(rows, outside);
  for (const row of rows) {
    let value = 0;
    for (let j = 0; j < signs.length; j++) if (signs[j] !== 0) value += signs[j]! * args[j]!.numbers![row.values[j]!]!;
    const { results } = getOrInsert(byKey, inputKey(value), () => ({ value, results: new Map() }));
    results.set(keyOf(row), row.result);
  }
  return [...byKey.values()].sort((a, b) => a.value - b.value);
}

/** A key of some arguments' values in a row: one number where there are not too many. */
function rowKeys(rows: readonly Row[], chosen: readonly number[]): (row: Row) => number | string {
  const sizes = chosen.map((j) => 1 + maximum(rows.map(({ values }) => values[j]!)));
  if (sizes.reduce((product, size) => product * size, 1) > Number.MAX_SAFE_INTEGER) {
    return ({ values }) => chosen.map((j) => values[j]!).join(",");
  }
  return ({ values }) => {
    let key = 0;
    for (let c = 0; c < chosen.length; c++) key = key * sizes[c]! + values[chosen[c]!]!;
    return key;
  };
}

/** Inputs are compared after rounding to 2^-30, far below any noise. */
export const inputKey = (input: number): number => Math.round(input * 2 ** 30);

export const maximum = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

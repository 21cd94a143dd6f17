/**
 * The axis of a staircase: which arguments are summed, with which weights. Weights are signs or, where signs do not tell
 * enough apart, digits of a mixed-radix number.
 */
import type { Argument, Row } from "../ir/finite-function.js";

/** A gate, or how the argument is summed into the axis: its sign within a digit, digit 0 being the finest. */
export type Role = "gate" | { readonly digit: number; readonly sign: 1 | -1 };

/** The most digits of an axis. */
export const MAX_DIGITS = 3;

/**
 * All ways to split the arguments into gates and an axis with at most so many digits. In each digit the first argument has
 * sign +: only relative signs matter. One-hot arguments stay in the finest digit: as gates they tell everything apart.
 */
export function rolesOf(args: readonly Argument[], digits: number): Role[][] {
  let all: Role[][] = [[]];
  for (const arg of args) {
    const canGate = arg.gate !== undefined;
    const canAxis = arg.asNumber !== undefined && (!canGate || args.length <= 5);
    all = all.flatMap((roles) => {
      const grown: Role[][] = canGate ? [[...roles, "gate"]] : [];
      for (let digit = 0; canAxis && digit < (canGate ? 1 : digits); digit++) {
        const started = roles.some((role) => role !== "gate" && role.digit === digit);
        for (const sign of started ? ([1, -1] as const) : ([1] as const)) grown.push([...roles, { digit, sign }]);
      }
      return grown;
    });
  }
  // Digits are used from 0 up without gaps.
  return all.filter((roles) => {
    const used = new Set(roles.map((role) => (role === "gate" ? -1 : role.digit)));
    used.delete(-1);
    return [...used].every((digit) => digit < used.size);
  });
}

/** Which neighbouring values of a coarse digit must be kept apart: all, or those between which the function changes. */
export type KeepApart = "all" | "changes";

/** Weighs the arguments of one function for many splits; what a digit needs is worked out once. */
export class InputWeights {
  readonly #digits = new Map<string, Digit>();

  readonly #args: readonly Argument[];
  readonly #rows: readonly Row[];
  readonly #steps: KeepApart;

  constructor(args: readonly Argument[], rows: readonly Row[], steps: KeepApart) {
    this.#args = args;
    this.#rows = rows;
    this.#steps = steps;
  }

  /**
   * What each argument weighs on the axis, 0 for gates, so that a coarser digit's smallest step is more than all finer digits
   * together.
   */
  weightsFor(roles: readonly Role[]): number[] {
    const weights = roles.map(() => 0);
    /** The reach of all digits so far. */
    let reach = 0;
    for (let place = 0; ; place++) {
      const signs = roles.map((role) => (role !== "gate" && role.digit === place ? role.sign : 0));
      if (signs.every((sign) => sign === 0)) return weights;
      const digit = this.#digit(signs);
      // The first digit counts as it is; each further one is stretched by a power of two until it clears the ones before.
      const stretched = place > 0 && reach > 0 && digit.step < Infinity;
      const factor = stretched ? 2 ** Math.ceil(Math.log2((2 * reach) / digit.step)) : 1;
      for (const [j, sign] of signs.entries()) if (sign !== 0) weights[j] = sign * factor;
      reach += factor * digit.range;
    }
  }

  #digit(signs: readonly number[]): Digit {
    const key = signs.join(",");
    let digit = this.#digits.get(key);
    if (!digit) this.#digits.set(key, (digit = measureDigit(this.#args, this.#rows, signs, this.#steps)));
    return digit;
  }
}

interface Digit {
  /** Between the largest and the smallest value. */
  readonly range: number;
  /** The smallest distance between neighbouring values that must be kept apart. */
  readonly step: number;
}

function measureDigit(
  args: readonly Argument[],
  rows: readonly Row[],
  signs: readonly number[],
  steps: KeepApart,
): Digit {
  /** For each value of the digit, what the function is below it. */
  const below = new Map<number, { at: number; table: Map<string, number> }>();
  for (const { values, result } of rows) {
    const at = signs.reduce((sum, sign, j) => (sign === 0 ? sum : sum + sign * args[j]!.numbers![values[j]!]!), 0);
    let entry = below.get(inputKey(at));
    if (!entry) below.set(inputKey(at), (entry = { at, table: new Map() }));
    entry.table.set(values.map((v, j) => (signs[j] === 0 ? v : "")).join(","), result);
  }
  const ascending = [...below.values()].sort((a, b) => a.at - b.at);
  const [first, ...others] = ascending;
  let [previous, step] = [first!.at, Infinity];
  let group = first!.table;
  for (const { at, table } of others) {
    const differs = steps === "all" || [...table].some(([key, result]) => (group.get(key) ?? result) !== result);
    if (differs) {
      step = Math.min(step, at - previous);
      group = table;
    } else {
      for (const [key, result] of table) group.set(key, result);
    }
    previous = at;
  }
  return { range: previous - first!.at, step };
}

/** Axis values are compared after rounding to 2^-30, far below any noise. */
export const inputKey = (at: number): number => Math.round(at * 2 ** 30);

export const maximum = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

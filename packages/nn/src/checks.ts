/** Checks of sizes and batches that several models share. */
import { checks, type Tensor } from "@selectron/core";

/** Throws a RangeError unless a value is an integer and at least `least`, and at most `most` if there is a limit. */
export function checkInteger(name: string, value: number, least: number, most?: number): void {
  checks.check(name, value, checks.anInteger(least, most));
}

/** Throws a RangeError unless a number of layers is in range, before a list is made of as many. Published models have about a hundred. */
export function checkLayers(name: string, layers: number, least = 0): void {
  checkInteger(name, layers, least, 10_000);
}

/** Throws a RangeError if an amount is not a finite number, 0 or more. */
export function checkAmount(name: string, amount: number): void {
  checks.check(name, amount, checks.anAmount);
}

/** Throws a RangeError if a rate, such as that of dropout or of decay, is not in [0, 1). */
export function checkRate(name: string, rate: number): void {
  checks.check(name, rate, checks.aRate);
}

/** Throws a RangeError, which ends with the advice, if one of a batch's rows has another length. */
export function checkRows(name: string, rows: readonly (readonly unknown[])[], length: number, advice: string): void {
  rows.forEach((row, b) => {
    if (row.length !== length) {
      throw new RangeError(`${name}: row ${b} has length ${row.length}, but ${length} is expected. ${advice}`);
    }
  });
}

/** Throws a TypeError unless all of padding is true or false: 1 and 0 mean the opposite elsewhere. */
export function checkFlags(padding: readonly (readonly boolean[])[]): void {
  padding.forEach((row, b) => {
    row.forEach((flag, i) => {
      if (typeof flag !== "boolean") checks.check(`padding: row ${b}, position ${i}`, flag, aReality);
    });
  });
}

const aReality: checks.Kind = { ...checks.aFlag, what: "true where a token is real, and false where it is padding" };

/** A sequence that is longer than the positions that a model has. */
export class ContextError extends RangeError {
  override readonly name = "ContextError";
}

/**
 * Rows as plain arrays, as typed arrays are of JavaScript callers: `flat` would leave those as they are.
 *
 * @throws TypeError for what is no array of rows
 */
export function plainRows<T>(name: string, rows: readonly (readonly T[])[]): readonly (readonly T[])[] {
  checks.check(name, rows, checks.aList("an array of rows, such as [[1, 2], [3, 4]]"));
  if (rows.every((row) => Array.isArray(row))) return rows;
  return rows.map((row, b) => plainList(`${name}: row ${b}`, row));
}

/** A number above 0, or Infinity for no limit. */
export const aLimit: checks.Kind = {
  what: "a number above 0",
  fits: (value) => typeof value === "number" && value > 0,
  isNumber: true,
};

/** Of feed-forward layers. */
export const anActivation = checks.oneOf(["relu", "gelu", "geluExact"]);

/** 1 or more, and finite. */
export const oneOrMore: checks.Kind = {
  what: "a finite number, 1 or more",
  fits: (value) => Number.isFinite(value) && (value as number) >= 1,
  isNumber: true,
};

/** Tensors by name. */
export const someParameters = checks.aMap("a Map of tensors by name, such as model.parameters()");

/** Throws a TypeError unless parameters are tensors by name. */
export function checkParameters(operation: string, parameters: ReadonlyMap<string, Tensor>): void {
  checks.check(`${operation}: parameters`, parameters, someParameters);
  for (const [name, parameter] of parameters) {
    checks.check(`${operation}: parameters: ${String(name)}`, parameter, checks.aTensor);
  }
}

/** The same for one list. */
export function plainList<T>(name: string, list: readonly T[]): readonly T[] {
  checks.check(name, list, checks.numbers);
  return Array.isArray(list) ? list : Array.from(list as ArrayLike<T>);
}

/** Throws a RangeError for options of a forward pass of which one says what the other leaves open. */
export function checkExclusive(
  operation: string,
  given: {
    readonly padding?: unknown;
    readonly positions?: unknown;
    readonly cache?: unknown;
    readonly lastOnly?: boolean | undefined;
  },
): void {
  const { padding, positions, cache, lastOnly } = given;
  if (padding !== undefined && cache !== undefined) {
    throw new RangeError(`${operation}: padding and a cache exclude each other; decode rows of one length.`);
  }
  if (padding !== undefined && lastOnly === true) {
    throw new RangeError(`${operation}: padding and lastOnly exclude each other; the last position may be padding.`);
  }
  if (positions !== undefined && cache !== undefined) {
    throw new RangeError(`${operation}: positions and a cache exclude each other; the cache knows what comes next.`);
  }
}

/** Checks of sizes and batches that several models share. */
import { checks } from "@selectron/core";

/** Throws a RangeError unless a value is an integer and at least `least`, and at most `most` if there is a limit. */
export function checkInteger(name: string, value: number, least: number, most = Infinity): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `${least} or more` : `from ${least} to ${most}`;
  throw new RangeError(`${name} is ${value}; it must be an integer, ${range}.`);
}

/** Throws a RangeError unless a number of layers is in range, before a list is made of as many. Published models have about a hundred. */
export function checkLayers(name: string, layers: number, least = 0): void {
  checkInteger(name, layers, least, 10_000);
}

/** Throws a RangeError if an amount is not a finite number, 0 or more. */
export function checkAmount(name: string, amount: number): void {
  if (!(amount >= 0 && amount < Infinity)) {
    throw new RangeError(`${name} is ${amount}; it must be a finite number, 0 or more.`);
  }
}

/** Throws a RangeError if a rate, such as that of dropout or of decay, is not in [0, 1). */
export function checkRate(name: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`${name} is ${rate}; it must be 0 or more and less than 1.`);
}

/** Throws a RangeError, which ends with the advice, if one of a batch's rows has another length. */
export function checkRows(name: string, rows: readonly (readonly unknown[])[], length: number, advice: string): void {
  rows.forEach((row, b) => {
    if (row.length !== length) {
      throw new RangeError(`${name}: row ${b} has length ${row.length}, but ${length} is expected. ${advice}`);
    }
  });
}

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

/** The same for one list. */
export function plainList<T>(name: string, list: readonly T[]): readonly T[] {
  checks.check(name, list, checks.numbers);
  return Array.isArray(list) ? list : Array.from(list as ArrayLike<T>);
}

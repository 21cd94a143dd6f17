/**
 * What public functions say to arguments that their types forbid, since JavaScript callers pass them all the same. A check names the
 * place (the operation and its argument), the value, and what belongs there. For packages that build on core, too.
 */

import { aTensor, isOptions, isPromise, type Kind } from "./kinds.js";
import { nearest } from "./nearest.js";

export * from "./kinds.js";
export { nearest } from "./nearest.js";

/** The longest text of a value in a message. */
const LONGEST = 40;

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** A value in a message, in a few words. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) {
    const isShort = value.length <= 4 && value.every((item) => typeof item === "number" || typeof item === "boolean");
    return isShort ? `[${value.join(", ")}]` : `an array of ${value.length}`;
  }
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(shortened(value))}`;
    case "bigint":
      return `the bigint ${shortened(String(value))}n`;
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "object":
      return describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  if (isPromise(value)) return "a Promise (write await before it)";
  const { name } = (value as { readonly constructor?: { readonly name?: unknown } }).constructor ?? {};
  if (typeof name === "string" && name !== "" && name !== "Object") {
    return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
  }
  const keys = Object.keys(value);
  return keys.length === 0 ? "an empty object" : `an object with ${shortened(keys.join(", "))}`;
}

/** The error for a value that does not fit: a RangeError for a number where another one belongs, otherwise a TypeError. */
export function misfit(place: string, value: unknown, { what, isNumber = false }: Kind): Error {
  const message = `${place} is ${describeValue(value)}; it must be ${what}.`;
  return isNumber && typeof value === "number" ? new RangeError(message) : new TypeError(message);
}

/** The error for a name that there is not, with the one that was meant. */
export function unknownName(operation: string, what: string, name: string, known: readonly string[]): TypeError {
  const meant = nearest(name, known);
  const advice = meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`;
  return new TypeError(
    `${operation}: there is no ${what} ${JSON.stringify(shortened(name))}; ${advice}${meant === undefined ? "." : ""}`,
  );
}

/** Throws a TypeError or a RangeError that begins with the place, unless the value is of the kind. */
export function check(place: string, value: unknown, kind: Kind): void {
  if (!kind.fits(value)) throw misfit(place, value, kind);
}

/** As `check`, unless the value is undefined. */
export function checkGiven(place: string, value: unknown, kind: Kind): void {
  if (value !== undefined && !kind.fits(value)) throw misfit(place, value, kind);
}

/**
 * Checks an object of options: an unknown name, such as a misspelt one, would otherwise be ignored without a word.
 *
 * @param known - the kind of each option
 * @param required - names of those that must be there
 * @throws TypeError or RangeError that names the option
 */
export function checkOptions(
  operation: string,
  options: unknown,
  known: Readonly<Record<string, Kind>>,
  required: readonly string[] = [],
): void {
  if (!isOptions(options)) {
    throw misfit(`${operation}: options`, options, {
      what: `an object with ${Object.keys(known).join(", ")}`,
      fits: () => false,
    });
  }
  // Loops over what is given, without lists of names: this runs with every matrix product.
  for (const name in options) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    const kind = known[name];
    // What every object inherits is no kind either.
    if (kind?.what === undefined) {
      throw unknownName(operation, "option", name, Object.keys(known));
    }
    if (!kind.fits(value)) throw misfit(`${operation}: ${name}`, value, kind);
  }
  for (const name of required) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) throw misfit(`${operation}: ${name}`, value, known[name]!);
  }
}

const withoutObject = (place: string, name: string): TypeError =>
  new TypeError(
    `${place}: it was called without its object; call it as a method, object.${name}(…), or pass (…) => object.${name}(…).`,
  );

/** Throws a TypeError unless a method's object is a Tensor. */
export function checkSelf(operation: string, self: unknown): void {
  if (!aTensor.fits(self)) throw withoutObject(operation, operation);
}

/**
 * Makes the methods of a class say so when they are called without their object, as in `const { next } = rng; next()`. For the
 * class's static block.
 *
 * @param only - the methods that are guarded; all by default
 */
export function guardMethods(type: abstract new (...args: never) => object, only?: readonly string[]): void {
  const prototype = type.prototype as Record<string, unknown>;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === "constructor" || typeof value !== "function" || only?.includes(name) === false) continue;
    const method = value as (...args: unknown[]) => unknown;
    const guarded = function (this: unknown, ...args: unknown[]): unknown {
      if (!(this instanceof type)) throw withoutObject(`${type.name}.${name}`, name);
      return method.apply(this, args);
    };
    Object.defineProperty(guarded, "name", { value: name });
    Object.defineProperty(prototype, name, { value: guarded, writable: true, configurable: true });
  }
}

/** Throws a TypeError if what a function returned is a Promise, where what surrounds it ends at once. */
export function checkSynchronous<T>(operation: string, result: T): T {
  if (!isPromise(result)) return result;
  throw new TypeError(
    `${operation}: the function returned a Promise, but it must not be asynchronous; await before or after it.`,
  );
}

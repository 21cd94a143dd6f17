/**
 * What public functions say to arguments that their types forbid, since JavaScript callers pass them all the same. A check names the
 * place (the operation and its argument), the value, and what belongs there. For packages that build on core, too.
 */

/** What an argument must be. */
export interface Kind {
  /** As it follows "it must be". */
  readonly what: string;
  readonly fits: (value: unknown) => boolean;
  /** Whether it is a kind of numbers: other numbers are then out of range, and not of another type. */
  readonly isNumber?: boolean;
}

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

/** Whether a value is something to await. */
export const isPromise = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function";

/** The error for a value that does not fit: a RangeError for a number where another one belongs, otherwise a TypeError. */
export function misfit(place: string, value: unknown, { what, isNumber = false }: Kind): Error {
  const message = `${place} is ${describeValue(value)}; it must be ${what}.`;
  return isNumber && typeof value === "number" ? new RangeError(message) : new TypeError(message);
}

/** Throws a TypeError or a RangeError that begins with the place, unless the value is of the kind. */
export function check(place: string, value: unknown, kind: Kind): void {
  if (!kind.fits(value)) throw misfit(place, value, kind);
}

/** As `check`, unless the value is undefined. */
export function checkGiven(place: string, value: unknown, kind: Kind): void {
  if (value !== undefined && !kind.fits(value)) throw misfit(place, value, kind);
}

/** An object of fields, plain or of a class, and not one of the language's own: a list, a Map, a Promise, an ArrayBuffer. */
const isOptions = (value: unknown): value is object => Object.prototype.toString.call(value) === "[object Object]";

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
      const names = Object.keys(known).join(", ");
      throw new TypeError(`${operation}: there is no option ${JSON.stringify(shortened(name))}; there are ${names}.`);
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

/** Any value. */
export const anything: Kind = { what: "anything", fits: () => true };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Of a tensor. With Float64Array the reference kernels compute in float64, as tests of gradients do. */
export const aStorage: Kind = {
  what: "a Float32Array",
  fits: (value) => value instanceof Float32Array || value instanceof Float64Array,
};

/** By what it holds and not by its class, so that tensors of another copy of the package fit. */
export const aTensor: Kind = {
  what: "a Tensor, such as tensor([1, 2])",
  fits: (value) => isObject(value) && aStorage.fits(value["held"]),
};

/** A stream of random numbers. */
export const anRng: Kind = {
  what: "an Rng, such as new Rng(1)",
  fits: (value) => isObject(value) && typeof value["next"] === "function" && typeof value["float"] === "function",
};

/** NaN and the infinities included. */
export const aNumber: Kind = { what: "a number", fits: (value) => typeof value === "number", isNumber: true };

export const aFinite: Kind = { what: "a finite number", fits: (value) => Number.isFinite(value), isNumber: true };

/** Every number but NaN. */
export const notNaN: Kind = {
  what: "a number other than NaN",
  fits: (value) => typeof value === "number" && !Number.isNaN(value),
  isNumber: true,
};

/** A finite number, 0 or more. */
export const anAmount: Kind = {
  what: "a finite number, 0 or more",
  fits: (value) => Number.isFinite(value) && (value as number) >= 0,
  isNumber: true,
};

/** A finite number above 0. */
export const aPositive: Kind = {
  what: "a finite number above 0",
  fits: (value) => Number.isFinite(value) && (value as number) > 0,
  isNumber: true,
};

/** A number in [0, 1), such as a rate of dropout or of decay. */
export const aRate: Kind = {
  what: "0 or more and less than 1",
  fits: (value) => typeof value === "number" && value >= 0 && value < 1,
  isNumber: true,
};

/** An integer in a range. */
export function anInteger(least: number, most = Number.MAX_SAFE_INTEGER): Kind {
  if (least === Number.MIN_SAFE_INTEGER) return { what: "an integer", fits: Number.isSafeInteger, isNumber: true };
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  return {
    what: `an integer, ${range}`,
    fits: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    isNumber: true,
  };
}

export const aFlag: Kind = { what: "true or false", fits: (value) => typeof value === "boolean" };

export const aText: Kind = { what: "a string", fits: (value) => typeof value === "string" };

/** @param what - such as "a function of a tensor" */
export const aFunction = (what = "a function"): Kind => ({ what, fits: (value) => typeof value === "function" });

/** An instance of a class. */
export const anInstance = (type: abstract new (...args: never) => object): Kind => ({
  what: `${/^[AEIOU]/.test(type.name) ? "an" : "a"} ${type.name}`,
  fits: (value) => value instanceof type,
});

/** A Tensor or a number. */
export const anOperand: Kind = {
  what: "a Tensor or a number",
  fits: (value) => typeof value === "number" || aTensor.fits(value),
};

/** An array or a typed array of numbers, looked at one by one by whoever uses them. */
export const numbers: Kind = {
  what: "an array of numbers",
  fits: (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)),
};

/** One of some strings. */
export const oneOf = (names: readonly string[]): Kind => ({
  what: names
    .map((name) => JSON.stringify(name))
    .join(", ")
    .replace(/, ([^,]*)$/, " or $1"),
  fits: (value) => typeof value === "string" && names.includes(value),
});

/** An array whose items are of a kind, looked at one by one if it is given. */
export const aList = (what: string, item: Kind = anything): Kind => ({
  what,
  fits: (value) => Array.isArray(value) && (item === anything || value.every(item.fits)),
});

/** An object with certain methods or fields, such as an interface that several classes have. */
export const anObjectWith = (what: string, ...names: readonly string[]): Kind => ({
  what,
  fits: (value) => isObject(value) && names.every((name) => value[name] !== undefined),
});

/** An object of fields: no list, no Map, no Promise. */
export const anObject = (what: string): Kind => ({ what, fits: isOptions });

/** A Map, or an object of fields: no list, no Promise, and no binary data. */
export const aRecord = (what: string): Kind => ({
  what,
  fits: (value) =>
    value instanceof Map ||
    (isObject(value) &&
      !Array.isArray(value) &&
      !isPromise(value) &&
      !ArrayBuffer.isView(value) &&
      !(value instanceof ArrayBuffer)),
});

/** An object of strings. */
export const someTexts: Kind = {
  what: "an object of strings by name",
  fits: (value) => isOptions(value) && Object.values(value).every(aText.fits),
};

/** A Map, or what behaves as one. */
export const aMap = (what: string): Kind => ({
  what,
  fits: (value) => isObject(value) && typeof value["get"] === "function" && typeof value["entries"] === "function",
});

/** One kind or another. */
export const either = (first: Kind, second: Kind): Kind => ({
  what: `${first.what}, or ${second.what}`,
  fits: (value) => first.fits(value) || second.fits(value),
  isNumber: (first.isNumber ?? false) || (second.isNumber ?? false),
});

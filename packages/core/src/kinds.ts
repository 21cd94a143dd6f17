/** What arguments of public functions must be; `checks.ts` has the checks. */

/** What an argument must be. */
export interface Kind {
  /** As it follows "it must be". */
  readonly what: string;
  readonly fits: (value: unknown) => boolean;
  /** Whether it is a kind of numbers: other numbers are then out of range, and not of another type. */
  readonly isNumber?: boolean;
}

/** Whether a value is something to await. */
export const isPromise = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function";

/** An object of fields, plain or of a class, and not one of the language's own: a list, a Map, a Promise, an ArrayBuffer. */
export const isOptions = (value: unknown): value is object =>
  Object.prototype.toString.call(value) === "[object Object]";

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

/**
 * Asks every public function what it says to odd arguments. Each argument of a valid call, and each field and first item inside it, is
 * replaced by each odd value in turn. The answer must be an error for people, or a result without NaN.
 */
import { Tensor } from "@selectron/core";

/** A function, or a method of an object that is made anew for each call. */
export interface Subject {
  readonly name: string;
  /** Valid arguments, made anew for each call. */
  readonly args: () => readonly unknown[];
  readonly call: (args: readonly unknown[]) => unknown;
  /** Calls it as a function of its own, without `this`; undefined for functions. */
  readonly detached?: (() => unknown) | undefined;
  /** Other words by which its errors may call it. */
  readonly says: readonly string[];
  /** Why an odd value is accepted, by path ("0", "1.scale"), by "path: name of the value", or by "*". */
  readonly accepts: Readonly<Record<string, string>>;
}

interface Odd {
  readonly name: string;
  readonly group: "not finite" | "number" | "type" | "nothing";
  readonly value: () => unknown;
}

const odd = (group: Odd["group"], values: Readonly<Record<string, () => unknown>>): Odd[] =>
  Object.entries(values).map(([name, value]) => ({ name, group, value }));

export const oddValues: readonly Odd[] = [
  ...odd("not finite", { NaN: () => NaN, Infinity: () => Infinity, "-Infinity": () => -Infinity }),
  ...odd("number", { "-1": () => -1, "0": () => 0, "0.5": () => 0.5, "2^40": () => 2 ** 40, "1e300": () => 1e300 }),
  ...odd("nothing", { undefined: () => undefined, null: () => null }),
  ...odd("type", {
    '"3"': () => "3",
    '""': () => "",
    true: () => true,
    "5n": () => 5n,
    symbol: () => Symbol("s"),
    "[]": () => [],
    "[1, 2]": () => [1, 2],
    '["a"]': () => ["a"],
    "{}": () => ({}),
    "{ x }": () => ({ unknown: 1 }),
    function: () => () => undefined,
    Promise: () => Promise.resolve(1),
    Map: () => new Map(),
    Int32Array: () => Int32Array.of(1, 0),
    Float64Array: () => Float64Array.of(1, 0),
    Buffer: () => Buffer.from([1, 0]),
    ArrayBuffer: () => new ArrayBuffer(8),
  }),
];

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** What a value is, as far as a caller would say. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (isPlain(value)) return "object";
  return value.constructor.name;
}

/** The places inside a value that are replaced one by one: fields of plain objects, and the first item of a list. */
function* placesIn(value: unknown, depth: number): Generator<readonly string[]> {
  yield [];
  if (depth === 0) return;
  const names = isPlain(value) ? Object.keys(value) : Array.isArray(value) && value.length > 0 ? ["0"] : [];
  for (const name of names) {
    for (const rest of placesIn((value as Record<string, unknown>)[name], depth - 1)) yield [name, ...rest];
  }
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((part, name) => (part as Record<string, unknown>)[name], value);

/** A copy with another value at a place. */
function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const inner = replaced((value as Record<string, unknown>)[name], rest, by);
  return Array.isArray(value)
    ? value.map((item: unknown, i) => (String(i) === name ? inner : item))
    : { ...(value as object), [name]: inner };
}

/** Messages of engines, which name neither the operation nor the remedy. */
const ENGINE =
  /is not a function|is not iterable|not iterable|Cannot read|undefined \(reading|Invalid array length|Maximum call stack|First argument to|Invalid typed array|Cannot convert|Cannot mix BigInt|Cannot destructure|is not defined|null or undefined|Cannot use 'in'|must be an instance of|Array buffer allocation|Do not know how to serialize|circular structure|not a constructor|Right-hand side|Cannot set prop|Invalid count value|Invalid string length|Reduce of empty|out of bounds|Private field|private member|has already been|Class extends|read only|not extensible|called on|incompatible receiver|Received|argument must be/;

const hasNaN = (value: unknown, depth = 4): boolean => {
  if (typeof value === "number") return Number.isNaN(value);
  if (typeof value !== "object" || value === null || depth === 0) return false;
  if (value instanceof Tensor) return hasNaN(value.storage);
  if (value instanceof Float32Array || value instanceof Float64Array) return value.some(Number.isNaN);
  if (value instanceof Map) return [...value.values()].some((item) => hasNaN(item, depth - 1));
  if (Array.isArray(value)) return value.some((item) => hasNaN(item, depth - 1));
  return isPlain(value) && Object.values(value).some((item) => hasNaN(item, depth - 1));
};

/** What came of a call. */
export type Outcome = { readonly error: unknown } | { readonly result: unknown };

/** The most items that are taken of what a generator yields. */
const MOST_ITEMS = 4;

export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    let result = call();
    if (result instanceof Promise) result = (await result) as unknown;
    const generator = result as Partial<AsyncGenerator> | null | undefined;
    if (typeof generator?.next !== "function" || typeof generator.return !== "function") return { result };
    const items: unknown[] = [];
    while (items.length < MOST_ITEMS) {
      const { done, value } = await generator.next();
      if (done) break;
      items.push(value);
    }
    return { result: items };
  } catch (error) {
    return { error };
  }
}

/** One odd call and its answer. */
export interface Answer {
  readonly path: string;
  readonly odd: Odd;
  /** "works", "accepted", or the name of the error. */
  readonly answer: string;
  /** What is wrong with the answer. */
  readonly fault?: string | undefined;
}

const documented = (error: Error, errors: readonly string[]): boolean =>
  ["TypeError", "RangeError", "Error", ...errors].includes(error.name);

/** What is wrong with an error. */
export function faultOf(
  error: unknown,
  { name, says }: Subject,
  path: string,
  errors: readonly string[],
): string | undefined {
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  const said = `${error.name}: ${error.message.slice(0, 160)}`;
  if (!documented(error, errors)) return `is not a documented error: ${said}`;
  // A name that a RASP program has not set is "not defined", too.
  if (error.name !== "RaspError" && ENGINE.test(error.message)) return `is the engine's message: ${said}`;
  const words = [...says, ...name.split("."), ...path.split(".")].filter(
    (word) => word.length > 1 && !/^\d+$/.test(word),
  );
  const text = error.message.toLowerCase();
  if (!words.some((word) => text.includes(word.toLowerCase()))) return `names neither operation nor argument: ${said}`;
  return undefined;
}

function judged(
  subject: Subject,
  path: string,
  odd: Odd,
  valid: unknown,
  outcome: Outcome,
  errors: readonly string[],
): Answer {
  const { accepts } = subject;
  const reason = accepts[path] ?? accepts[`${path}: ${odd.name}`] ?? accepts[`${path}: ${odd.group}`] ?? accepts["*"];
  if ("error" in outcome) {
    const name = outcome.error instanceof Error ? outcome.error.name : "?";
    return { path, odd, answer: name, fault: faultOf(outcome.error, subject, path, errors) };
  }
  if (reason !== undefined) return { path, odd, answer: "accepted" };
  if (hasNaN(outcome.result)) return { path, odd, answer: "NaN", fault: "gives NaN" };
  const isOther = odd.group !== "nothing" && kindOf(odd.value()) !== kindOf(valid);
  if (isOther || odd.name === "null") return { path, odd, answer: "taken", fault: "is taken without a word" };
  return { path, odd, answer: "works" };
}

/** The answers of one subject to all odd values at all places. */
export async function answersOf(subject: Subject, errors: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  const ask = async (path: readonly string[], value: Odd): Promise<void> => {
    const untried = subject.accepts[`${path.join(".")}: ${value.name}`];
    if (untried?.startsWith("not tried")) {
      answers.push({ path: path.join("."), odd: value, answer: "accepted" });
      return;
    }
    const args = subject.args();
    const changed = replaced(args, path, value.value()) as unknown[];
    const outcome = await outcomeOf(() => subject.call(changed));
    answers.push(judged(subject, path.join("."), value, at(args, path), outcome, errors));
  };
  const places = subject.args().flatMap((arg, i) => [...placesIn(arg, 2)].map((path) => [String(i), ...path]));
  for (const path of places) {
    for (const value of oddValues) await ask(path, value);
    const valid = at(subject.args(), path);
    if (!isPlain(valid)) continue;
    const misspelt = { ...valid, unknwon: 1 };
    await ask(path, { name: "a misspelt name", group: "type", value: () => misspelt });
  }
  return answers;
}

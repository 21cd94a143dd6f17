/** The public functions of a package beside an example call of each. */
import type { Subject } from "./harness.js";

/** An example call. */
export interface Entry {
  /** Valid arguments, made anew for each call. */
  readonly args: () => readonly unknown[];
  /** The object of a method; by default one made with the arguments of its class's entry. */
  readonly on?: (() => object) | undefined;
  /** Whether it changes its arguments, as documented. */
  readonly changes?: boolean | undefined;
  /** Words by which its errors may call it, where an inner part of it speaks. */
  readonly says?: readonly string[] | undefined;
  /** What is done with the result, such as calling it, or awaiting what it promises. */
  readonly then?: ((result: unknown) => unknown) | undefined;
  /** Why an odd value is accepted, by path ("0", "1.scale"), by "path: value" or "path: group", or by "*". */
  readonly accepts?: Readonly<Record<string, string>> | undefined;
}

export interface Registry {
  /** The package's namespace. */
  readonly module: Readonly<Record<string, unknown>>;
  /** The names under which inner parts speak for several functions. */
  readonly says?: readonly string[] | undefined;
  /** The names of its own errors. */
  readonly errors: readonly string[];
  /** Exports that are not asked, each with the reason. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** By name: "zeros", "Tensor" for the constructor, "Tensor.add" for methods, also static ones. */
  readonly entries: Readonly<Record<string, Entry>>;
}

export const entry = (
  args: Entry["args"],
  accepts?: Entry["accepts"],
  more: Pick<Entry, "on" | "says" | "changes" | "then"> = {},
): Entry => ({
  args,
  accepts,
  ...more,
});

/** As one value: what other functions make is replaced as a whole, and not field by field. */
export const whole = <T extends object>(value: T): T =>
  Object.assign(Object.create(Object.create(Object.prototype) as object) as T, value);

type Constructor = new (...args: readonly unknown[]) => object;
type Method = (this: unknown, ...args: readonly unknown[]) => unknown;

const isClass = (value: unknown): value is Constructor =>
  typeof value === "function" && Function.prototype.toString.call(value).startsWith("class");

const isNamespace = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Module]";

/** What a class's prototype or a class has of its own, apart from accessors. */
const methodsOf = (holder: object): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(holder)).flatMap(([name, { value }]) =>
    typeof value === "function" && name !== "constructor" ? [name] : [],
  );

/** Every public function by name; "new" where it is a class. Errors are thrown to callers, who do not make them. */
export function publicFunctions(module: Registry["module"], leftOut: Registry["leftOut"] = {}, prefix = ""): string[] {
  return Object.entries(module).flatMap(([name, value]) => {
    const whole = prefix + name;
    if (Object.hasOwn(leftOut, whole)) return [];
    if (isNamespace(value)) return publicFunctions(value, leftOut, `${whole}.`);
    if (!isClass(value)) return typeof value === "function" ? [whole] : [];
    if (value.prototype instanceof Error) return [];
    return [
      whole,
      ...[...methodsOf(value.prototype as object), ...methodsOf(value)].map((method) => `${whole}.${method}`),
    ];
  });
}

/** The subject of an entry. Throws if there is no such function. */
export function subjectOf({ module, entries, says: common = [] }: Registry, name: string): Subject {
  const { args, on, accepts = {}, says: own = [], then = (result) => result } = entries[name]!;
  const says = [...common, ...own];
  const [first, method] = name.split(".") as [string, string?];
  const value = module[first];
  if (isNamespace(value)) {
    return { name, args, accepts, says, call: (given) => then((value[method!] as Method)(...given)) };
  }
  if (!isClass(value)) return { name, args, accepts, says, call: (given) => then((value as Method)(...given)) };
  if (method === undefined) return { name, args, accepts, says, call: (given) => then(new value(...given)) };
  const isStatic = Object.hasOwn(value, method);
  const object = (): object => on?.() ?? (isStatic ? value : new value(...entries[first]!.args()));
  return {
    name,
    args,
    accepts,
    says,
    call: (given) => then((object() as Record<string, Method>)[method]!(...given)),
    detached: isStatic
      ? undefined
      : () => (value.prototype as Record<string, Method>)[method]!.call(undefined, ...args()),
  };
}

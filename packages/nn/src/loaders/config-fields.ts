/**
 * The fields of a configuration by the several names under which libraries write them. Names of one field have to agree; what is missing
 * or impossible is told with its name.
 */
import { checks, jsonText } from "@selectron/core";
import type { Fail } from "./load-error.js";

/** A configuration as parsed JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Published models have about a hundred. */
const MOST_LAYERS = 10_000;

/** Options of reading a configuration. */
export interface ConfigOptions {
  /** Keys of the configuration that are not known here, but that change nothing that is computed. */
  readonly ignore?: readonly string[] | undefined;
}

/** The fields of parsed JSON. Throws a LoadError if it is no object. */
export function fieldsOf(operation: string, json: unknown, options: ConfigOptions, fail: Fail): Fields {
  checks.checkOptions(operation, options, { ignore: checks.aList("an array of keys", checks.aText) });
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw fail("the configuration must be a JSON object, such as the config.json beside the weights");
  }
  return json as Fields;
}

/** Reads the fields of one configuration. Every method throws a LoadError for a value that does not fit. */
export class ConfigFields {
  readonly #fields: Fields;
  readonly #fail: Fail;

  constructor(fields: Fields, fail: Fail) {
    this.#fields = fields;
    this.#fail = fail;
  }

  /** The name under which a field is given, with its value; undefined if it is absent or null. */
  given(names: readonly string[]): { readonly name: string; readonly value: unknown } | undefined {
    const all = names.filter((name) => this.#fields[name] !== undefined && this.#fields[name] !== null);
    const [name] = all;
    if (name === undefined) return undefined;
    const value = this.#fields[name];
    const other = all.find((one) => this.#fields[one] !== value);
    if (other === undefined) return { name, value };
    const texts = [name, other].map((one) => `${one} is ${jsonText(this.#fields[one])}`);
    throw this.#fail(`the configuration contradicts itself: ${texts.join(", ")}`);
  }

  /** The number of layers, before a list is made of as many. */
  layers(names: readonly string[]): number {
    const layers = this.count(names);
    if (layers <= MOST_LAYERS) return layers;
    throw this.#fail(
      `the configuration's ${this.given(names)!.name} is ${layers}; models have at most ${MOST_LAYERS} layers`,
    );
  }

  /** An integer, 1 or more. */
  count(names: readonly string[], fallback?: number): number {
    const found = this.given(names);
    if (!found) {
      if (fallback !== undefined) return fallback;
      const text = names.length === 1 ? names[0] : `${names[0]} or ${names.at(-1)}`;
      throw this.#fail(`the configuration does not give ${text}`);
    }
    const { name, value } = found;
    if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
    throw this.#fail(`the configuration's ${name} is ${jsonText(value)}; it must be an integer, 1 or more`);
  }

  flag(names: readonly string[]): boolean | undefined {
    const found = this.given(names);
    if (found === undefined || typeof found.value === "boolean") return found?.value as boolean | undefined;
    throw this.#fail(`the configuration's ${found.name} is ${jsonText(found.value)}; it must be true or false`);
  }

  /** A number in a range, both ends left out. */
  amount(names: readonly string[], fallback: number, what: string, least = 0, most = Infinity): number {
    const { name, value } = this.given(names) ?? { name: "", value: fallback };
    if (typeof value === "number" && value > least && value < most) return value;
    throw this.#fail(`the configuration's ${name} is ${jsonText(value)}; it must be ${what}`);
  }

  /** 0 would make NaN of a row of equal numbers, and what float32 holds as infinity makes every norm 0. */
  epsilon(names: readonly string[], fallback: number): number {
    const { name, value } = this.given(names) ?? { name: "", value: fallback };
    if (typeof value === "number" && Math.fround(value) > 0 && Math.fround(value) < Infinity) return value;
    throw this.#fail(`the configuration's ${name} is ${jsonText(value)}; it must be more than 0, such as 1e-5`);
  }

  /** One of some words, which a remark in brackets may follow. */
  word<T>(names: readonly string[], known: Readonly<Record<string, T>>): T | undefined {
    const found = this.given(names);
    if (found === undefined) return undefined;
    const { name, value } = found;
    const word = typeof value === "string" ? /^(\w+)( \(.*\))?$/.exec(value)?.[1] : undefined;
    if (word !== undefined && Object.hasOwn(known, word)) return known[word];
    throw this.#fail(
      `the configuration's ${name} is ${jsonText(value)}; supported are ${Object.keys(known).join(", ")}`,
    );
  }
}

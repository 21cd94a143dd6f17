/**
 * JSON from a file that anybody may have written. A value is asked for by its kind; one of another kind is refused, with its place, what
 * it is and what belongs there.
 */
import { printable } from "@selectron/core";

/** A value of a JSON text, and where it is. */
export class Untrusted {
  readonly #value: unknown;
  /** From the root: `config.blocks[2].heads`. */
  readonly path: string;
  readonly #refusal: (problem: string) => Error;

  /** @param refusal - makes the error that is thrown */
  constructor(value: unknown, path: string, refusal: (problem: string) => Error) {
    this.#value = value;
    this.path = path;
    this.#refusal = refusal;
  }

  /** Parses a text; undefined is none. */
  static parse(text: string | undefined, path: string, refusal: (problem: string) => Error): Untrusted {
    let value: unknown;
    try {
      value = JSON.parse(text ?? "");
    } catch {
      throw refusal(text === undefined ? `${path} is missing` : `${path} is not JSON`);
    }
    return new Untrusted(value, path, refusal);
  }

  /** Throws the error that the value is not what it must be. */
  refuse(wanted: string): never {
    throw this.#refusal(`${this.path === "" ? "it" : this.path} is ${describe(this.#value)}, and not ${wanted}`);
  }

  /** Throws that something about the value does not fit the rest: "labels: there are 5, and config.dModel is 6". */
  must(holds: boolean, problem: string): void {
    if (!holds) this.fail(problem);
  }

  /** Throws what is wrong with the value. */
  fail(problem: string): never {
    throw this.#refusal(this.path === "" ? problem : `${this.path}: ${problem}`);
  }

  /** Undefined where the field is missing. */
  get optional(): Untrusted | undefined {
    return this.#value === undefined ? undefined : this;
  }

  /** A field of an object; its value is undefined where there is none. */
  field(name: string): Untrusted {
    const object = this.#object();
    return this.#part(Object.hasOwn(object, name) ? object[name] : undefined, this.#inside(name));
  }

  /** The fields of an object. */
  entries(): [string, Untrusted][] {
    return Object.entries(this.#object()).map(([name, value]) => [name, this.#part(value, this.#inside(name))]);
  }

  items(): Untrusted[] {
    if (!Array.isArray(this.#value)) this.refuse("a list");
    return this.#value.map((item, i) => this.#part(item, `${this.path}[${i}]`));
  }

  text(): string {
    return typeof this.#value === "string" ? this.#value : this.refuse("a text");
  }

  /** One of these texts. */
  oneOf<T extends string>(choices: readonly T[]): T {
    return choices.find((choice) => choice === this.#value) ?? this.refuse(`one of ${choices.join(", ")}`);
  }

  /** A whole number. */
  count(least = 0): number {
    const fits = Number.isSafeInteger(this.#value) && (this.#value as number) >= least;
    return fits ? (this.#value as number) : this.refuse(`a whole number from ${least}`);
  }

  /** A finite number. */
  number(): number {
    return Number.isFinite(this.#value) ? (this.#value as number) : this.refuse("a finite number");
  }

  flag(): boolean {
    return typeof this.#value === "boolean" ? this.#value : this.refuse("true or false");
  }

  /** The value itself, which the caller checks. */
  raw(): unknown {
    return this.#value;
  }

  #object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.refuse("an object");
    return value as Record<string, unknown>;
  }

  #inside(name: string): string {
    return this.path === "" ? printable(name) : `${this.path}.${printable(name)}`;
  }

  #part(value: unknown, path: string): Untrusted {
    return new Untrusted(value, path, this.#refusal);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return `"${printable(value, 60)}"`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/**
 * Names and their values. Scopes nest lexically. A built-in name is found before any variable and can never be set; the library's
 * names are protected only at the top level: parameters may shadow them. A function value holds its scope, so this file and
 * `value.ts` import each other's types.
 */
import { errors, type Details, type RaspError } from "../diagnostic.js";
import { indicesNode, tokensNode, type SOp } from "../graph/node.js";
import type { Name } from "../syntax/ast.js";
import { spacedCall } from "../syntax/mistakes.js";
import { checks } from "@selectron/core";
import type { Span } from "../source.js";
import { foreignName } from "./foreign-names.js";
import { atomValue, sopValue, type Value } from "./value.js";

const named = (node: SOp, name: string): readonly [string, Value] => {
  node.name = name;
  return [name, sopValue(node)];
};

/** The built-in names, shared by every program. */
const BUILT_IN: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...(["str", "int", "float", "bool", "asis"] as const).map((kind) => named(tokensNode(kind), `tokens_${kind}`)),
  named(indicesNode(), "indices"),
  ["True", atomValue(true)],
  ["False", atomValue(false)],
]);

/** The names that nothing can set. */
export const RESERVED: ReadonlySet<string> = new Set(
  [...BUILT_IN.keys()].concat("if else not and or out def return range for in zip len get".split(" ")),
);

export class Scope {
  readonly #variables = new Map<string, Value>();

  readonly #parent: Scope | undefined;
  readonly #exportTo: Scope | undefined;
  readonly #isProtected: (name: string) => boolean;

  /**
   * @param parent where names that this scope does not have are looked up
   * @param exportTo a scope into which public names are copied when they are set: for a loaded file, the loading program's
   */
  constructor(parent: Scope | undefined, exportTo?: Scope, isProtected: (name: string) => boolean = () => false) {
    this.#parent = parent;
    this.#exportTo = exportTo;
    this.#isProtected = isProtected;
  }

  find(name: string): Value | undefined {
    return BUILT_IN.get(name) ?? this.#variables.get(name) ?? this.#parent?.find(name);
  }

  /** @throws RaspError of class undefined */
  get(name: string, span: Span): Value {
    const value = this.find(name);
    if (value) return value;
    throw errors.undefinedName(`"${name}" is not defined`, {
      span,
      ...(spacedCall(name, span) ?? foreignName(name, span) ?? this.#similar(name, span)),
    });
  }

  #similar(name: string, span: Span): Details {
    const similar = checks.nearest(name, this.names());
    if (similar !== undefined) return { suggestion: `did you mean "${similar}"?`, fix: { span, text: similar } };
    const isCall = /^\s*\(/.test(span.source.text.slice(span.end, span.end + 10));
    return {
      suggestion: isCall
        ? `set it first: def ${name}(x) { return x; }`
        : `set it first, as in ${name} = 1; or write the string "${name}" in quotes`,
    };
  }

  /** Whether this is the scope of a program or a file, not of a function. */
  get isTopLevel(): boolean {
    return this.#parent !== undefined && this.#parent.#parent === undefined;
  }

  /**
   * Why this name cannot be set here, if it cannot.
   * @param comparison what an assignment to it may have been meant as
   */
  refusal({ text, span }: Name, comparison?: string): RaspError | undefined {
    const what = RESERVED.has(text) ? "a built-in name" : this.#isProtected(text) ? "a name of the library" : undefined;
    if (what === undefined) return undefined;
    const compare =
      comparison === undefined || this.find(text)?.kind !== "s-op" ? "" : `; a comparison is ${comparison}`;
    return errors.reservedName(`"${text}" is ${what} and cannot be set`, {
      span,
      suggestion: `choose another name, such as "my_${text}"${compare}`,
    });
  }

  /** @throws RaspError of class reserved */
  set(name: Name, value: Value, comparison?: string): void {
    const refusal = this.refusal(name, comparison);
    if (refusal) throw refusal;
    this.#variables.set(name.text, value);
    if (!name.text.startsWith("_")) this.#exportTo?.set(name, value);
  }

  /** Sets `out`, the value of the last statement. */
  setOut(value: Value): void {
    this.#variables.set("out", value);
  }

  /** The names that a lookup here can find. */
  names(): string[] {
    return [...new Set([...BUILT_IN.keys(), ...this.#variables.keys(), ...(this.#parent?.names() ?? [])])];
  }

  /** The names that were set in this scope itself. */
  ownNames(): string[] {
    return [...this.#variables.keys()].filter((name) => name !== "out");
  }
}

/**
 * Values as JSON: `{"int"}` and `{"float"}` wrap numbers that JSON cannot hold, `{"dict"}` and `{"function"}` values that it does not
 * have; selectors are matrices of 0 and 1. `kinds` tells 1 from 1.0. -0.0 stays the number -0, for which JSON.stringify writes 0 and core's
 * `jsonOf` -0.0.
 */
import { checks } from "@selectron/core";
import { atomText } from "../atom/text.js";
import { atomSize } from "../atom/size.js";
import { checkShown } from "../limits.js";
import type { Value } from "../elaborate/value.js";
import { anAtom } from "../graph/kinds.js";
import type { Atom } from "../graph/node.js";
import { isMatrix, type Matrix } from "../interpret/matrix.js";

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A value as JSON. */
export interface EncodedValue {
  readonly value: Json;
  /** i, f, b, s or n for each atom, in brackets for lists and dicts; absent for selectors. */
  readonly kinds?: string;
}

export function encodeAtom(atom: Atom): Json {
  if (typeof atom === "bigint") return Number.isSafeInteger(Number(atom)) ? Number(atom) : { int: String(atom) };
  if (typeof atom === "number" && !Number.isFinite(atom)) return { float: atomText(atom) };
  return atom;
}

const KINDS = { bigint: "i", number: "f", boolean: "b", string: "s", object: "n" } as const;

/** The kind letter of an atom. */
export const atomKind = (atom: Atom): string => KINDS[typeof atom as keyof typeof KINDS];

const isRow = (row: unknown): boolean => row instanceof Uint8Array;

/** The result of an s-op or a selector on an input. */
export function encodeResult(result: readonly Atom[] | Matrix): EncodedValue {
  checks.check("encodeResult: result", result, {
    what: "an array of atoms, or a matrix",
    fits: (given) => Array.isArray(given) && given.every(isRow(given[0]) ? isRow : anAtom.fits),
  });
  checkShown(
    isMatrix(result)
      ? 2 * result.length ** 2
      : result.reduce<number>(
          (sum, atom) => sum + (typeof atom === "string" ? atom.length + 4 : 24 * atomSize(atom)),
          0,
        ),
  );
  if (isMatrix(result)) return { value: result.map((row) => [...row]) };
  return { value: result.map(encodeAtom), kinds: result.map(atomKind).join("") };
}

/** The atoms of a sequence that `encodeResult` encoded. */
export function decodeSequence(value: readonly Json[], kinds: string): Atom[] {
  checks.check("decodeSequence: value", value, checks.aList("an array of JSON values"));
  checks.check("decodeSequence: kinds", kinds, {
    what: `a string with a kind for each of the ${value.length} values`,
    fits: (given) => typeof given === "string" && given.length === value.length,
  });
  return value.map((item, i) => {
    if (isEncodedAtom(item, kinds[i]!)) return decodeAtom(item, kinds[i]!);
    const what = `what encodeResult gives for the kind ${JSON.stringify(kinds[i])}`;
    throw checks.misfit(`decodeSequence: value ${i}`, item, { what, fits: () => false });
  });
}

function decodeAtom(json: Json, kind: string): Atom {
  if (typeof json !== "object" || json === null) return kind === "i" ? BigInt(json as number) : (json as Atom);
  const { int, float } = json as { readonly int?: string; readonly float?: string };
  return int === undefined ? { inf: Infinity, "-inf": -Infinity, nan: NaN }[float!]! : BigInt(int);
}

/** Whether some JSON is what `encodeAtom` makes of an atom of this kind. */
export function isEncodedAtom(json: unknown, kind: string): boolean {
  const part = typeof json === "object" && json !== null && Object.keys(json).length === 1 ? Object.values(json)[0] : 0;
  switch (kind) {
    case "i":
      return Number.isSafeInteger(json) || (hasKey(json, "int") && typeof part === "string" && INT.test(part));
    case "f":
      return Number.isFinite(json) || (hasKey(json, "float") && ["inf", "-inf", "nan"].includes(part as string));
    case "b":
      return typeof json === "boolean";
    case "s":
      return typeof json === "string";
    default:
      return kind === "n" && json === null;
  }
}

/** No text of thousands of digits, which take long to read. */
const INT = /^(0|-?[1-9]\d{0,5000})$/;

const hasKey = (json: unknown, key: string): boolean =>
  typeof json === "object" && json !== null && Object.hasOwn(json, key);

/** A value. An s-op, selector, vector, score or table is encoded by its kind and name only. */
export function encodeValue(value: Value): EncodedValue {
  switch (value.kind) {
    case "atom":
      return { value: encodeAtom(value.atom), kinds: atomKind(value.atom) };
    case "list": {
      const items = value.items.map(encodeValue);
      return { value: items.map((item) => item.value), kinds: `[${items.map((item) => item.kinds ?? "?").join("")}]` };
    }
    case "dict": {
      const entries = [...value.entries.values()].map((entry) => ({ key: entry.key, ...encodeValue(entry.value) }));
      return {
        value: { dict: entries.map((entry) => [encodeAtom(entry.key), entry.value]) },
        kinds: `{${entries.map((entry) => atomKind(entry.key) + (entry.kinds ?? "?")).join("")}}`,
      };
    }
    case "function":
      return { value: { function: value.definition.name.text }, kinds: "?" };
    case "applied":
      return encodeResult(value.result);
    default:
      return { value: { [value.kind]: value.node.name ?? "" }, kinds: "?" };
  }
}

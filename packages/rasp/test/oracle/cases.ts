/** The oracle's cases: answers of the original implementation. Where they are absent, the tests are skipped with a message. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runCase, type Case } from "../../src/language/text/case.js";
import { RaspError } from "../../src/language/diagnostic.js";
import { displayValue } from "../../src/language/text/display.js";
import { encodeValue, type EncodedValue, type Json } from "../../src/language/text/value-json.js";

const folder = fileURLToPath(new URL("../../../../../shared/oracle/", import.meta.url));

export const oraclePresent = existsSync(`${folder}rasp.jsonl`);

if (!oraclePresent) {
  console.warn(`\n*** SKIPPED: the oracle's cases are not at ${folder}; conformance is NOT tested. ***\n`);
}

export const oracleText = (name: string): string => readFileSync(folder + name, "utf8");

export interface OracleCase extends Case {
  readonly id: string;
  readonly type: string;
  readonly expected: Json;
  readonly kinds?: string;
  readonly display?: string;
  readonly tags?: readonly string[];
}

export const oracleCases = (name: string): OracleCase[] =>
  oracleText(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as OracleCase);

/** The answer to a case: a value and its print, or the class of the error. */
export type Answer = (EncodedValue & { readonly display: string }) | { readonly error: string };

export function answer(oracleCase: Case): Answer {
  try {
    const value = runCase(oracleCase);
    return { ...encodeValue(value), display: displayValue(value) };
  } catch (error) {
    if (error instanceof RaspError) return { error: error.diagnostic.class };
    throw error;
  }
}

/** Whether an answer equals the oracle's in value, kinds, print and error class. */
export function agrees(wanted: OracleCase, actual: Answer): boolean {
  if (wanted.type === "error") {
    return "error" in actual && actual.error === (wanted.expected as { error: string }).error;
  }
  if ("error" in actual) return false;
  // The original prints a function with the file that defines it, which has no counterpart here.
  const isFunction = JSON.stringify(wanted.expected).startsWith('{"function"');
  const samePrint = wanted.display === undefined || isFunction || wanted.display === actual.display;
  return (
    sameJson(wanted.expected, actual.value) &&
    samePrint &&
    (wanted.kinds === undefined || wanted.kinds === actual.kinds)
  );
}

/** Equality as JSON, except that -0 differs from 0. */
const sameJson = (a: Json, b: Json): boolean => JSON.stringify(a, tagZero) === JSON.stringify(b, tagZero);
const tagZero = (_: string, value: unknown): unknown => (Object.is(value, -0) ? "-0" : value);

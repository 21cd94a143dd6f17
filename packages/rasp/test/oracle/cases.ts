/** The oracle's cases: what the original implementation answered. Absent outside the founders' machine, then tests skip loudly. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Environment } from "../../src/environment.js";
import { asInput } from "../../src/elaborate/containers.js";
import { RaspError } from "../../src/diagnostic.js";
import { Evaluation } from "../../src/interpret/evaluation.js";
import { encodeResult, encodeValue, type EncodedValue, type Json } from "../../src/value-json.js";

const folder = fileURLToPath(new URL("../../../../../shared/oracle/", import.meta.url));

export const oraclePresent = existsSync(`${folder}rasp.jsonl`);

if (!oraclePresent)
  console.warn(`\n*** SKIPPED: the oracle's cases are not at ${folder}; conformance is NOT tested. ***\n`);

export const oracleText = (name: string): string => readFileSync(folder + name, "utf8");

export interface OracleCase {
  readonly id: string;
  readonly program: string;
  readonly expr: string;
  readonly inputSrc: string;
  readonly type: string;
  readonly expected: Json;
  readonly kinds?: string;
  readonly tags?: readonly string[];
}

export const oracleCases = (name: string): OracleCase[] =>
  oracleText(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as OracleCase);

/** What a case came to here: a value, or the class of the error. */
export type Answer = EncodedValue | { readonly error: string };

/** The oracle's protocol: new session, running examples := input, feed program, evaluate expr, then apply it to the input. */
export function answer({ program, expr, inputSrc }: Pick<OracleCase, "program" | "expr" | "inputSrc">): Answer {
  try {
    const environment = new Environment();
    // An empty input cannot be a running example; it fails where the original fails, when something is applied to it.
    const input = environment.evaluateExpression(inputSrc);
    const atoms = asInput(input);
    environment.session.setExample("both", atoms);
    environment.run(program);
    const value = environment.evaluateExpression(expr);
    if (value.kind === "s-op") return encodeResult(new Evaluation(atoms).sop(value.node));
    if (value.kind === "selector") return encodeResult(new Evaluation(atoms).selector(value.node));
    return encodeValue(value);
  } catch (error) {
    if (error instanceof RaspError) return { error: error.diagnostic.class };
    throw error;
  }
}

/** Whether an answer is the oracle's, in value, kinds and error class. */
export function agrees(expected: Pick<OracleCase, "expected" | "kinds" | "type">, actual: Answer): boolean {
  if (expected.type === "error")
    return "error" in actual && actual.error === (expected.expected as { error: string }).error;
  if ("error" in actual) return false;
  return sameJson(expected.expected, actual.value) && (actual.kinds === undefined || actual.kinds === expected.kinds);
}

/** Equal as JSON, with -0 apart from 0. */
const sameJson = (a: Json, b: Json): boolean => JSON.stringify(a, tagZero) === JSON.stringify(b, tagZero);
const tagZero = (_: string, value: unknown): unknown => (Object.is(value, -0) ? "-0" : value);

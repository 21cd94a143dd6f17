/** Programs with the values that tracr gave them (Lindner et al. 2023). Without the file, which is not in the repository, tests are skipped. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isSelector } from "../../src/language/graph/node.js";
import type { Plain, Selector, SOp } from "../../src/index.js";
import { causally } from "./causal.js";
import { graphOf, type GraphNode } from "./graph.js";
import { programOf } from "./program.js";
import { REFUSED_BY_TRACR, testCaseProgram } from "./test-cases.js";

const folder = fileURLToPath(new URL("../../../../../shared/oracle/", import.meta.url));

export const tracrPresent = existsSync(`${folder}tracr.jsonl`);

if (!tracrPresent) console.warn(`\n*** SKIPPED: tracr's cases are not at ${folder}; they are NOT tested. ***\n`);

export interface TracrCase {
  readonly id: string;
  readonly kind: "tracr-testcase" | "compile-refusal" | "tracr-unittest" | "tracr-selector" | "library" | "fuzz";
  readonly group: string;
  readonly program: string | { readonly nodes: readonly GraphNode[]; readonly out: number };
  readonly vocab: readonly NonNullable<Plain>[];
  readonly max_seq_len: number;
  readonly input: readonly NonNullable<Plain>[];
  readonly mode: "bidirectional" | "causal";
  readonly expected: readonly Plain[] | readonly (readonly boolean[])[];
  readonly expected_error?: string;
}

export const tracrCases = (): TracrCase[] =>
  readFileSync(`${folder}tracr.jsonl`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TracrCase);

/** The program of a case in our combinators. @throws Error where its text is not understood */
export function programOfCase({ kind, program, mode, vocab, max_seq_len }: TracrCase): SOp | Selector {
  const node =
    typeof program !== "string"
      ? graphOf(program)
      : kind === "tracr-testcase"
        ? testCaseProgram(program, { vocab, maxLength: max_seq_len })
        : kind === "compile-refusal"
          ? refused(program)
          : programOf(program);
  return mode === "causal" ? causally(node) : node;
}

function refused(name: string): SOp {
  const program = REFUSED_BY_TRACR[name];
  if (!program || isSelector(program)) throw new Error(`no program that tracr refuses is called ${name}`);
  return program;
}

/** Whether two values are equal. 1, true and 1.0 are one value, and numbers may differ by the rounding of a mean. */
export const agree = (expected: Plain, got: Plain): boolean => {
  if (expected === null || got === null || typeof expected === "string" || typeof got === "string") {
    return expected === got;
  }
  const [a, b] = [Number(expected), Number(got)];
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a));
};

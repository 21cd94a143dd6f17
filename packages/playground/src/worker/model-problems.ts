/** Which s-op a question about models is about, and what is said where there is no model. */
import { SafetensorsError } from "@selectron/core";
import { Gpt2Error } from "@selectron/nn";
import { isSelector, ModelFileError, ModelInputError, RaspError, type Atom, type SOp } from "@selectron/rasp";
import { tokensOf } from "./input.js";
import type { CompileQuestion } from "./model-protocol.js";
import { problemOf } from "./places.js";
import { runProgram } from "./program.js";
import type { Problem } from "./problem.js";
import { targetAt } from "./target.js";

/** An error that is no problem of the program, as one. */
export function otherProblem(error: unknown): Problem {
  if (error instanceof RaspError) return problemOf(error.diagnostic);
  const isForeseen = [ModelFileError, ModelInputError, RangeError, SafetensorsError, Gpt2Error].some(
    (kind) => error instanceof kind,
  );
  // The decompiler, which is loaded when it is first needed, has an error of its own.
  if (error instanceof Error && (isForeseen || error.name === "DecompileError")) {
    return { code: "", severity: "error", message: error.message, notes: [] };
  }
  throw error;
}

/** The s-op that is asked about. @throws RangeError where there is none */
export function sopOf({
  program,
  input,
  cursor,
  target,
}: Pick<CompileQuestion, "program" | "input" | "cursor" | "target">): {
  readonly sop: SOp;
  readonly tokens: readonly Atom[];
} {
  const tokens = tokensOf(input);
  const { environment, bound, problems } = runProgram(program, tokens.length === 0 ? ["?"] : tokens);
  const node = targetAt(environment, bound, program, cursor, target)?.node;
  if (node && !isSelector(node)) return { sop: node, tokens };
  const [problem] = problems.filter(({ severity }) => severity === "error");
  throw new RangeError(problem?.message ?? (node ? "model.selector" : "model.nothing"));
}

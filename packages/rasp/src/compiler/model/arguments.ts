/** What the methods of a compiled model take, and the errors for what they do not. */
import { checks } from "@selectron/core";
import type { Recorder } from "@selectron/nn";
import { someInputs } from "../../language/graph/kinds.js";
import type { Patch } from "./patch.js";

/** How a single input is run. */
export interface RunOptions {
  /** What to replace in the forward pass, by s-op name. */
  readonly patch?: readonly Patch[];
  /** The output whose values are wanted, of a model with several; the first if absent. */
  readonly output?: string;
  /** Sees every named activation, as patched, [1, BOS and input, …]; for `run` only. */
  readonly record?: Recorder;
}

const RUN = {
  patch: checks.aList("an array of patches, which are objects", checks.anObject("a patch")),
  output: checks.aText,
};
const SEQUENCES = checks.aList("an array of arrays of tokens", checks.aList("an array of tokens"));

/** A trace records for itself. */
export const checkRun = (operation: "run" | "trace", options: RunOptions): void =>
  checks.checkOptions(operation, options, operation === "run" ? { ...RUN, record: checks.aFunction() } : RUN);

/** Of many inputs at once, which take no patches. */
export function checkBatch(operation: string, inputs: unknown, options: RunOptions = {}): void {
  checks.check(`${operation}: inputs`, inputs, someInputs);
  checks.checkOptions(operation, options, { output: RUN.output });
}

export function checkOutputs(inputs: unknown, record: unknown, patch: unknown): void {
  checks.check("outputs: inputs", inputs, SEQUENCES);
  checks.checkGiven("outputs: record", record, checks.aFunction());
  checks.checkGiven("outputs: patch", patch, checks.aFunction());
}

const PARTS = {
  model: checks.anObjectWith("a TransformerEncoder", "forward", "config"),
  card: checks.anObjectWith("a model card", "vocabulary", "outputs", "config"),
  layout: checks.anObjectWith("a layout", "labels"),
  warnings: checks.aList("an array of warnings"),
  program: checks.anObjectWith("a compiled program", "outputs", "normal"),
  notes: checks.aList("an array of strings", checks.aText),
};

/** The arguments of the constructor, by name. */
export const checkParts = (parts: Readonly<Record<keyof typeof PARTS, unknown>>): void =>
  checks.checkOptions("CompiledModel", parts, PARTS, ["model", "card"]);

/** Which inputs a verification tries, for all kinds of models. */
import { checks } from "@selectron/core";
import { aRunLength } from "../../language/graph/kinds.js";
import type { Atom } from "../../language/graph/node.js";
import { everyInput, randomInputs } from "./inputs.js";

/** All inputs up to the model's maximum length, or `runs` random ones, which a seed determines. */
export type VerifyRun = { readonly exhaustive: true } | { readonly runs: number; readonly seed: number };

const RUN = {
  exhaustive: {
    what: "true; leave it out, and give runs and seed, for random inputs",
    fits: (value: unknown) => value === true,
  },
  runs: aRunLength,
  seed: checks.aFinite,
};

/**
 * @param what - the function whose options these are
 * @param others - checks of its other options
 * @throws TypeError or RangeError where the options say neither that all inputs are tried nor how many random ones, or something else is wrong
 */
export function checkRun(what: string, options: unknown, others: Parameters<typeof checks.checkOptions>[2] = {}): void {
  const all = { ...RUN, ...others };
  checks.checkOptions(what, options, all);
  const isWhole = (options as { readonly exhaustive?: true }).exhaustive === true;
  if (!isWhole) checks.checkOptions(what, options, all, ["runs", "seed"]);
}

/** The inputs of a run. */
export const inputsToTry = (
  { vocabulary, maxLength }: { readonly vocabulary: readonly Atom[]; readonly maxLength: number },
  run: VerifyRun,
): Iterable<readonly Atom[]> =>
  "runs" in run ? randomInputs(vocabulary, maxLength, run.runs, run.seed) : everyInput(vocabulary, maxLength);

/** Compares a looped model with the interpreter: the states after every step, and the values at the end. */
import { checks } from "@selectron/core";
import { atomsEqual } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import { causal } from "../../language/graph/causal.js";
import { aRunLength, checkSOp } from "../../language/graph/kinds.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { loopSteps } from "../../language/interpret/loop-steps.js";
import { everyInput, randomInputs } from "../verify/inputs.js";
import { LoopedModel } from "./looped-model.js";

/** All inputs up to the model's maximum length, or `runs` random ones, which a seed determines. */
export type VerifyLoopedOptions = { readonly exhaustive: true } | { readonly runs: number; readonly seed: number };

/** A step that is not the interpreter's. */
export interface WrongStep {
  readonly input: readonly Atom[];
  /** Which step, from 1; undefined where all steps are right and the values at the end are not, or the model ends at another step. */
  readonly step: number | undefined;
  /** The state, or the s-op. */
  readonly name: string;
  readonly expected: readonly Atom[];
  readonly got: readonly Atom[];
}

/** What a verification found. */
export interface LoopedReport {
  /** Whether model and interpreter agree on every step of every input on which the program has a value. */
  readonly ok: boolean;
  readonly inputs: number;
  /** Inputs on which the program has no value, such as those on which its loop does not end. */
  readonly withoutValue: number;
  readonly wrong: number;
  /** All steps that were compared. */
  readonly steps: number;
  readonly counterexample?: WrongStep;
}

const OPTIONS = {
  exhaustive: {
    what: "true; leave it out, and give runs and seed, for random inputs",
    fits: (v: unknown) => v === true,
  },
  runs: aRunLength,
  seed: checks.aFinite,
};

/**
 * Compares the states after every step, and the values at the end.
 *
 * @param sop - what `compileLooped` was given
 */
export function verifyLooped(sop: SOp, model: LoopedModel, options: VerifyLoopedOptions): LoopedReport {
  checkSOp("verifyLooped", sop);
  checks.check("verifyLooped: model", model, checks.anInstance(LoopedModel));
  checks.checkOptions("verifyLooped", options, OPTIONS);
  const isWhole = (options as { readonly exhaustive?: true }).exhaustive === true;
  if (!isWhole) checks.checkOptions("verifyLooped", options, OPTIONS, ["runs", "seed"]);
  const { vocabulary, maxLength } = model;
  const meant = model.model.config.causal === true ? causal(sop) : sop;
  const inputs =
    "runs" in options
      ? randomInputs(vocabulary, maxLength, options.runs, options.seed)
      : everyInput(vocabulary, maxLength);
  let [count, withoutValue, wrong, steps] = [0, 0, 0, 0];
  let counterexample: WrongStep | undefined;
  for (const input of inputs) {
    count++;
    const expected = expectedOn(meant, input);
    if (!expected) {
      withoutValue++;
      continue;
    }
    steps += expected.states.length;
    const found = wrongStep(model, input, expected);
    if (!found) continue;
    wrong++;
    counterexample ??= found;
  }
  return { ok: wrong === 0, inputs: count, withoutValue, wrong, steps, ...(counterexample ? { counterexample } : {}) };
}

/** What the interpreter says. */
interface Expected {
  readonly name: string;
  readonly values: readonly Atom[];
  /** After each step. */
  readonly states: readonly (readonly (readonly Atom[])[])[];
}

/** @returns undefined where the program has no value */
function expectedOn(sop: SOp, input: readonly Atom[]): Expected | undefined {
  try {
    const [loop] = loopSteps(sop, input);
    const states = loop!.moments.slice(1).map((moment) => moment.states);
    return { name: sop.name ?? "s-op", values: new Evaluation(input).sop(sop), states };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

function wrongStep(model: LoopedModel, input: readonly Atom[], expected: Expected): WrongStep | undefined {
  const ran = model.steps(input);
  const areSame = (a: readonly Atom[], b: readonly Atom[]): boolean => a.every((atom, i) => atomsEqual(atom, b[i]!));
  for (let step = 0; step < Math.min(ran.steps, expected.states.length); step++) {
    for (const [s, name] of ran.names.entries()) {
      const [wanted, got] = [expected.states[step]![s]!, ran.states[step]![s]!];
      if (!areSame(wanted, got)) return { input, step: step + 1, name, expected: wanted, got };
    }
  }
  if (ran.steps === expected.states.length && areSame(expected.values, ran.values)) return undefined;
  return { input, step: undefined, name: expected.name, expected: expected.values, got: ran.values };
}

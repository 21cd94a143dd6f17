/** Compares a looped model with the interpreter: the states after every step, and the values at the end. */
import { checks, withFixedWeights } from "@selectron/core";
import { atomsEqual } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import { causal } from "../../language/graph/causal.js";
import { checkSOp } from "../../language/graph/kinds.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import type { Loop } from "../../language/graph/loop.js";
import { loopSteps } from "../../language/interpret/loop-steps.js";
import type { Span } from "../../language/source.js";
import { agreementAmong } from "../plan/ir/decoding.js";
import { smallerInputs } from "../verify/inputs.js";
import { checkRun, inputsToTry, type VerifyRun } from "../verify/run-options.js";
import type { WrongSOp } from "../verify/diagnose.js";
import { compileLooped } from "./index.js";
import { firstWrongInside, type InsideLoop } from "./inside.js";
import { LoopedModel, type LoopedRun } from "./looped-model.js";
import { repeatedLoop } from "./parts.js";

/** A step that is not the interpreter's. */
export interface WrongStep {
  /** The first wrong input, made as small as possible. */
  readonly input: readonly Atom[];
  /** Which step, from 1; undefined where all steps that both take are right. */
  readonly step: number | undefined;
  /** The state that the step makes wrong, or the s-op. */
  readonly name: string;
  /** What computes it: of a state the s-op that the step makes it. */
  readonly span: Span | undefined;
  /** The first position at which it is wrong, in the input, from 0; undefined where only the numbers of steps differ. */
  readonly position: number | undefined;
  readonly expected: readonly Atom[];
  /** Undefined where the model's loop does not end. */
  readonly got: readonly Atom[] | undefined;
  /** How many steps the interpreter takes, and the model, if its loop ends. */
  readonly steps: readonly [expected: number, got: number | undefined];
  /** Of a wrong step the first s-op inside it that is wrong; undefined where none is, or only what the step makes of them. */
  readonly firstWrong?: WrongSOp;
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

/**
 * Compares the states after every step, and the values at the end, floats of these up to float32.
 *
 * @param sop - what `compileLooped` was given
 */
export function verifyLooped(sop: SOp, model: LoopedModel, options: VerifyRun): LoopedReport {
  checkSOp("verifyLooped", sop);
  checks.check("verifyLooped: model", model, checks.anInstance(LoopedModel));
  checkRun("verifyLooped", options);
  const meant = model.causal ? causal(sop) : sop;
  const inputs = inputsToTry(model, options);
  // The weights are listed once for all inputs.
  return withFixedWeights(() => reportOn(sop, meant, model, inputs));
}

/** @param meant - what the model computes: `sop`, where positions see later ones */
function reportOn(sop: SOp, meant: SOp, model: LoopedModel, inputs: Iterable<readonly Atom[]>): LoopedReport {
  let [count, withoutValue, wrong, steps] = [0, 0, 0, 0];
  let first: WrongStep | undefined;
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
    first ??= found;
  }
  return {
    ok: wrong === 0,
    inputs: count,
    withoutValue,
    wrong,
    steps,
    ...(first ? { counterexample: withFirstWrong(sop, meant, model, smallest(meant, model, first)) } : {}),
  };
}

/** The wrong step on an input of which no smaller one is wrong. */
function smallest(sop: SOp, model: LoopedModel, found: WrongStep): WrongStep {
  for (const input of smallerInputs(found.input, model.vocabulary)) {
    const expected = expectedOn(sop, input);
    const smaller = expected && wrongStep(model, input, expected);
    if (smaller) return smallest(sop, model, smaller);
  }
  return found;
}

/** The wrong step with what is wrong inside it. Of a model from a file that is known if the program compiles to the same coordinates. */
function withFirstWrong(sop: SOp, meant: SOp, model: LoopedModel, found: WrongStep): WrongStep {
  const { input, step } = found;
  if (step === undefined) return found;
  const inside = model.inside ?? insideAgain(sop, model);
  const repeated = repeatedLoop(meant);
  const moment = loopSteps(meant, input).find(({ loop }) => loop === repeated)!.moments[step - 1]!;
  const firstWrong = inside && firstWrongInside(model, inside, input, step, moment);
  return firstWrong ? { ...found, firstWrong } : found;
}

function insideAgain(sop: SOp, { vocabulary, maxLength, causal: isCausal, card }: LoopedModel): InsideLoop | undefined {
  try {
    const again = compileLooped(sop, { vocabulary, maxLength, name: card.name, causal: isCausal });
    return again.card.labels.join("\n") === card.labels.join("\n") ? again.inside : undefined;
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** What the interpreter says. */
interface Expected {
  readonly sop: SOp;
  readonly loop: Loop;
  readonly values: readonly Atom[];
  /** After each step. */
  readonly states: readonly (readonly (readonly Atom[])[])[];
}

/** @returns undefined where the program has no value */
function expectedOn(sop: SOp, input: readonly Atom[]): Expected | undefined {
  try {
    const repeated = repeatedLoop(sop);
    const { loop, moments } = loopSteps(sop, input).find((steps) => steps.loop === repeated)!;
    const states = moments.slice(1).map((moment) => moment.states);
    return { sop, loop, values: new Evaluation(input).sop(sop), states };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

function wrongStep(model: LoopedModel, input: readonly Atom[], expected: Expected): WrongStep | undefined {
  const { sop, loop, values, states } = expected;
  const ran = ranOn(model, input);
  const steps = [states.length, ran?.steps] as const;
  const result = { input, step: undefined, name: sop.name ?? "s-op", span: sop.span, steps };
  if (!ran) return { ...result, position: undefined, expected: values, got: undefined };
  const differ = (a: readonly Atom[], b: readonly Atom[]): number => a.findIndex((atom, i) => !atomsEqual(atom, b[i]!));
  for (let step = 0; step < Math.min(ran.steps, states.length); step++) {
    for (const [s, name] of ran.names.entries()) {
      const [wanted, got] = [states[step]![s]!, ran.states[step]![s]!];
      const position = differ(wanted, got);
      if (position < 0) continue;
      const span = loop.steps[s]!.span ?? loop.span;
      return { input, step: step + 1, name, span, position, expected: wanted, got, steps };
    }
  }
  const agreement = agreementAmong(model.card.output.classes);
  const position = values.findIndex((value, i) => agreement(value, ran.values[i]!) === "different");
  if (ran.steps === states.length && position < 0) return undefined;
  return { ...result, position: position < 0 ? undefined : position, expected: values, got: ran.values };
}

/** @returns undefined where the model's loop does not end */
function ranOn(model: LoopedModel, input: readonly Atom[]): LoopedRun | undefined {
  try {
    return model.steps(input);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

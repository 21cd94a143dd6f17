/** Does the compiled model compute its program? Tried on all inputs, or on seeded random ones. */
import { atomsEqual } from "../atom/compare.js";
import type { CompiledModel } from "../compile/compiled-model.js";
import { RaspError } from "../diagnostic.js";
import type { Atom, SOp } from "../graph/node.js";
import { Evaluation } from "../interpret/evaluation.js";
import { firstWrongSOp, type WrongSOp } from "./diagnose.js";
import { everyInput, randomInputs, smallerInputs } from "./inputs.js";

export { countInputs } from "./inputs.js";
export type { WrongSOp } from "./diagnose.js";

/** All inputs up to the model's maximum length, or `runs` random ones, equal for equal seeds. */
export type VerifyOptions = { readonly exhaustive: true } | { readonly runs: number; readonly seed: number };

export interface VerifyReport {
  /** Whether model and program agreed on every input on which the program has a value. */
  readonly ok: boolean;
  readonly exhaustive: boolean;
  /** Inputs tried, those without a value among them. */
  readonly inputs: number;
  /** Inputs on which the program itself fails; the model's answer there means nothing. */
  readonly withoutValue: number;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  readonly counterexample?: Counterexample;
}

export interface Counterexample {
  readonly input: readonly Atom[];
  /** What the interpreter gives. */
  readonly expected: readonly Atom[];
  /** What the model gives. */
  readonly got: readonly Atom[];
  /** The first s-op of the program whose value in the residual stream is wrong, if the residual stream shows one. */
  readonly firstWrong?: WrongSOp;
}

const BATCH = 128;

/**
 * Compares the model with the interpreter. The counterexample is the smallest one: the first in order of length when
 * exhaustive, else shrunk until no smaller input fails.
 *
 * @param onProgress - called now and then with the number of inputs tried so far.
 */
export function verify(
  sop: SOp,
  compiled: CompiledModel,
  options: VerifyOptions,
  onProgress?: (inputs: number) => void,
): VerifyReport {
  const { vocabulary, maxLength } = compiled.card;
  const exhaustive = "exhaustive" in options;
  const source = exhaustive
    ? everyInput(vocabulary, maxLength)
    : randomInputs(vocabulary, maxLength, options.runs, options.seed);
  let inputs = 0;
  let withoutValue = 0;
  const report = (counterexample?: Counterexample): VerifyReport => ({
    ok: counterexample === undefined,
    exhaustive,
    inputs,
    withoutValue,
    vocabulary,
    maxLength,
    ...(counterexample ? { counterexample } : {}),
  });

  for (const batch of batches(source)) {
    const answers = compiled.values(batch);
    for (const [b, input] of batch.entries()) {
      inputs++;
      const expected = interpret(sop, input);
      if (!expected) withoutValue++;
      else if (!same(expected, answers[b]!)) return report(describe(sop, compiled, shrink(sop, compiled, input)));
    }
    onProgress?.(inputs);
  }
  return report();
}

/** Groups inputs of one length, so that they run through the model together, without changing which comes first by much. */
function* batches(source: Iterable<readonly Atom[]>): Generator<(readonly Atom[])[]> {
  const waiting = new Map<number, (readonly Atom[])[]>();
  for (const input of source) {
    const group = waiting.get(input.length) ?? [];
    waiting.set(input.length, group);
    group.push(input);
    if (group.length < BATCH) continue;
    waiting.delete(input.length);
    yield group;
  }
  yield* waiting.values();
}

/** The interpreter's values; undefined where the program has none. */
function interpret(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const same = (expected: readonly Atom[], got: readonly Atom[]): boolean =>
  expected.every((value, i) => atomsEqual(value, got[i]!));

function fails(sop: SOp, compiled: CompiledModel, input: readonly Atom[]): boolean {
  const expected = interpret(sop, input);
  return expected !== undefined && !same(expected, compiled.values([input])[0]!);
}

function shrink(sop: SOp, compiled: CompiledModel, input: readonly Atom[]): readonly Atom[] {
  for (;;) {
    const smaller = [...smallerInputs(input, compiled.card.vocabulary)].find((other) => fails(sop, compiled, other));
    if (!smaller) return input;
    input = smaller;
  }
}

function describe(sop: SOp, compiled: CompiledModel, input: readonly Atom[]): Counterexample {
  const firstWrong = firstWrongSOp(compiled, input);
  return {
    input,
    expected: interpret(sop, input)!,
    got: compiled.values([input])[0]!,
    ...(firstWrong ? { firstWrong } : {}),
  };
}

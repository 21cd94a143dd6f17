/** What a model answers, and what it must answer. */
import { Gpt2Error } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import { CompiledModel } from "../model/compiled-model.js";
import type { Gpt2Program } from "../model/gpt2-program.js";
import { ModelFileError } from "../model/errors.js";

/** What stands for the values of a marked input. */
const noValues = (input: readonly Atom[]): Atom[] => input.map(() => "no value");

/** What stands for the values of an input for which the logits are not finite: they are wrong. */
const noNumbers = (input: readonly Atom[]): Atom[] => input.map(() => "no number");

/** The model's values, [output][input][position], or that it says that there are none. */
export function answersTo(compiled: CompiledModel | Gpt2Program, inputs: readonly (readonly Atom[])[]): Atom[][][] {
  const outputs = outputsFor(compiled, inputs);
  if (!compiled.card.failures || !(compiled instanceof CompiledModel)) return outputs;
  const failures = compiled.failures(inputs);
  return outputs.map((values) => values.map((answer, b) => (failures[b]!.length > 0 ? noValues(inputs[b]!) : answer)));
}

/** Where logits of a batch are not finite, its inputs are asked one by one. */
function outputsFor(compiled: CompiledModel | Gpt2Program, inputs: readonly (readonly Atom[])[]): Atom[][][] {
  try {
    return compiled.outputs(inputs);
  } catch (error) {
    if (!(error instanceof ModelFileError || error instanceof Gpt2Error)) throw error;
    const alone = inputs.map((input) =>
      inputs.length > 1 ? outputsFor(compiled, [input]) : compiled.card.outputs.map(() => [noNumbers(input)]),
    );
    return compiled.card.outputs.map((_, o) => alone.map((outputs) => outputs[o]![0]!));
  }
}

/** The model's values on one input, [output][position]. */
export const answersOf = (compiled: CompiledModel | Gpt2Program, input: readonly Atom[]): Atom[][] =>
  answersTo(compiled, [input]).map(([values]) => values!);

/** What the model must answer: of a model with marks that there is no value, of any other anything. */
export const expectedOf = (
  { card }: CompiledModel | Gpt2Program,
  values: readonly (readonly Atom[] | undefined)[],
  input: readonly Atom[],
): readonly (readonly Atom[] | undefined)[] =>
  card.failures && values.includes(undefined) ? values.map(() => noValues(input)) : values;

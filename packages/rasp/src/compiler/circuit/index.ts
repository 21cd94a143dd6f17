/** The circuit of a compiled model, and what cutting its edges does. */
import { checks } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";
import { atomKey } from "../../language/atom/compare.js";
import { CompiledModel } from "../model/compiled-model.js";
import { uniformModel } from "../model/uniform.js";
import { classOf, widthOf } from "../plan/ir/decoding.js";
import { countInputs, everyInput, randomInputs } from "../verify/inputs.js";
import { promisedInputs } from "../verify/promised-inputs.js";
import { ablate, type AblationReport, type Answers } from "./ablate.js";
import { buildCircuit } from "./build.js";
import type { Circuit } from "./circuit.js";
import { seenEdges, type SeenEdge } from "./edges.js";
import { forward } from "./forward.js";
import { stackOf, type Stack } from "./stack.js";

/** A circuit, with what is needed to try it. */
interface Found {
  readonly circuit: Circuit;
  readonly stack: Stack;
  readonly edges: readonly SeenEdge[];
}

/**
 * The circuit of a compiled model with equal layers, as `transformerLensFolder` writes it: who reads what of whom, in which subspace, for
 * which s-op and line. What is constant was compared on all inputs of up to 5 tokens, or as many as that are not too many, and on longer ones.
 *
 * @throws RangeError for a model that was read from a file, which does not know its program: `withProgram` helps
 */
export function circuitOf(model: CompiledModel): Circuit {
  checks.check("circuitOf: model", model, checks.anInstance(CompiledModel));
  return find(model).circuit;
}

/**
 * The circuit, put to the test: all edges outside it are cut together, which must not change an answer, and each edge inside alone, which must.
 *
 * @param seed - of the longer inputs, and of those that edges are replaced from
 * @throws RangeError as `circuitOf` does
 */
export function ablateCircuit(
  model: CompiledModel,
  seed = 0,
): { readonly circuit: Circuit; readonly report: AblationReport } {
  checks.check("ablateCircuit: model", model, checks.anInstance(CompiledModel));
  checks.check("ablateCircuit: seed", seed, checks.aFinite);
  const { circuit, stack, edges } = find(model);
  const inputs = trialInputs(model, seed).map((input) => model.encode(input));
  return { circuit, report: ablate({ stack, inputs, answers: answersOf(model), seed }, edges) };
}

function find(model: CompiledModel): Found {
  const uniform = uniformModel(model);
  const stack = stackOf(uniform.model);
  const passes = trialInputs(model, 0, CONTENTS).map((input) => forward(stack, model.encode(input)));
  const edges = seenEdges(stack, passes);
  return { circuit: buildCircuit(model, uniform, stack, edges), stack, edges };
}

/** Inputs of up to this many tokens are tried all, as long as there are no more than so many. */
const [SHORT, MOST_SHORT] = [5, 4000];
/** Longer inputs of a trial, and on which contents are compared. */
const [LONGER, CONTENTS] = [2000, 200];

/** Every short input and `longer` random ones, of those that are promised: shorter ones first. */
function trialInputs(model: CompiledModel, seed: number, longer = LONGER): (readonly Atom[])[] {
  const { vocabulary, maxLength } = model.card;
  const { choices, isPromised } = promisedInputs(model);
  let short = Math.min(SHORT, maxLength);
  while (short > 1 && countInputs(vocabulary.length, short) > MOST_SHORT) short--;
  const inputs = [...everyInput(vocabulary, short, undefined, choices)].filter(isPromised);
  if (short === maxLength) return inputs;
  const random = randomInputs(vocabulary, maxLength, longer, seed, undefined, choices, isPromised);
  return [...inputs, ...[...random].filter((input) => input.length > short && isPromised(input))];
}

/** The values that a model's logits mean, as texts that tell them apart. */
function answersOf({ card }: CompiledModel): Answers {
  const columns = card.config.outputs;
  const outputs = [...card.outputs, ...(card.failures ?? [])];
  return (logits) => {
    const answers: string[] = [];
    for (let start = columns; start < logits.length; start += columns) {
      let from = start;
      for (const { decoding } of outputs) {
        const width = widthOf(decoding);
        answers.push(atomKey(decoding.classes[classOf(decoding, logits.subarray(from, from + width))]!));
        from += width;
      }
    }
    return answers;
  };
}

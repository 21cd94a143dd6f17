/** The circuit of a compiled model, and what cutting its edges does. */
import { checks } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";
import { atomKey } from "../../language/atom/compare.js";
import { CompiledModel } from "../model/compiled-model.js";
import type { ModelFile } from "../model/model-file.js";
import { uniformModel } from "../model/uniform.js";
import { classOf, widthOf } from "../plan/ir/decoding.js";
import { countInputs, everyInput, randomInputs } from "../verify/inputs.js";
import { promisedInputs } from "../verify/promised-inputs.js";
import { ablate, type AblationReport, type Answers } from "./ablate.js";
import { buildCircuit } from "./build.js";
import { inBasis, type Circuit } from "./circuit.js";
import { seenEdges, type SeenEdge } from "./edges.js";
import { forward } from "./forward.js";
import { gpt2Stack } from "./gpt2.js";
import { stackOf, type Stack } from "./stack.js";

/** Of which model a circuit is. */
export interface CircuitOptions {
  /**
   * The model with equal layers, as folders for other tools have it, instead of the compiled one; false by default. Of a model that was
   * compiled to be a GPT-2 it is always the GPT-2.
   */
  readonly equalLayers?: boolean;
}

/** How a circuit is put to the test. */
export interface AblationOptions extends CircuitOptions {
  /** Of the longer inputs, and of the inputs that edges are replaced from; 0 by default. */
  readonly seed?: number;
}

/** A circuit and what cutting its edges did. */
export interface AblatedCircuit {
  readonly circuit: Circuit;
  readonly report: AblationReport;
}

const OPTIONS = { equalLayers: checks.aFlag, seed: checks.aFinite };

/**
 * The circuit of a compiled model: who reads what of whom, in which subspace of the residual stream, for which s-op and line. What is constant
 * was compared on all inputs of up to 5 tokens (fewer where they are more than 1,500) and on longer ones.
 *
 * @throws RangeError for a model that was read from a file, which does not know its program: `withProgram` helps
 */
export function circuitOf(model: CompiledModel, options: CircuitOptions = {}): Circuit {
  checks.check("circuitOf: model", model, checks.anInstance(CompiledModel));
  checks.checkOptions("circuitOf", options, { equalLayers: OPTIONS.equalLayers });
  return found(model, options).circuit;
}

/**
 * The circuit, put to the test: all edges outside it are cut together, which must not change an answer, and each edge inside alone, which
 * must. Inputs are all of up to 5 tokens (fewer where they are more than 4,000) and 2,000 longer ones.
 *
 * @throws RangeError as `circuitOf` does
 */
export function ablateCircuit(model: CompiledModel, options: AblationOptions = {}): AblatedCircuit {
  checks.check("ablateCircuit: model", model, checks.anInstance(CompiledModel));
  checks.checkOptions("ablateCircuit", options, OPTIONS);
  const { circuit, stack, edges, answers } = found(model, options);
  return { circuit, report: ablateEdges(model, stack, edges, options.seed, answers) };
}

/**
 * Cuts edges of a stack that computes what a compiled model does: in another basis, say, or with layer norm. Its token ids are the model's.
 *
 * @param answers - what its logits mean; by default what the model's mean
 */
export function ablateEdges(
  model: CompiledModel,
  stack: Stack,
  edges: readonly SeenEdge[],
  seed = 0,
  answers = answersOf(model, stack.unembedding.outputs),
): AblationReport {
  const inputs = trialInputs(model, seed, CUT).map((input) => model.encode(input));
  return ablate({ stack, inputs, answers, seed }, edges);
}

/** The edges of a stack that computes what a compiled model does, and whose contents differ from input to input. */
export function edgesOf(model: CompiledModel, stack: Stack): SeenEdge[] {
  const passes = trialInputs(model, 0, COMPARED).map((input) => forward(stack, model.encode(input)));
  return seenEdges(stack, passes);
}

/** A circuit, with what is needed to try it. */
interface Found {
  readonly circuit: Circuit;
  readonly stack: Stack;
  readonly edges: readonly SeenEdge[];
  readonly answers: Answers;
}

function found(model: CompiledModel, { equalLayers = false }: CircuitOptions): Found {
  if (model.card.gpt2) return foundInGpt2(model);
  const file: ModelFile = equalLayers ? uniformModel(model) : model;
  const stack = stackOf(file.model);
  const edges = edgesOf(model, stack);
  const answers = answersOf(model, stack.unembedding.outputs);
  return { circuit: buildCircuit(model, file, edges, stack), stack, edges, answers };
}

function foundInGpt2(model: CompiledModel): Found {
  const { stack, uniform, image, answers } = gpt2Stack(model);
  const edges = edgesOf(model, stack);
  const circuit = buildCircuit(model, uniform, edges, stack);
  return { circuit: inBasis(circuit, image, stack.dModel), stack, edges, answers };
}

/** How many inputs of a kind there are. */
interface Trials {
  /** Those of up to `SHORT` tokens, or of fewer where there are more than so many of them. */
  readonly short: number;
  /** Longer ones. */
  readonly longer: number;
}

const SHORT = 5;
/** On which edges are cut, and on which contents are compared. */
const [CUT, COMPARED]: readonly [Trials, Trials] = [
  { short: 4000, longer: 2000 },
  { short: 1500, longer: 200 },
];

/** Every short input and longer random ones, of those that are promised: shorter ones first. */
function trialInputs(model: CompiledModel, seed: number, { short, longer }: Trials): (readonly Atom[])[] {
  const { vocabulary, maxLength } = model.card;
  const { choices, isPromised } = promisedInputs(model);
  let length = Math.min(SHORT, maxLength);
  while (length > 1 && countInputs(vocabulary.length, length) > short) length--;
  const inputs = [...everyInput(vocabulary, length, undefined, choices)].filter(isPromised);
  const longerOnly = (l: number): ReturnType<typeof choices> => (l > length ? choices(l) : undefined);
  // A promise can leave no longer ones.
  if (!Array.from({ length: maxLength }, (_, l) => longerOnly(l + 1)).some(Boolean)) return inputs;
  const random = randomInputs(vocabulary, maxLength, longer, seed, undefined, longerOnly, isPromised);
  return [...inputs, ...[...random].filter(isPromised)];
}

/** The values that logits mean, `columns` at each position, as texts that tell them apart. */
function answersOf({ card }: CompiledModel, columns: number): Answers {
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

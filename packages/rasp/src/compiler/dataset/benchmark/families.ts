/**
 * The families of a benchmark: the same program as weights of different kinds. A family makes a member of a program: a model with its
 * certificate and the files that hold it.
 */
import { checks, decodeUtf8 } from "@selectron/core";
import type { Json } from "../../../language/text/value-json.js";
import type { Atom, SOp } from "../../../language/graph/node.js";
import type { Certificate } from "../../certify/certify.js";
import { lensConfig } from "../../export/transformerlens/config.js";
import { compileRotated } from "../../export/rotate/index.js";
import { circuitOf, type CircuitOptions } from "../../circuit/index.js";
import { encodeCircuit, type Circuit } from "../../circuit/circuit.js";
import { gpt2Folder, readGpt2Folder } from "../../folders/gpt2.js";
import { rotatedCircuit } from "../../folders/rotated-circuit.js";
import { transformerLensFolder, type Folder } from "../../folders/transformerlens.js";
import { compile } from "../../index.js";
import type { CompiledModel } from "../../model/compiled-model.js";
import { uniformModel } from "../../model/uniform.js";

/** Every family, in the order in which a benchmark has them. */
export const FAMILIES = ["plain", "layer-norm", "rotated", "superposed"] as const;
/** A family of a benchmark: how the weights of its models are written down. */
export type Family = (typeof FAMILIES)[number];

/**
 * What weights without layer norm are written as: one safetensors file that Selectron reads, or the folder that TransformerLens loads. Those
 * with layer norm are GPT-2s and always in a folder of Hugging Face's; "gpt2" has these alone.
 */
export const BENCHMARK_FORMATS = ["selectron", "transformerlens", "gpt2"] as const;
/** What the models of a benchmark are written as. */
export type BenchmarkFormat = (typeof BENCHMARK_FORMATS)[number];

/** The families that a format has. */
export function familiesOf(format: BenchmarkFormat): readonly Family[] {
  checks.check("familiesOf: format", format, checks.oneOf(BENCHMARK_FORMATS));
  return format === "gpt2" ? ["layer-norm"] : FAMILIES;
}

/** A program as weights. */
export interface Member {
  readonly family: Family;
  /** Whether no position sees a later one: the model computes the program as a decoder does. */
  readonly causal: boolean;
  readonly certificate: Certificate;
  /** What the model can answer. */
  readonly classes: readonly Atom[];
  readonly answers: (inputs: readonly (readonly Atom[])[]) => readonly (readonly Atom[])[];
  readonly sizes: MemberSizes;
  /** By name, without those that all members have. */
  readonly files: () => Folder;
  /** The configuration of `HookedTransformer`, or of Hugging Face's GPT-2. */
  readonly config: Readonly<Record<string, Json>>;
  /** Of a superposed model: the largest absolute cosine of the angle between two directions of the residual stream. */
  readonly cosine?: number;
}

/** How large a model of a benchmark is. */
export interface MemberSizes {
  readonly layers: number;
  readonly heads: number;
  readonly parameters: number;
}

/** For which inputs members are made, and how. */
export interface MemberOptions {
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  readonly format: BenchmarkFormat;
  /** Of the bases. */
  readonly seed: number;
}

/** A compiled program, before it is written as anything. */
export interface CompiledMember {
  readonly certificate: Certificate;
  readonly layers: number;
  readonly make: () => Member;
}

/** @throws RaspError of class `compile` where the program does not compile */
export function memberOf(family: Family, sop: SOp, options: MemberOptions): CompiledMember {
  const { vocabulary, maxLength, seed } = options;
  const compiling = { vocabulary: [...vocabulary], maxLength, name: "result" };
  if (family === "layer-norm") {
    const model = compile(sop, { ...compiling, causal: true, format: "gpt2" });
    return compiledMember(model, () => gpt2Of(model));
  }
  if (family === "plain") {
    const model = compile(sop, compiling);
    return compiledMember(model, () => encoderOf(model, (how) => circuitOf(model, how), family, options));
  }
  const superposed = family === "superposed";
  const rotated = compileRotated(sop, { ...compiling, seed, superposed });
  const { model, cosine } = rotated;
  return compiledMember(model, () => ({
    ...encoderOf(model, (how) => rotatedCircuit(rotated, how), family, options),
    ...(superposed ? { cosine } : {}),
  }));
}

const compiledMember = ({ certificate, stats }: CompiledModel, make: () => Member): CompiledMember => ({
  certificate,
  layers: stats.layers,
  make,
});

/** What all models say of themselves. */
function describe({ certificate, card, stats }: CompiledModel) {
  const { layers, headsPerLayer, parameters } = stats;
  const heads = headsPerLayer.reduce((sum, number) => sum + number, 0);
  return { certificate, classes: card.outputs[0]!.decoding.classes, sizes: { layers, heads, parameters } };
}

/** @param circuit - gives the circuit when it is asked for */
function encoderOf(
  model: CompiledModel,
  circuit: (how: CircuitOptions) => Circuit,
  family: Family,
  { format }: MemberOptions,
): Member {
  const equalLayers = format === "transformerlens";
  return {
    ...describe(model),
    family,
    causal: false,
    answers: (inputs) => model.values(inputs),
    files: () =>
      new Map<string, Uint8Array | string>([
        ...(equalLayers ? transformerLensFolder(model) : [["model.safetensors", model.toSafetensors()] as const]),
        ["circuit.json", encodeCircuit(circuit({ equalLayers }))],
      ]),
    config: lensConfig(uniformModel(model).model.config),
  };
}

/** A GPT-2. It is the folder that is asked for answers. */
function gpt2Of(model: CompiledModel): Member {
  const files = gpt2Folder(model);
  const gpt2 = readGpt2Folder((name) => files.get(name) as Uint8Array);
  const described = describe(model);
  const parameters = [...gpt2.model.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return {
    ...described,
    family: "layer-norm",
    causal: true,
    sizes: { ...described.sizes, parameters },
    answers: (inputs) => gpt2.outputs(inputs)[0]!,
    files: () => files,
    config: JSON.parse(decodeUtf8(files.get("config.json") as Uint8Array)) as Readonly<Record<string, Json>>,
  };
}

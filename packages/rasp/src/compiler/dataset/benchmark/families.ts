/**
 * The families of a benchmark: the same program as weights of different kinds. A family makes a member of a program: a model with its
 * certificate and the files that hold it.
 */
import type { Atom, SOp } from "../../../language/graph/node.js";
import type { Certificate } from "../../certify/certify.js";
import { lensConfig } from "../../export/transformerlens/config.js";
import { compileRotated } from "../../export/rotate/index.js";
import { circuitOf, type CircuitOptions } from "../../circuit/index.js";
import { encodeCircuit, type Circuit } from "../../circuit/circuit.js";
import { rotatedCircuit } from "../../folders/rotated-circuit.js";
import { transformerLensFolder, type Folder } from "../../folders/transformerlens.js";
import { compile } from "../../index.js";
import type { CompiledModel } from "../../model/compiled-model.js";
import { uniformModel } from "../../model/uniform.js";

/** Every family, in the order in which a benchmark has them. */
export const FAMILIES = ["plain", "rotated", "superposed"] as const;
export type Family = (typeof FAMILIES)[number];

/** What weights are written as: one safetensors file that Selectron reads, or the folder that TransformerLens loads. */
export const BENCHMARK_FORMATS = ["selectron", "transformerlens"] as const;
export type BenchmarkFormat = (typeof BENCHMARK_FORMATS)[number];

/** A program as weights. */
export interface Member {
  readonly family: Family;
  readonly certificate: Certificate;
  /** What the model can answer. */
  readonly classes: readonly Atom[];
  readonly answers: (inputs: readonly (readonly Atom[])[]) => readonly (readonly Atom[])[];
  readonly sizes: MemberSizes;
  /** By name, without those that all members have. */
  readonly files: () => Folder;
  /** The configuration of `HookedTransformer`. */
  readonly config: ReturnType<typeof lensConfig>;
  /** Of a superposed model: the largest absolute cosine of the angle between two directions of the residual stream. */
  readonly cosine?: number;
}

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

/** @throws RaspError of class `compile` where the program does not compile */
export function memberOf(family: Family, sop: SOp, options: MemberOptions): Member {
  const { vocabulary, maxLength, seed } = options;
  const compiling = { vocabulary: [...vocabulary], maxLength, name: "result" };
  if (family === "plain") {
    const model = compile(sop, compiling);
    return ofModel({ family, model, circuit: (circuitOptions) => circuitOf(model, circuitOptions) }, options);
  }
  const superposed = family === "superposed";
  const rotated = compileRotated(sop, { ...compiling, seed, superposed });
  const { model, cosine } = rotated;
  return {
    ...ofModel({ family, model, circuit: (circuitOptions) => rotatedCircuit(rotated, circuitOptions) }, options),
    ...(superposed ? { cosine } : {}),
  };
}

/** A model, and its circuit when that is asked for. */
interface Made {
  readonly family: Family;
  readonly model: CompiledModel;
  readonly circuit: (options: CircuitOptions) => Circuit;
}

function ofModel({ family, model, circuit }: Made, { format }: MemberOptions): Member {
  const equalLayers = format === "transformerlens";
  const { layers, headsPerLayer, parameters } = model.stats;
  return {
    family,
    certificate: model.certificate,
    classes: model.card.outputs[0]!.decoding.classes,
    answers: (inputs) => model.values(inputs),
    sizes: { layers, heads: headsPerLayer.reduce((sum, heads) => sum + heads, 0), parameters },
    files: () =>
      new Map<string, Uint8Array | string>([
        ...(equalLayers ? transformerLensFolder(model) : [["model.safetensors", model.toSafetensors()] as const]),
        ["circuit.json", encodeCircuit(circuit({ equalLayers }))],
      ]),
    config: lensConfig(uniformModel(model).model.config),
  };
}

/** The circuit of a model in another basis: that of the plain model, in which every coordinate is a direction. */
import { checks } from "@selectron/core";
import { circuitOf, type CircuitOptions } from "../circuit/index.js";
import { inBasis, type Circuit } from "../circuit/circuit.js";
import type { RotatedModel } from "../export/rotate/index.js";
import { certificateToJson } from "../model/card-json.js";

const ROTATED = checks.anObjectWith("a model of compileRotated", "model", "plain", "directions");

/**
 * The circuit of a rotated or superposed model, with the certificate of that model. The bases of its subspaces are vectors.
 *
 * @throws RangeError as `circuitOf` does
 */
export function rotatedCircuit(rotated: RotatedModel, options: CircuitOptions = {}): Circuit {
  checks.check("rotatedCircuit: rotated", rotated, ROTATED);
  checks.checkOptions("rotatedCircuit", options, { equalLayers: checks.aFlag });
  const { model, plain, directions } = rotated;
  const circuit = circuitOf(plain, options);
  // With equal layers there is one coordinate more, which no basis mixes.
  const width = circuit.sizes.dModel;
  const image = (c: number): readonly number[] =>
    Array.from({ length: width }, (_, d) => directions[c]?.[d] ?? Number(c === d));
  return { ...inBasis(circuit, image, width), certificate: certificateToJson(model.certificate) };
}

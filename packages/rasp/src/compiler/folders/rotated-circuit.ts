/** The circuit of a model in another basis: that of the plain model, in which every coordinate is a direction. */
import { circuitOf, type CircuitOptions } from "../circuit/index.js";
import { inBasis, type Circuit } from "../circuit/circuit.js";
import type { RotatedModel } from "../export/rotate/index.js";
import { certificateToJson } from "../model/model-card.js";

/**
 * The circuit of a rotated or superposed model, with the certificate of that model. The bases of its subspaces are vectors.
 *
 * @throws RangeError as `circuitOf` does
 */
export function rotatedCircuit({ model, plain, directions }: RotatedModel, options: CircuitOptions = {}): Circuit {
  const circuit = circuitOf(plain, options);
  // With equal layers there is one coordinate more, which no basis mixes.
  const width = circuit.sizes.dModel;
  const image = (c: number): readonly number[] =>
    Array.from({ length: width }, (_, d) => directions[c]?.[d] ?? Number(c === d));
  return { ...inBasis(circuit, image, width), certificate: certificateToJson(model.certificate) };
}

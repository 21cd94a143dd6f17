/** A compiled model with equal layers, as other libraries need it, and its card: see `export/uniform.ts`. */
import { uniformEncoder, type UniformPlaces, type UniformShape } from "../export/uniform.js";
import type { ModelCard } from "./model-card.js";
import type { ModelFile } from "./model-file.js";

/** The label of the coordinate that is 1 at every position. */
export const ONE_LABEL = "1";

export interface UniformModel extends ModelFile {
  readonly shape: UniformShape;
  readonly places: UniformPlaces;
}

/**
 * The model with equal layers. Its card is that of the model, certificate included, with the new sizes and labels. A layout of the model
 * is one of this too, since every coordinate keeps its number: `new CompiledModel(model, card, layout, [], program)` traces it.
 *
 * @param dHead - the width of all heads; by default the next power of four
 * @throws RangeError on a width that is smaller than a head of the model
 */
export function uniformModel({ model, card }: ModelFile, dHead?: number): UniformModel {
  const uniform = uniformEncoder(model, dHead);
  const { shape, places } = uniform;
  const grown: ModelCard = {
    ...card,
    labels: [...card.labels, ONE_LABEL],
    heads: places.heads.map((layer, l) => layer.map((h) => (h === null ? "unused" : card.heads[l]![h]!))),
    config: uniform.model.config,
  };
  return { model: uniform.model, card: grown, shape, places };
}

/** The sizes of a model. */
import type { EncoderConfig, Model } from "@selectron/nn";

/** The sizes of a model, as papers give them. */
export interface ModelStats {
  readonly layers: number;
  readonly headsPerLayer: readonly number[];
  readonly dModel: number;
  /** The largest of any layer. */
  readonly dHead: number;
  /** The largest of any layer. */
  readonly dFf: number;
  readonly parameters: number;
  readonly nonZeros: number;
}

/** Layers, heads, widths and numbers of weights. */
export function statsOf(model: Model & { readonly config: Pick<EncoderConfig, "blocks" | "dModel"> }): ModelStats {
  const { blocks, dModel } = model.config;
  let nonZeros = 0;
  for (const { data } of model.parameters().values()) for (const weight of data) if (weight !== 0) nonZeros++;
  return {
    layers: blocks.length,
    headsPerLayer: blocks.map((block) => block.heads),
    dModel,
    dHead: Math.max(0, ...blocks.map((block) => block.dHead)),
    dFf: Math.max(0, ...blocks.map((block) => block.dFf)),
    parameters: model.parameterCount,
    nonZeros,
  };
}

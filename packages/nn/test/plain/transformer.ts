/** The encoder-decoder again, as loops over nested arrays of float64; sinusoidal positions. */
import type { TransformerConfig } from "@selectron/nn";
import { activations, add, placesOf, PlainLayers, type Matrix, type Parameters } from "./layers.js";

/** One pair of rows; flags are true where a token is real. Log-probabilities [n][V]. */
export function plainTransformer(
  config: TransformerConfig,
  parameters: Parameters,
  source: readonly number[],
  target: readonly number[],
  real: { source?: readonly boolean[] | undefined; target?: readonly boolean[] | undefined } = {},
): Matrix {
  const layers = new PlainLayers(parameters, config.layerNormEps);
  const pre = config.layerNorm === "pre";
  const sublayer = (x: Matrix, name: string, f: (x: Matrix) => Matrix): Matrix =>
    pre ? add(x, f(layers.norm(x, `${name}.norm`))) : layers.norm(add(x, f(x)), `${name}.norm`);
  const embed = (ids: readonly number[], path: string, places: readonly number[]): Matrix => {
    const table = layers.matrix(config.tied ? "embedding.token.weight" : `${path}.embedding.token.weight`);
    const scale = config.scaleEmbeddings ? Math.sqrt(config.hiddenSize) : 1;
    return ids.map((id, i) =>
      table[id]!.map((value, c) => {
        const angle = places[i]! / 10000 ** ((c - (c % 2)) / config.hiddenSize);
        return scale * value + (c % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
      }),
    );
  };
  const stack = (ids: readonly number[], path: string, flags?: readonly boolean[], memory?: Matrix): Matrix => {
    const places = placesOf(ids.length, flags);
    let x = embed(ids, path, places);
    for (let index = 0; index < config.numHiddenLayers; index++) {
      const block = `${path}.blocks.${index}`;
      const sees = (i: number, j: number): boolean => (flags?.[j] ?? true) && (!memory || places[j]! <= places[i]!);
      const heads = config.numAttentionHeads;
      x = sublayer(
        x,
        `${block}.attention`,
        (y) => layers.attention(y, y, `${block}.attention`, heads, { sees }).output,
      );
      if (memory) {
        const seesMemory = (_: number, j: number): boolean => real.source?.[j] ?? true;
        x = sublayer(
          x,
          `${block}.crossAttention`,
          (y) => layers.attention(y, memory, `${block}.crossAttention`, heads, { sees: seesMemory }).output,
        );
      }
      x = sublayer(x, `${block}.feedForward`, (y) => {
        const hidden = layers.linear(y, `${block}.feedForward.hidden`);
        const active = hidden.map((row) => row.map(activations[config.activation]!));
        return layers.linear(active, `${block}.feedForward.output`);
      });
    }
    return pre ? layers.norm(x, `${path}.norm`) : x;
  };
  const memory = stack(source, "encoder", real.source);
  const stream = stack(target, "decoder", real.target, memory);
  const logits = config.tied
    ? stream.map((row) =>
        layers.matrix("embedding.token.weight").map((vector) => vector.reduce((sum, v, c) => sum + v * row[c]!, 0)),
      )
    : layers.linear(stream, "generator");
  return logits.map(logSoftmax);
}

function logSoftmax(row: readonly number[]): number[] {
  const most = Math.max(...row);
  const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) + most;
  return row.map((logit) => logit - total);
}

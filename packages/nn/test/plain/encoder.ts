/** The encoder again, as loops over nested arrays of float64. */
import type { EncoderConfig } from "@selectron/nn";
import { activations as functions, add, placesOf, PlainLayers, type Matrix, type Parameters } from "./layers.js";

export interface PlainResult {
  logits: Matrix[];
  /** Every activation by its name, per row of the batch. */
  activations: Record<string, unknown[]>;
}

export function plainEncoder(
  config: EncoderConfig,
  parameters: Parameters,
  tokens: readonly (readonly number[])[],
  padding?: readonly (readonly boolean[])[],
): PlainResult {
  const layers = new PlainLayers(parameters);
  const norm = (x: Matrix, name: string): Matrix => (config.layerNorm ? layers.norm(x, name) : x);
  const activations: Record<string, unknown[]> = {};
  const record = (name: string, value: unknown): number => (activations[name] ??= []).push(value);

  const logits = tokens.map((row, b) => {
    const places = placesOf(row.length, padding?.[b]);
    let x = add(
      row.map((id) => layers.matrix("embedding.token.weight")[id]!),
      places.map((place) => layers.matrix("embedding.position.weight")[place]!),
    );
    record("embedding", x);
    config.blocks.forEach(({ heads, dFf }, index) => {
      const attention = `blocks.${index}.attention`;
      const feedForward = `blocks.${index}.feedForward`;
      if (heads > 0) {
        const input = norm(x, `${attention}.norm`);
        const {
          output,
          patterns,
          heads: given,
        } = layers.attention(input, input, attention, heads, {
          sees: (i, j) => (padding?.[b]![j] ?? true) && !(config.causal && places[j]! > places[i]!),
        });
        x = add(x, output);
        record(`${attention}.pattern`, patterns);
        record(`${attention}.heads`, given);
        record(`${attention}.residual`, x);
      }
      if (dFf > 0) {
        const hidden = layers
          .linear(norm(x, `${feedForward}.norm`), `${feedForward}.hidden`)
          .map((units) => units.map(functions["relu"]!));
        x = add(x, layers.linear(hidden, `${feedForward}.output`));
        record(`${feedForward}.hidden`, hidden);
        record(`${feedForward}.residual`, x);
      }
    });
    return layers.linear(norm(x, "norm"), "unembedding");
  });
  return { logits, activations };
}

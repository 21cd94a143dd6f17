/** An encoding and self-attention with it, with normal parameters, for the tests of encodings. */
import { randn, Rng } from "@selectron/core";
import { MultiHeadAttention, ParameterStore, positionsOf, type PositionConfig, type Positions } from "@selectron/nn";
import { plainParameters } from "../support.js";

/** Batch, width, heads, columns of a head, longest sequence. */
export const [B, D, H, dHead, maxLength] = [2, 12, 2, 6, 16];

/** An encoding with normal parameters, and self-attention with it. */
export function build(config: PositionConfig, causal: boolean, seed: number) {
  const rng = new Rng(seed);
  const names = new ParameterStore();
  const declare = (store: ParameterStore): { positions: Positions; attention: MultiHeadAttention } => {
    const sizes = { dModel: D, maxLength, heads: H, dHead, causal };
    const positions = positionsOf(config, store.scope.child("position"), sizes);
    const scope = store.scope.child("attention");
    const relative = positions.relative?.(scope.child("position"));
    return { positions, attention: new MultiHeadAttention(scope, { dModel: D, heads: H, dHead, causal, relative }) };
  };
  declare(names);
  const values = new Map([...names.parameters].map(([name, { shape }]) => [name, randn(shape, rng)]));
  return { ...declare(new ParameterStore(values)), plain: plainParameters(values), rng };
}

/** A GPT-2 of a few weights, as files. */
import { encodeSafetensors, randn, Rng, type Tensor } from "@selectron/core";
import { gpt2Config, gpt2Shapes } from "@selectron/nn";

/** Its configuration, with Hugging Face's names. */
export const sizes = { n_layer: 1, n_head: 2, n_embd: 4, n_positions: 5, vocab_size: 3, n_inner: 8 };

/** Its parameters by name, without a prefix; `change` replaces some, or takes them away. */
export function parameters(change: Readonly<Record<string, Tensor | undefined>> = {}): Map<string, Tensor> {
  const rng = new Rng(1);
  const all = new Map([...gpt2Shapes(gpt2Config(sizes))].map(([name, shape]) => [name, randn(shape, rng)]));
  for (const [name, value] of Object.entries(change)) {
    if (value) all.set(name, value);
    else all.delete(name);
  }
  return all;
}

/** Tensors under other names. */
export const renamed = (tensors: ReadonlyMap<string, Tensor>, rename: (name: string) => string): Map<string, Tensor> =>
  new Map([...tensors].map(([name, value]) => [rename(name), value]));

/** Its file. */
export const weights = (change: Readonly<Record<string, Tensor | undefined>> = {}): Uint8Array =>
  encodeSafetensors(renamed(parameters(change), (name) => `transformer.${name}`));

/** A small model with GPT-2's names that repeats its input, with its configuration and data, for `selectron decompile`. */
import { encodeSafetensors, randn, Rng, type Tensor } from "@selectron/core";
import { gpt2Config, gpt2Shapes } from "@selectron/nn";

export const sizes = { n_layer: 1, n_head: 1, n_embd: 4, n_positions: 24, vocab_size: 4, n_inner: 4 };
export const config = JSON.stringify({ ...sizes, vocab: ["a", "b", "<bos>", "<eos>"], task: "ab" });

/** Its weights. It has only embeddings, which are far apart. */
export function weights(change: (tensors: Map<string, Tensor>) => void = () => undefined): Uint8Array {
  const tensors = new Map([...gpt2Shapes(gpt2Config(sizes))].map(([name, shape]) => [name, randn(shape, new Rng(1))]));
  for (const [name, { data }] of tensors) {
    if (/bias|wpe|c_proj/.test(name)) data.fill(0);
    if (/ln_.*weight/.test(name)) data.fill(1);
  }
  tensors.get("wte.weight")!.data.forEach((_, i, data) => (data[i] = i % 5 === 0 ? 3 : 0));
  change(tensors);
  return encodeSafetensors(new Map([...tensors].map(([name, value]) => [`transformer.${name}`, value])));
}

const rng = new Rng(2);
export const lines = Array.from({ length: 60 }, () => {
  const ids = [2, ...Array.from({ length: 2 + rng.int(8) }, () => rng.int(2)), 3];
  return JSON.stringify({ input_ids: ids, offset: rng.int(8) });
});
/** Sequences to observe it on, as JSON lines. */
export const data = lines.join("\n");

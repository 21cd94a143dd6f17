/** Damaged files and configurations: a Gpt2Error, or a model whose logits are finite; never another error. */
import { Rng } from "@selectron/core";
import { Gpt2, Gpt2Error } from "@selectron/nn";
import { expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import { damagedFields, damagedSafetensors } from "../../../../../test/mutations.js";
import { sizes, weights } from "./tiny.js";

const file = weights();
const config = {
  ...sizes, model_type: "gpt2", architectures: ["GPT2LMHeadModel"], activation_function: "gelu_new", layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true, scale_attn_weights: true, n_ctx: 5, resid_pdrop: 0.1, bias: true, d_head: 2,
}; // prettier-ignore

/** Loads and runs. Whether it was refused. */
function isRefused(bytes: Uint8Array, fields: unknown): boolean {
  try {
    const model = Gpt2.fromSafetensors(bytes, fields);
    const logits = model.forward([[0, 0]]);
    expect(logits.shape.slice(0, 2)).toEqual([1, 2]);
    expect(logits.data.every(Number.isFinite)).toBe(true);
    return false;
  } catch (error) {
    if (!(error instanceof Gpt2Error)) throw error;
    expect(error.message.length).toBeLessThan(2100);
    return true;
  }
}

const runs = breadth({ short: 400, long: 2000 });

it("files: bits, bytes, cuts and headers", () => {
  const rng = new Rng(21);
  let refused = 0;
  for (let i = 0; i < runs; i++) refused += +isRefused(damagedSafetensors(file, rng), config);
  expect(refused).toBeGreaterThan(runs / 2);
});

it("weights: any bit", () => {
  const rng = new Rng(22);
  const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  let refused = 0;
  for (let i = 0; i < runs; i++) {
    const [word, bit] = [rng.int((file.length - start) / 4), rng.int(32)];
    const damaged = file.slice();
    damaged[start + 4 * word + (bit >> 3)]! ^= 1 << (bit & 7);
    const isGone = isRefused(damaged, config);
    // Bits of the fraction and the sign leave a weight as large as it was; upper ones of the exponent make it infinite, or huge.
    if (bit < 23 || bit === 31) expect(isGone).toBe(false);
    refused += +isGone;
  }
  expect(refused).toBeGreaterThan(0);
});

it("configurations", () => {
  const rng = new Rng(23);
  let refused = 0;
  for (let i = 0; i < runs; i++) {
    let fields: Record<string, unknown> = config;
    for (let times = 1 + rng.int(3); times > 0; times--) fields = damagedFields(fields, rng);
    refused += +isRefused(file, fields);
  }
  expect(refused).toBeGreaterThan(runs / 2);
});

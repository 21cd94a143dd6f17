/** Example calls of what loads models of others. */
import { encodeSafetensors, ones } from "@selectron/core";
import * as nn from "@selectron/nn";
import {
  gpt2,
  gpt2Weights,
  index,
  llama,
  llamaJson,
  llamaWeights,
  neoX,
  neoXJson,
  neoXWeights,
  parameters,
  rows,
  saysTokens,
  scope,
  stream,
} from "./nn-examples.js";
import { entry, type Registry } from "./registry.js";

const none = entry(() => []);

/** Fields of JSON that may be null, which is as good as absent. */
const absent = (path: string, json: object): Record<string, string> =>
  Object.fromEntries(Object.keys(json).map((key) => [`${path}.${key}: null`, "null is absent in JSON"]));
const causalOptions = (): nn.CausalOptions => ({
  padding: [[true, true]],
  record: () => undefined,
  patch: (_, x) => x,
});

export const loaderEntries: Registry["entries"] = {
  Gpt2: entry(() => [gpt2, gpt2Weights()]),
  "Gpt2.fromSafetensors": entry(() => [
    encodeSafetensors(gpt2Weights()),
    { n_layer: 1, n_head: 1, n_embd: 2, n_inner: 2, n_positions: 3, vocab_size: 3 },
    { ignore: ["a"], index: index() },
  ]),
  "Gpt2.parameter": entry(() => ["wte.weight"]),
  "Gpt2.begin": none,
  "Gpt2.forward": entry(
    () => [[[0, 1]], { positions: [[0, 1]], padding: [[true, true]] }, () => undefined],
    rows,
    saysTokens,
  ),
  gpt2Config: entry(() => [{ n_layer: 1, n_head: 1, n_embd: 2, n_positions: 2, vocab_size: 2 }, { ignore: ["a"] }]),
  gpt2Shapes: entry(() => [gpt2]),
  CausalModel: entry(
    () => ["Own", { vocabularySize: 3, maxLength: 4 }, parameters(), { logits: () => ones([1, 2, 3]) }],
    { "1": "a family's own fields are its own" },
  ),
  "CausalModel.parameter": entry(() => ["weight"]),
  "CausalModel.begin": none,
  "CausalModel.forward": entry(() => [[[0, 1]], causalOptions()], rows, {
    ...saysTokens,
    on: () => new nn.Llama(llama, llamaWeights()),
  }),
  Llama: entry(() => [llama, llamaWeights()]),
  "Llama.fromSafetensors": entry(
    () => [encodeSafetensors(llamaWeights()), llamaJson, { ignore: ["a"], index: index() }],
    absent("1", llamaJson),
  ),
  llamaConfig: entry(() => [llamaJson, { ignore: ["a"] }], absent("0", llamaJson)),
  llamaShapes: entry(() => [llama]),
  GptNeoX: entry(() => [neoX, neoXWeights()]),
  "GptNeoX.fromSafetensors": entry(
    () => [encodeSafetensors(neoXWeights()), neoXJson, { ignore: ["a"], index: index() }],
    absent("1", neoXJson),
  ),
  neoXConfig: entry(() => [neoXJson, { ignore: ["a"] }], absent("0", neoXJson)),
  neoXShapes: entry(() => [neoX]),
  loadModel: entry(
    () => [llamaJson, encodeSafetensors(llamaWeights()), { ignore: ["a"], index: index() }],
    absent("0", llamaJson),
  ),
  RmsNorm: entry(() => [scope(), 4, 1e-5], {}, { changes: true }),
  "RmsNorm.forward": entry(() => [stream()], {}, { says: ["rmsNorm"] }),
  rmsNorm: entry(() => [stream(), ones([4]), 1e-5]),
  shardNames: entry(() => [{ weight_map: { a: "b.safetensors" } }]),
};

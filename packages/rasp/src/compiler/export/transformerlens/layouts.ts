/**
 * The weights of an encoder with equal layers by TransformerLens' names, in the two layouts that it has had:
 * - `bridgeState`, of `TransformerBridge.boot_native` (4.x): torch's linear maps, weights [out, in], no bias of the unembedding;
 * - `hookedState`, of `HookedTransformer` (up to 3.x): a matrix for each head, weights [in, out].
 * Names and shapes are from TransformerLensOrg/TransformerLens, commit 4cd36aaeb5dad931d085bd5d46a12b402fe15272: `components/` for the
 * hooked layout, `model_bridge/sources/native/model.py` with `supported_architectures/native.py` for the other one.
 */
import { tensor, type Tensor } from "@selectron/core";
import type { TransformerEncoder } from "@selectron/nn";

type State = ReadonlyMap<string, Tensor>;

/** @param model - of `uniformEncoder` */
export function bridgeState(model: TransformerEncoder): State {
  const of = reader(model);
  const state = new Map<string, Tensor>([
    ["embed.weight", of("embedding.token.weight")],
    ["pos_embed.weight", of("embedding.position.weight")],
    ["unembed.weight", turned(of("unembedding.weight"))],
  ]);
  const linear = (name: string, ours: string): void => {
    state.set(`${name}.weight`, turned(of(`${ours}.weight`)));
    state.set(`${name}.bias`, of(`${ours}.bias`));
  };
  model.config.blocks.forEach((_, layer) => {
    for (const [letter, part] of MAPS) linear(`blocks.${layer}.attn.${letter}`, `blocks.${layer}.attention.${part}`);
    linear(`blocks.${layer}.mlp.in`, `blocks.${layer}.feedForward.hidden`);
    linear(`blocks.${layer}.mlp.out`, `blocks.${layer}.feedForward.output`);
  });
  return state;
}

/** @param model - of `uniformEncoder` */
export function hookedState(model: TransformerEncoder): State {
  const of = reader(model);
  const state = new Map<string, Tensor>([
    ["embed.W_E", of("embedding.token.weight")],
    ["pos_embed.W_pos", of("embedding.position.weight")],
    ["unembed.W_U", of("unembedding.weight")],
    ["unembed.b_U", of("unembedding.bias")],
  ]);
  model.config.blocks.forEach(({ heads, dHead }, layer) => {
    const [attn, ours] = [`blocks.${layer}.attn`, `blocks.${layer}.attention`];
    for (const [letter, part] of MAPS.slice(0, 3)) {
      state.set(`${attn}.W_${letter.toUpperCase()}`, byHead(of(`${ours}.${part}.weight`), heads));
      state.set(`${attn}.b_${letter.toUpperCase()}`, of(`${ours}.${part}.bias`).reshape([heads, dHead]));
    }
    state.set(`${attn}.W_O`, of(`${ours}.output.weight`).reshape([heads, dHead, model.config.dModel]));
    state.set(`${attn}.b_O`, of(`${ours}.output.bias`));
    const [mlp, feedForward] = [`blocks.${layer}.mlp`, `blocks.${layer}.feedForward`];
    state.set(`${mlp}.W_in`, of(`${feedForward}.hidden.weight`));
    state.set(`${mlp}.b_in`, of(`${feedForward}.hidden.bias`));
    state.set(`${mlp}.W_out`, of(`${feedForward}.output.weight`));
    state.set(`${mlp}.b_out`, of(`${feedForward}.output.bias`));
  });
  return state;
}

/** TransformerLens' letters and nn's names. */
const MAPS = [
  ["q", "query"],
  ["k", "key"],
  ["v", "value"],
  ["o", "output"],
] as const;

function reader(model: TransformerEncoder): (name: string) => Tensor {
  const parameters = model.parameters();
  return (name) => parameters.get(name)!;
}

/** [rows, columns] → [columns, rows]. */
function turned({ data, shape }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return tensor(out, [columns, rows]);
}

/** [dModel, heads · dHead] → [heads, dModel, dHead]. */
function byHead({ data, shape }: Tensor, heads: number): Tensor {
  const [rows, columns] = shape as [number, number];
  const dHead = columns / heads;
  const out = new Float32Array(data.length);
  for (let h = 0; h < heads; h++) {
    for (let r = 0; r < rows; r++) {
      out.set(data.subarray(r * columns + h * dHead, r * columns + (h + 1) * dHead), (h * rows + r) * dHead);
    }
  }
  return tensor(out, [heads, rows, dHead]);
}

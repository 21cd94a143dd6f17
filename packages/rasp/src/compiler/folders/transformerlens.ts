/**
 * A compiled model as a folder for TransformerLens: the weights in both of its layouts, its configuration, a loader, and the model card,
 * which says what ids and logits mean. The model has equal layers, as `export/uniform.ts` makes them.
 */
import { checks, encodeSafetensors, type Tensor } from "@selectron/core";
import { circuitOf } from "../circuit/index.js";
import { encodeCircuit } from "../circuit/circuit.js";
import { lensConfig } from "../export/transformerlens/config.js";
import { bridgeState, hookedState } from "../export/transformerlens/layouts.js";
import { LOADER } from "../export/transformerlens/loader.js";
import { encodeCard } from "../model/model-card.js";
import { CompiledModel } from "../model/compiled-model.js";
import { checkWritten } from "../model/model-file.js";
import { uniformModel, type UniformModel } from "../model/uniform.js";
import { CIRCUIT, modelReadme } from "./readme.js";

/** The files of a folder by name: bytes, or text for UTF-8. */
export type Folder = ReadonlyMap<string, Uint8Array | string>;

/**
 * A folder for TransformerLens, as `selectron compile --format transformerlens` writes it. Its model has equal layers, and computes what the
 * model does. The files: `config.json`, `bridge.safetensors` (TransformerLens 4), `hooked.safetensors` (up to 3), `card.json`, `load.py`,
 * `circuit.json` (unless the model was read from a file) and
 * `README.md`.
 *
 * @throws ModelFileError on weights that are not finite
 */
export function transformerLensFolder(model: CompiledModel): Folder {
  checks.check("transformerLensFolder: model", model, checks.anInstance(CompiledModel));
  checkWritten(model.model);
  const uniform = uniformModel(model);
  const { card } = encodeCard(uniform.card);
  const weights = (state: ReadonlyMap<string, Tensor>): Uint8Array => encodeSafetensors(state, { format: "pt" });
  // A model from a file does not know its program.
  const circuit = model.layout
    ? [["circuit.json", encodeCircuit(circuitOf(model, { equalLayers: true }))] as const]
    : [];
  return new Map<string, Uint8Array | string>([
    ["config.json", `${JSON.stringify(lensConfig(uniform.model.config), undefined, 2)}\n`],
    ["bridge.safetensors", weights(bridgeState(uniform.model))],
    ["hooked.safetensors", weights(hookedState(uniform.model))],
    ["card.json", `${card!}\n`],
    ...circuit,
    ["load.py", LOADER],
    ["README.md", `${readme(uniform, circuit.length > 0)}\n`],
  ]);
}

const readme = (uniform: UniformModel, hasCircuit: boolean): string =>
  modelReadme(uniform.card, {
    sizes: uniform.model.config,
    loading: `import load
model = load.bridge()    # TransformerLens 4: a TransformerBridge
model = load.hooked()    # TransformerLens up to 3: a HookedTransformer
model = load.plain()     # PyTorch alone
ids = load.encode(${example(uniform)})
print(load.decode(model(ids)))`,
    files: [
      ["config.json", "the arguments of `HookedTransformerConfig` and of `TransformerBridge.boot_native`"],
      ["bridge.safetensors", "weights by the names of TransformerLens 4, `blocks.0.attn.q.weight` [out, in]"],
      [
        "hooked.safetensors",
        "weights by the names of TransformerLens up to 3, `blocks.0.attn.W_Q` [heads, d_model, d_head]",
      ],
      ...(hasCircuit ? [CIRCUIT] : []),
      ["load.py", "loads either of them, encodes inputs and decodes logits"],
    ],
  });

/** Three tokens as Python writes them. */
function example({ card }: UniformModel): string {
  const tokens = [...card.vocabulary, ...card.vocabulary, ...card.vocabulary].slice(0, Math.min(3, card.maxLength));
  return `[${tokens.map((token) => (typeof token === "bigint" ? String(token) : pythonOf(token))).join(", ")}]`;
}

const pythonOf = (token: string | number | boolean | null): string =>
  token === null ? "None" : typeof token === "boolean" ? (token ? "True" : "False") : JSON.stringify(token);

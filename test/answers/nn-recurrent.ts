/** Example calls of nn's recurrent layers and models. */
import { ones, Rng, zeros, type Tensor } from "@selectron/core";
import * as nn from "@selectron/nn";
import { scope } from "./nn-examples.js";
import { entry, type Registry } from "./registry.js";

const config = { kind: "gru", vocabSize: 4, hiddenSize: 4, numHiddenLayers: 1, attention: true } as const;
const translator = (): nn.RecurrentTranslator => new nn.RecurrentTranslator(config, new Rng(1));
const memory = (): nn.RecurrentMemory => translator().encode([[1, 2]]);
const layer = (): nn.Recurrent => new nn.Recurrent(scope(), "gru", 3, 4);
const additive = (): nn.AdditiveAttention => new nn.AdditiveAttention(scope(), { queries: 2, keys: 3, hidden: 4 });
const state = (): Tensor[] => [ones([2, 4])];
const IDS = { "0.0": "ids in any list", "1.0": "ids in any list" };
const says = { says: ["tokens", "padding", "source", "target", "memory", "RecurrentTranslatorConfig", "Recurrent"] };

export const recurrentEntries: Registry["entries"] = {
  Recurrent: entry(() => [scope(), "gru", 3, 4], {}, { changes: true }),
  "Recurrent.forward": entry(
    () => [ones([2, 3, 3]), { state: state(), hiddenKeys: zeros([2, 3]), reverse: true }],
    {},
    { on: layer, ...says },
  ),
  "Recurrent.step": entry(() => [ones([2, 3]), state()], {}, { on: layer, ...says }),
  AdditiveAttention: entry(() => [scope(), { queries: 2, keys: 3, hidden: 4 }], {}, { changes: true }),
  "AdditiveAttention.project": entry(() => [ones([1, 2, 3])], {}, { on: additive }),
  "AdditiveAttention.forward": entry(
    () => [ones([1, 2]), ones([1, 2, 3]), ones([1, 2, 4]), zeros([1, 2])],
    {},
    { on: additive },
  ),
  RecurrentTranslator: entry(() => [config, new Rng(1)], { "1: Map": "values by name" }, says),
  "RecurrentTranslator.parameterShapes": entry(() => [config], {}, says),
  "RecurrentTranslator.encode": entry(() => [[[1, 2]], { padding: [[true, true]] }], IDS, { on: translator, ...says }),
  "RecurrentTranslator.decode": entry(
    () => [[[1, 2]], memory(), { cache: new nn.DecodingCache(), attended: () => undefined }],
    IDS,
    { on: translator, ...says },
  ),
  "RecurrentTranslator.scores": entry(() => [ones([1, 2, 4])], {}, { on: translator, ...says }),
  "RecurrentTranslator.reading": entry(() => [[1, 2]], { "0": "ids in any list" }, { on: translator, ...says }),
  "RecurrentTranslator.forward": entry(() => [[[1, 2]], [[1, 2]], { sourcePadding: [[true, true]] }], IDS, {
    on: translator,
    ...says,
  }),
};

/** Files of looped models: weights and cards, with and without their checksums. */
import { compileLooped, load, LoopedModel, ModelFileError, ModelInputError, RaspError } from "@selectron/rasp";
import { once, type Kind, type Sample } from "../kind.js";
import { editProtobuf, flipParameter } from "../mutate/protobuf.js";
import { editSafetensors, flipWeight, withoutChecksum } from "../mutate/safetensors.js";
import { filesIn, reads } from "../world.js";
import { onnxUnsealed, unsealed } from "./models.js";

/** A loop of states of every type, with layers before and after it, and one of a decoder. */
const LOOPS = `repeat (n = 0, left = True, t = tokens) until (not left) at most 6 {
  n = n + 1;
  t = aggregate(select(indices, indices - 1, ==), t, "-");
  left = n < selector_width(select(tokens, "a", ==));
}
words = t if n > 1 else "none";
repeat (half = 0.5) until all (half > 2) at most 9 { half = half + 0.5; }
`;
const INPUT = ["a", "b", "a"];

const models = once((): readonly (readonly [string, LoopedModel])[] => {
  const program = load(LOOPS, { example: "ab" });
  const inputs = { vocabulary: "ab", maxLength: 3 };
  return [
    ["words", compileLooped(program.sop("words"), inputs)],
    ["half", compileLooped(program.sop("half"), { ...inputs, causal: true })],
  ];
});

const samplesOf = (write: (model: LoopedModel) => Uint8Array) => (): readonly Sample[] =>
  models().map(([name, model]) => ({ name, bytes: write(model) }));

/** All that a model answers on an input, as text. */
const answers = (model: LoopedModel): string =>
  JSON.stringify([model.steps(INPUT.slice(0, model.maxLength)), model.card.name], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );

// Weights that were changed where there is no checksum may be those of a loop that does not end.
const documented = [ModelFileError, ModelInputError, RaspError];

const safetensors = {
  samples: samplesOf((model) => model.toSafetensors()),
  read: (bytes: Uint8Array): string => answers(LoopedModel.fromSafetensors(bytes)),
  documented,
};
const onnx = {
  samples: samplesOf((model) => model.toOnnx()),
  read: (bytes: Uint8Array): string => answers(LoopedModel.fromOnnx(bytes)),
  documented,
};

export const loopedKinds: readonly Kind[] = [
  {
    name: "looped",
    share: 20,
    edit: editSafetensors,
    ...safetensors,
    samples: unsealed(safetensors, withoutChecksum),
  },
  { name: "looped-sealed", share: 10, edit: editSafetensors, ...safetensors, changed: "alike" },
  { name: "looped-weights", share: 10, edit: flipWeight, ...safetensors, changed: "refused" },
  { name: "looped-onnx", share: 10, edit: editProtobuf, ...onnx, samples: unsealed(onnx, onnxUnsealed) },
  { name: "looped-onnx-weights", share: 10, edit: flipParameter, ...onnx, changed: "refused" },
  {
    name: "run-looped",
    share: 2,
    edit: editSafetensors,
    samples: unsealed(safetensors, withoutChecksum),
    read: (bytes) => reads(["run", "m.safetensors", "--input", "aba", "--steps"], filesIn({ "m.safetensors": bytes })),
    documented: [],
  },
  {
    name: "verify-looped",
    share: 0.3,
    edit: editSafetensors,
    samples: unsealed(safetensors, withoutChecksum),
    read: (bytes) =>
      reads(
        ["verify", "--looped", "m.safetensors", "p.rasp", "--exhaustive"],
        filesIn({ "m.safetensors": bytes, "p.rasp": LOOPS }),
      ),
    documented: [],
  },
];

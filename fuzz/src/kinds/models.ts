/** Model files that Selectron writes: compiled, trained on programs, trained on tasks; and their single bits. */
import {
  compile,
  CompiledModel,
  compileScratchpad,
  gpt2Folder,
  load,
  ModelFileError,
  ModelInputError,
  readGpt2Folder,
  type Atom,
} from "@selectron/rasp";
import { decisions, DecompileError, readTrainedEncoder } from "@selectron/rasp/decompile";
import { once, type Kind, type Sample } from "../kind.js";
import { editBytes } from "../mutate/bytes.js";
import { editJson } from "../mutate/json.js";
import { editProtobuf, flipParameter, withoutFields } from "../mutate/protobuf.js";
import { editSafetensors, flipWeight, withoutChecksum } from "../mutate/safetensors.js";
import { decode, encode, filesIn, reads, selectron } from "../world.js";

export const PROGRAM = `reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);
same = selector_width(select(tokens, tokens, ==));
mean = aggregate(select(indices, indices, <=), indicator(tokens == "a"));
odd = aggregate(select(tokens, "b", ==), indices) if same > 1 else 1 / (2 - length);
`;

const VOCABULARY: readonly Atom[] = ["a", "b", "c"];
const INPUT: readonly Atom[] = ["a", "b", "b", "c"];

/** One of each sort of compiled model. */
const compiled = once((): readonly (readonly [string, CompiledModel])[] => {
  const program = load(PROGRAM);
  const inputs = { vocabulary: VOCABULARY, maxLength: 4 };
  const of = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, program.sop(name)]));
  const loop = load("repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }").sop("x");
  const promise = load('v = selector_width(select(tokens, "c", ==)) <= 1;').sop("v");
  return [
    ["reverse", compile(of("reverse"), inputs)],
    ["several", compile(of("reverse", "same", "mean"), inputs)],
    ["causal", compile(of("mean"), { ...inputs, causal: true })],
    ["promised", compile(of("same"), { ...inputs, promise })],
    ["marked", compile(of("odd"), { ...inputs, mark: true })],
    ["bfloat16", compile(of("reverse"), { ...inputs, precision: "bfloat16" })],
    ["scratchpad", compileScratchpad(loop, { vocabulary: VOCABULARY, maxLength: 2 }).model],
  ];
});

const samplesOf = (write: (model: CompiledModel) => Uint8Array) => (): readonly Sample[] =>
  compiled().map(([name, model]) => ({ name, bytes: write(model) }));

/** All that a model answers on an input, as text. */
function answers(model: CompiledModel): string {
  const [failure] = model.card.failures ? model.failures([INPUT])[0]! : [];
  return JSON.stringify(
    [model.outputs([INPUT]), failure, model.keepsPromise(INPUT), model.card.name],
    (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
  );
}

const errors = [ModelFileError, ModelInputError];

const safetensors = {
  samples: samplesOf((model) => model.toSafetensors()),
  read: (bytes: Uint8Array): string => answers(CompiledModel.fromSafetensors(bytes)),
  documented: errors,
};
const onnx = {
  samples: samplesOf((model) => model.toOnnx()),
  read: (bytes: Uint8Array): string => answers(CompiledModel.fromOnnx(bytes)),
  documented: errors,
};

/** The folder of a GPT-2, of which the description is changed. */
const gpt2 = once(() => {
  const sop = load(PROGRAM).sop("mean");
  return gpt2Folder(compile(sop, { vocabulary: VOCABULARY, maxLength: 4, causal: true, format: "gpt2" }));
});
const folder = {
  samples: (): readonly Sample[] => [{ name: "selectron.json", bytes: fileOf("selectron.json") }],
  read: (bytes: Uint8Array): string => {
    const program = readGpt2Folder((name) => (name === "selectron.json" ? bytes : fileOf(name)));
    return JSON.stringify([program.run(INPUT), program.card.name, program.promise?.isKeptBy(INPUT)]);
  },
  documented: errors,
};
const editDescription: Kind["edit"] = (bytes, rng) =>
  rng.int(8) === 0 ? editBytes(bytes, rng) : encode(editJson(decode(bytes), rng));
const fileOf = (name: string): Uint8Array => gpt2().get(name) as Uint8Array;

/** An encoder as `selectron train FILE --sop NAME` writes it, after one step. */
const trained = once(async (): Promise<readonly Sample[]> => {
  const files = filesIn({ "p.rasp": PROGRAM });
  const options = [
    "--max-length",
    "5",
    "--steps",
    "1",
    "--batch",
    "2",
    "--width",
    "8",
    "--ffn",
    "8",
    "--checkpoint-every",
    "1",
  ];
  await selectron(["train", "p.rasp", "--sop", "same", "--vocab", "a,b,c", ...options, "-o", "same"], files);
  await selectron(
    ["train", "p.rasp", "--sop", "mean", "--vocab", "a,b,c", "--bos", "^", ...options, "-o", "mean"],
    files,
  );
  return ["same", "mean"].map((name) => ({ name, bytes: files.get(`${name}/model.safetensors`)! }));
});

function readEncoder(bytes: Uint8Array): string {
  const trained = readTrainedEncoder(bytes);
  const { vocabularySize, maxLength } = trained.model.config;
  const logits = trained.model.forward([[0, 1, 2].slice(0, maxLength).map((id) => id % vocabularySize)]);
  return JSON.stringify([decisions(trained, logits).map(String), trained.vocabulary.map(String)]);
}

/** Sequence models as `selectron train copy` and its like write them. */
const sequences = (...tasks: readonly string[]) =>
  once(async (): Promise<readonly Sample[]> => {
    const samples: Sample[] = [];
    for (const task of tasks) {
      const files = filesIn({});
      await selectron(["train", task, "--steps", "1", "--batch", "1", "-o", task], files);
      samples.push({ name: task, bytes: files.get(`${task}/model.safetensors`)! });
    }
    return samples;
  });

const run = (name: string) => (bytes: Uint8Array) =>
  reads(["run", name, "--input", '["a","b","b","c"]'], filesIn({ [name]: bytes }));

/** The same files without their checksums, as earlier versions wrote them: what they say is checked by its sense. */
export const unsealed =
  ({ samples }: Pick<Kind, "samples">, without: (bytes: Uint8Array) => Uint8Array): Kind["samples"] =>
  async () =>
    (await samples()).map(({ name, bytes }) => ({ name, bytes: without(bytes) }));

export const onnxUnsealed = (bytes: Uint8Array): Uint8Array =>
  withoutFields(bytes, (contents) => /checksum/.test(decode(contents.subarray(0, 40))));

const encoders = { samples: trained, read: readEncoder, documented: [DecompileError] };
/** What each task reads. */
const QUESTIONS: Readonly<Record<string, string>> = {
  copy: `[${Array.from({ length: 20 }, (_, i) => 1 + (i % 19)).join()}]`,
  addition: "123+045",
  parser: "x=2/3",
};
const copying = {
  samples: sequences("copy"),
  read: (bytes: Uint8Array, { name }: Sample) =>
    reads(["run", "m.safetensors", "--input", QUESTIONS[name]!], filesIn({ "m.safetensors": bytes })),
  documented: [],
};

export const modelKinds: readonly Kind[] = [
  {
    name: "compiled",
    share: 30,
    edit: editSafetensors,
    ...safetensors,
    samples: unsealed(safetensors, withoutChecksum),
  },
  { name: "compiled-sealed", share: 10, edit: editSafetensors, ...safetensors, changed: "alike" },
  { name: "compiled-weights", share: 15, edit: flipWeight, ...safetensors, changed: "refused" },
  { name: "gpt2-folder", share: 10, edit: editDescription, ...folder, changed: "alike" },
  { name: "onnx", share: 20, edit: editProtobuf, ...onnx, samples: unsealed(onnx, onnxUnsealed) },
  { name: "onnx-weights", share: 10, edit: flipParameter, ...onnx, changed: "refused" },
  { name: "onnx-sealed", share: 15, edit: editProtobuf, ...onnx, changed: "alike" },
  { name: "trained", share: 20, edit: editSafetensors, ...encoders, samples: unsealed(encoders, withoutChecksum) },
  { name: "trained-sealed", share: 10, edit: editSafetensors, ...encoders, changed: "alike" },
  { name: "trained-weights", share: 10, edit: flipWeight, ...encoders, changed: "refused" },
  { name: "sequence", share: 2, edit: editSafetensors, ...copying, samples: unsealed(copying, withoutChecksum) },
  { name: "sequence-weights", share: 2, edit: flipWeight, ...copying, changed: "refused" },
  { name: "sequence-large", share: 0.1, edit: editSafetensors, ...copying, samples: sequences("addition", "parser") },
  {
    name: "run",
    share: 4,
    edit: editSafetensors,
    samples: async () => [
      ...(await unsealed(safetensors, withoutChecksum)()),
      ...(await unsealed(encoders, withoutChecksum)()),
    ],
    read: run("m.safetensors"),
    documented: [],
  },
  {
    name: "run-onnx",
    share: 2,
    edit: editProtobuf,
    samples: unsealed(onnx, onnxUnsealed),
    read: run("m.onnx"),
    documented: [],
  },
  {
    name: "check",
    share: 0.5,
    edit: editSafetensors,
    samples: unsealed(safetensors, withoutChecksum),
    read: (bytes) => reads(["check", "m.safetensors", "--steps", "20000"], filesIn({ "m.safetensors": bytes })),
    documented: [],
  },
  {
    name: "check-program",
    share: 0.3,
    edit: editSafetensors,
    samples: unsealed(safetensors, withoutChecksum),
    read: (bytes) =>
      reads(
        ["check", "m.safetensors", "--program", "p.rasp", "--json"],
        filesIn({ "m.safetensors": bytes, "p.rasp": PROGRAM }),
      ),
    documented: [],
  },
  {
    name: "trace",
    share: 0.5,
    edit: editSafetensors,
    samples: unsealed(safetensors, withoutChecksum),
    read: (bytes) =>
      reads(
        ["run", "m.safetensors", "--input", "abc", "--trace", "--program", "p.rasp"],
        filesIn({ "m.safetensors": bytes, "p.rasp": PROGRAM }),
      ),
    documented: [],
  },
  {
    name: "decompile",
    share: 0.3,
    edit: editSafetensors,
    samples: async () => [
      ...(await unsealed(safetensors, withoutChecksum)()),
      ...(await unsealed(encoders, withoutChecksum)()),
    ],
    read: (bytes) => reads(["decompile", "m.safetensors", "--budget", "0.05s"], filesIn({ "m.safetensors": bytes })),
    documented: [],
  },
];

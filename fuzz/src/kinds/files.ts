/** Files beside models: safetensors as such, table sidecars, GPT-2 weights and configurations, and data to decompile with. */
import { decodeSafetensors, encodeSafetensors, randn, Rng, SafetensorsError, tensor } from "@selectron/core";
import { Gpt2, gpt2Config, Gpt2Error, gpt2Shapes } from "@selectron/nn";
import { decodeTables, encodeTables, Evaluation, inputAtoms, load, RaspError, TablesError } from "@selectron/rasp";
import { demand, demandFinite, type Kind, type Sample } from "../kind.js";
import { editBytes } from "../mutate/bytes.js";
import { editJson, editJsonLines } from "../mutate/json.js";
import { editSafetensors, flipWeight, withoutChecksum } from "../mutate/safetensors.js";
import { decode, encode, filesIn, reads } from "../world.js";

const sorted = (metadata: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(metadata).sort());

/** What is read must be written and read again alike. */
function roundTrip(bytes: Uint8Array): string {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const again = decodeSafetensors(encodeSafetensors(tensors, metadata));
  for (const [name, { data, shape }] of tensors) {
    const other = again.tensors.get(name);
    demand(other?.shape.join() === shape.join(), () => `${JSON.stringify(name)} comes back in another shape`);
    demand(
      data.every((value, i) => Object.is(value, other.data[i])),
      () => `${JSON.stringify(name)} comes back with other numbers`,
    );
  }
  demand(sorted(again.metadata) === sorted(metadata), () => "other metadata come back");
  return [...tensors.keys()].join();
}

const plainFiles = (): readonly Sample[] => [
  { name: "two tensors", bytes: encodeSafetensors({ x: tensor([1, -2, 3.5]), y: tensor([[4], [5]]) }, { a: "b" }) },
  { name: "one tensor", bytes: encodeSafetensors({ "": tensor([1]) }) },
  { name: "no tensor", bytes: encodeSafetensors({}, { a: "1", b: "2" }) },
];

const ATTACHED = `v = project(tokens, table("t"));
s = select(tokens, tokens, ==);
`;

const sidecar = encodeTables(
  { bases: { letters: ["a", "b"], units: 2, all: 3 }, tables: { t: ["letters", "units"], u: ["all"] }, opaque: [] },
  new Map([
    ["t", Float32Array.of(1, 2, 3, 4)],
    ["u", Float32Array.of(5, 6, 7)],
  ]),
);

function readTables(bytes: Uint8Array): string {
  const attached = decodeTables(bytes);
  const vector = load(ATTACHED, { tables: attached }).vector("v");
  return JSON.stringify([[...new Evaluation(inputAtoms("ba")).vector(vector).data], [...attached.tables.keys()]]);
}

const tables = {
  read: readTables,
  // A table of another shape or of other atoms is told by the program that asks for it.
  documented: [TablesError, SafetensorsError, RaspError],
};

const SIZES = { n_layer: 1, n_head: 2, n_embd: 4, n_positions: 8, vocab_size: 4, n_inner: 8 };
const CONFIG = JSON.stringify({
  model_type: "gpt2",
  ...SIZES,
  layer_norm_epsilon: 1e-5,
  vocab: ["<bos>", "a", "b", "c"],
  task: "copy",
});

const weights = encodeSafetensors(
  new Map([...gpt2Shapes(gpt2Config(SIZES))].map(([name, shape]) => [`transformer.${name}`, randn(shape, new Rng(1))])),
);

function answerOf(model: Gpt2): string {
  const { vocabularySize, maxLength } = model.config;
  const logits = model.forward([[0, 1, 2].slice(0, maxLength).map((id) => id % vocabularySize)]);
  demandFinite("the logits", logits.data);
  return logits.data.join();
}

const DATA = Array.from({ length: 30 }, (_, i) =>
  JSON.stringify({
    input_ids: [0, 1 + (i % 3), 2, 1 + ((i + 1) % 3)],
    ...(i % 2 ? { answer_start: 2 } : { offset: i % 4 }),
  }),
).join("\n");

const decompile = (changed: "config.json" | "data.jsonl" | "m.safetensors") => (bytes: Uint8Array) =>
  reads(
    ["decompile", "m.safetensors", "--config", "config.json", "--data", "data.jsonl", "--budget", "0.05s", "--json"],
    filesIn({ "m.safetensors": weights, "config.json": CONFIG, "data.jsonl": DATA, [changed]: bytes }),
  );

/** Edits of a text, and now and then of its bytes. */
const inText =
  (edit: (text: string, rng: Rng) => string): Kind["edit"] =>
  (bytes, rng) =>
    rng.int(8) === 0 ? editBytes(bytes, rng) : encode(edit(decode(bytes), rng));

const config: readonly Sample[] = [{ name: "config.json", bytes: encode(CONFIG) }];

export const fileKinds: readonly Kind[] = [
  {
    name: "safetensors",
    share: 40,
    edit: editSafetensors,
    samples: plainFiles,
    read: roundTrip,
    documented: [SafetensorsError],
  },
  {
    name: "tables",
    share: 20,
    edit: editSafetensors,
    samples: () => [{ name: "tables", bytes: withoutChecksum(sidecar) }],
    ...tables,
  },
  {
    name: "tables-weights",
    share: 5,
    edit: flipWeight,
    samples: () => [{ name: "tables", bytes: sidecar }],
    ...tables,
    changed: "refused",
  },
  {
    name: "gpt2",
    share: 20,
    edit: editSafetensors,
    samples: () => [{ name: "weights", bytes: weights }],
    read: (bytes) => answerOf(Gpt2.fromSafetensors(bytes, SIZES)),
    documented: [Gpt2Error],
  },
  {
    name: "gpt2-config",
    share: 20,
    edit: inText(editJson),
    samples: () => config,
    read: (bytes) => {
      let json: unknown;
      try {
        json = JSON.parse(decode(bytes));
      } catch {
        throw new Gpt2Error("not JSON");
      }
      return answerOf(Gpt2.fromSafetensors(weights, json));
    },
    documented: [Gpt2Error],
  },
  {
    name: "decompile-config",
    share: 0.2,
    edit: inText(editJson),
    samples: () => config,
    read: decompile("config.json"),
    documented: [],
  },
  {
    name: "decompile-data",
    share: 0.2,
    edit: inText(editJsonLines),
    samples: () => [{ name: "data", bytes: encode(DATA) }],
    read: decompile("data.jsonl"),
    documented: [],
  },
  {
    name: "decompile-weights",
    share: 0.2,
    edit: editSafetensors,
    samples: () => [{ name: "weights", bytes: weights }],
    read: decompile("m.safetensors"),
    documented: [],
  },
];

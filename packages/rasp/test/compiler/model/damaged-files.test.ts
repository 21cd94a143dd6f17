/**
 * Files that were damaged, or written by somebody else: each is refused with the documented error, or can be used. No flipped bit of a
 * weight is accepted.
 */
import { decodeSafetensors, encodeSafetensors, Rng, withChecksum } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import { flipped, withMetadata, withMutatedCard } from "../../../../../test/model-mutations.js";
import { damagedBytes } from "../../../../../test/mutations.js";
import { DecompileError, readTrainedEncoder } from "../../../src/decompiler/index.js";
import {
  check,
  CheckFileError,
  compile,
  CompiledModel,
  decodeTables,
  encodeResult,
  encodeTables,
  load,
  ModelFileError,
  TablesError,
} from "../../../src/index.js";

const program =
  'reverse = aggregate(select(indices, length - 1 - indices, ==), tokens); n = selector_width(select(tokens, "a", ==));';
const environment = load(program);
const model = compile(
  { reverse: environment.sop("reverse"), n: environment.sop("n") },
  { vocabulary: "abc", maxLength: 4 },
);
const safetensors = model.toSafetensors();
const onnx = model.toOnnx();

const config = {
  vocabularySize: 3,
  maxLength: 5,
  dModel: 4,
  blocks: [{ heads: 1, dHead: 4, dFf: 6 }],
  outputs: 2,
  layerNorm: "pre",
} as const;
const weights = new TransformerEncoder(config, new Rng(1)).parameters();
const encoder = encodeSafetensors(
  weights,
  withChecksum(weights, {
    "selectron.encoder": JSON.stringify({
      program: "x",
      seed: 1,
      config,
      inputs: { vocabulary: { ...encodeResult(["a", "b", "§"]) }, maxLength: 5, bos: true },
      outputs: { ...encodeResult([1n, 2.5]) },
    }),
  }),
);

const tables = encodeTables(
  {
    bases: { letters: ["a", "b"], units: 3, hidden: 2 },
    tables: {
      t: ["letters", "units"],
      "m.input": ["units", "hidden"],
      "m.input_bias": ["hidden"],
      "m.output": ["hidden", "units"],
      "m.output_bias": ["units"],
    },
    opaque: ["m"],
  },
  new Map(
    Object.entries({ t: 6, "m.input": 6, "m.input_bias": 2, "m.output": 6, "m.output_bias": 3 }).map(([name, size]) => [
      name,
      Float32Array.from({ length: size }, (_, i) => i / 4),
    ]),
  ),
);

/** Reads a compiled model and uses all of it. */
function use(read: (bytes: Uint8Array) => CompiledModel, bytes: Uint8Array): void {
  const again = read(bytes);
  const { vocabulary, maxLength } = again.card;
  const longest = Array.from({ length: maxLength }, (_, i) => vocabulary[i % vocabulary.length]!);
  expect(again.outputs([longest]).every(([values]) => values!.every((value) => value !== undefined))).toBe(true);
  again.toSafetensors();
}

function useEncoder(bytes: Uint8Array): void {
  const { model: read, vocabulary, maxLength, classes } = readTrainedEncoder(bytes);
  const ids = Array.from({ length: maxLength }, (_, i) => i % vocabulary.length);
  const answers = [...read.forward([ids]).argmax().data].map((index) => classes[index]);
  expect(answers).not.toContain(undefined);
}

interface Kind {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly use: (bytes: Uint8Array) => void;
  readonly error: new (...args: never[]) => Error;
  /** The metadata entry that describes the model. */
  readonly entry?: string;
}

const kinds: readonly Kind[] = [
  {
    name: "a compiled model",
    bytes: safetensors,
    use: (bytes) => use((file) => CompiledModel.fromSafetensors(file), bytes),
    error: ModelFileError,
    entry: "card",
  },
  {
    name: "a compiled model in ONNX",
    bytes: onnx,
    use: (bytes) => use((file) => CompiledModel.fromOnnx(file), bytes),
    error: ModelFileError,
  },
  {
    name: "a compiled model that is checked",
    bytes: safetensors,
    use: (bytes) => void check(bytes, { steps: 2000 }),
    error: CheckFileError,
    entry: "card",
  },
  {
    name: "tables beside a program",
    bytes: tables,
    use: (bytes) => void decodeTables(bytes),
    error: TablesError,
    entry: "selectron",
  },
  { name: "a trained encoder", bytes: encoder, use: useEncoder, error: DecompileError, entry: "selectron.encoder" },
];

describe.each(kinds)("$name", ({ bytes, use: tryOut, error: documented, entry }) => {
  /** The error, of the documented kind and of a few lines, or undefined. */
  function outcome(damaged: Uint8Array): Error | undefined {
    try {
      tryOut(damaged);
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(documented);
      expect((error as Error).message.length).toBeLessThan(2500);
      return error as Error;
    }
  }

  it("works as it is", () => expect(outcome(bytes)).toBeUndefined());

  it("with any bytes changed gives the documented error, or works", () => {
    const rng = new Rng(1);
    let refused = 0;
    for (let i = breadth({ short: 80, long: 2000 }); i > 0; i--) refused += outcome(damagedBytes(bytes, rng)) ? 1 : 0;
    expect(refused).toBeGreaterThan(50);
  });

  it.runIf(entry)("with any part of its description changed gives the documented error, or works", () => {
    const rng = new Rng(2);
    let refused = 0;
    for (let i = breadth({ short: 100, long: 2000 }); i > 0; i--) {
      refused += outcome(withMutatedCard(bytes, entry!, rng)) ? 1 : 0;
    }
    expect(refused).toBeGreaterThan(50);
  });
});

describe("no flipped bit of a weight is accepted", () => {
  /** Where the weights begin that make up the end of a safetensors file. */
  const startOf = (bytes: Uint8Array): number =>
    bytes.length - 4 * [...decodeSafetensors(bytes).tensors.values()].reduce((sum, { size }) => sum + size, 0);

  it.each([
    ["a compiled model", safetensors, ModelFileError, (bytes: Uint8Array) => CompiledModel.fromSafetensors(bytes)],
    ["a checked model", safetensors, CheckFileError, (bytes: Uint8Array) => check(bytes)],
    ["a trained encoder", encoder, DecompileError, readTrainedEncoder],
    ["tables beside a program", tables, TablesError, decodeTables],
  ])("%s", (_, bytes, documented, read) => {
    const rng = new Rng(3);
    const start = startOf(bytes);
    for (let i = breadth({ short: 100, long: 2000 }); i > 0; i--) {
      const damaged = flipped(bytes, 8 * (start + rng.int(bytes.length - start)) + rng.int(8));
      expect(() => read(damaged)).toThrow(documented);
    }
  });

  it("a compiled model in ONNX", () => {
    const rng = new Rng(4);
    // Every tensor is stored once, as its bytes.
    const tensors = [...decodeSafetensors(safetensors).tensors.values()].filter(({ size }) => size > 2);
    for (let i = breadth({ short: 100, long: 2000 }); i > 0; i--) {
      const { data } = rng.pick(tensors);
      const start = Buffer.from(onnx).indexOf(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      expect(start).toBeGreaterThan(0);
      const damaged = flipped(onnx, 8 * (start + rng.int(4 * data.length)) + rng.int(8));
      expect(() => CompiledModel.fromOnnx(damaged)).toThrow(ModelFileError);
    }
  });
});

type Change = (json: any) => void; // eslint-disable-line @typescript-eslint/no-explicit-any

describe("a card that contradicts itself or the weights says where", () => {
  const edited = (change: (card: Record<string, never>) => void): Uint8Array =>
    withMetadata(safetensors, (metadata) => {
      const card = JSON.parse(metadata["card"]!) as Record<string, never>;
      change(card);
      return { ...metadata, card: JSON.stringify(card) };
    });
  it.each<[string, Change, string]>([
    ["no classes", (card) => (card.outputs[0].decoding.classes = []), "outputs[0].decoding.classes: there are none"],
    ["a class too many", (card) => card.outputs[0].decoding.classes.push(["string", "z"]), "columns of the logits"],
    [
      "a class twice",
      (card) => (card.outputs[0].decoding.classes[1] = card.outputs[0].decoding.classes[0]),
      "occurs twice",
    ],
    ["points that do not ascend", (card) => card.outputs[1].decoding.points.reverse(), "they must ascend"],
    [
      "equal points",
      (card) => (card.outputs[1].decoding.points[1] = card.outputs[1].decoding.points[0]),
      "two are equal",
    ],
    [
      "a point that is not finite",
      (card) => (card.outputs[1].decoding.points[1] = ["NaN"]),
      'points[1][0] is "NaN", and not a finite number',
    ],
    ["a token twice", (card) => (card.vocabulary[1] = card.vocabulary[0]), "vocabulary: a value occurs twice"],
    [
      "a token too many",
      (card) => card.vocabulary.push(["string", "d"]),
      "there are 4 tokens and BOS, and config.vocabularySize is 4",
    ],
    ["more positions", (card) => (card.maxLength = 5), "maxLength is 5, and config.maxLength, with BOS, 5"],
    [
      "more positions than the weights",
      (card) => ((card.maxLength = 9), (card.config.maxLength = 10)),
      "expected shape [10, ",
    ],
    ["a label too few", (card) => card.labels.pop(), "labels: there are"],
    ["a head too many", (card) => card.heads[0].push("x"), "heads: the layers have"],
    ["a layer too many", (card) => card.config.blocks.push({ heads: 0, dHead: 0, dFf: 0 }), "heads: the layers have"],
    [
      "a subspace with a coordinate twice",
      ({ subspaces: [{ coordinates }] }) => coordinates.push(coordinates[0]),
      "they must be distinct, from 0 to",
    ],
    ["a subspace outside", (card) => (card.subspaces[0].coordinates[0] = 999), "they must be distinct, from 0 to"],
    [
      "a certificate for more",
      (card) => (card.certificate.lengths = [1, 5]),
      "certificate.lengths: they must be two, of 1 to 4",
    ],
    ["a proof for more", (card) => (card.certificate.provedUpTo = 5), "certificate.provedUpTo: it must be 1 to 4"],
    ["causal that is no flag", (card) => (card.config.causal = 1), "config.causal is 1, and not true or false"],
  ])("%s", (_, change, message) => {
    for (const [read, documented] of [
      [(bytes: Uint8Array) => CompiledModel.fromSafetensors(bytes), ModelFileError],
      [check, CheckFileError],
    ] as const) {
      expect(() => read(edited(change))).toThrow(documented);
      if (!message.startsWith("expected shape")) expect(() => read(edited(change))).toThrow(message);
    }
  });
});

describe("tables that do not fit say where, before anything is built", () => {
  const edited = (change: Change): Uint8Array =>
    withMetadata(tables, (metadata) => {
      const file = JSON.parse(metadata["selectron"]!) as unknown;
      change(file);
      return { ...metadata, selectron: JSON.stringify(file) };
    });

  it.each<[string, Change, string]>([
    [
      "a basis of 2^31 tokens",
      (file) => (file.bases.units = 2 ** 31),
      "bases.units: the tables of the file have 23 numbers, and this basis 2147483648",
    ],
    ["a basis that is missing", (file) => delete file.bases.letters, "its bases say [no basis letters, 3]"],
    [
      "another shape",
      (file) => (file.tables.t = ["units", "letters"]),
      "tables.t: it has the shape [2, 3], and its bases say [3, 2]",
    ],
    ["a table without numbers", (file) => (file.tables.u = ["units"]), "tables.u: the file does not have it"],
    ["numbers without a table", (file) => delete file.tables.t, 'nothing says what the axes of "t" are'],
    ["weights for a table", (file) => (file.opaque = ["t"]), "opaque[0]: it needs the tables"],
    ["no tables", (file) => (file.tables = null), "tables is null, and not an object"],
  ])("%s", (_, change, message) => {
    expect(() => decodeTables(edited(change))).toThrow(TablesError);
    expect(() => decodeTables(edited(change))).toThrow(message);
  });

  it("a basis that no table has is not built", () => {
    expect(() => decodeTables(edited((file) => (file.bases.more = 2 ** 50)))).not.toThrow();
  });
});

/** Example calls of rasp's public functions. */
import { Rng } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import * as rasp from "@selectron/rasp";
import { loopEntries } from "./loops.js";
import { entry, whole, type Registry } from "./registry.js";

const tokens = whole(rasp.tokens);
const OPTIONS = { vocabulary: "ab", maxLength: 2 };
const PROGRAM = "a = tokens;";
const ATOMS = "any array of tokens";
const INPUT = { 0: ATOMS };

/** Compiled once: nothing changes a model. */
const known = new Map<string, rasp.CompiledModel>();
function model(options: Partial<rasp.CompileOptions> = {}): rasp.CompiledModel {
  const key = JSON.stringify(options);
  const made = known.get(key) ?? rasp.compile(tokens, { ...OPTIONS, name: "a", ...options });
  known.set(key, made);
  return made;
}
const LISTENERS = { "1: function": "a recorder", "2: function": "a patcher" };
const onModel = { on: () => model() };
const gpt2 = (): rasp.CompiledModel => model({ causal: true, format: "gpt2" });
const readsGpt2 = (name: string): Uint8Array => rasp.gpt2Folder(gpt2()).get(name) as Uint8Array;
const onGpt2 = { on: () => rasp.readGpt2Folder(readsGpt2) };
const environment = (): rasp.Environment => rasp.load("a = tokens; s = select(indices, indices, ==);");
const inEnvironment = {
  on: environment,
  says: ["name", "undefined", "needed", "unexpected", "expected", "defined", "too early", "is not a"],
};
const rotated = (): rasp.RotatedModel => rasp.compileRotated(tokens, { ...OPTIONS, name: "a", seed: 1 });
const benchmarkOptions = (): rasp.BenchmarkOptions => ({
  ...{ count: 1, seed: 1, families: ["plain"], format: "selectron", vocabulary: ["a", "b"], maxLength: 2 },
  ...{ lines: 3, layers: 1, examples: 2, unproved: false },
});
const reports = (): rasp.ReportJson[] =>
  [1, 2].map((index) =>
    rasp.encodeReport(rasp.verify(tokens, model(), { runs: 4, seed: 1, shard: { index, count: 2 } })),
  );
const TASK = { vocabulary: ["a", "b"], maxLength: 2 };
const learner = (): TransformerEncoder =>
  new TransformerEncoder(new rasp.ProgramTask(rasp.tokens, TASK).config({ dModel: 2, dFf: 2 }), new Rng(1));
const histogram = (): rasp.Vector => whole(rasp.load("v = attend(full_s, tokens);").vector("v"));
const loop = (): rasp.SOp => whole(rasp.load("repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }").sop("x"));
let looped: rasp.LoopedModel | undefined;
const loopedModel = (): rasp.LoopedModel => (looped ??= rasp.compileLooped(loop(), OPTIONS));
let scratchpad: rasp.ScratchpadModel | undefined;
const scratchpadModel = (): rasp.ScratchpadModel =>
  (scratchpad ??= rasp.compileScratchpad(loop(), { vocabulary: "ab", maxLength: 2 }));
const picture = (): rasp.Flow => whole(rasp.flow(tokens, "ab"));

export const raspRegistry: Registry = {
  module: rasp,
  says: [
    "input",
    "token",
    "the program",
    "no s-op",
    "expected",
    "too early",
    "safetensors",
    "vocabulary",
    "maximum length",
    "not a value of RASP",
  ],
  errors: [
    "RaspError",
    "ModelFileError",
    "ModelInputError",
    "CheckFileError",
    "PrintError",
    "ReportError",
    "TablesError",
  ],
  leftOut: Object.fromEntries(
    [
      ...["Basis", "CompiledTraining", "Evaluation", "ProgramTask", "VectorModel", "tracr"],
      ...["aggregate", "aggregateNode", "aggregateRow", "and", "applyTo", "atomText", "atomsEqual", "best", "bestNode"],
      ...["add", "causal", "checkNode", "checkSelector", "columns", "compareAtoms", "constant", "constantNode"],
      ...["convertToken", "costAdvice", "countCandidates", "countInputs", "denseTable", "describeAtom"],
      ...[
        "describeInput",
        "displayAligned",
        "displayDifference",
        "displayElement",
        "displayMatrix",
        "displayResult",
        "displaySequence",
      ],
      ...["displayValue", "div", "encodeTables", "encodeValue", "eq", "float", "floatText", "ge", "gt", "ifElse"],
      ...["indicator", "indicesNode", "inputAtoms", "isMatrix", "isNull", "isOfLibrary", "isSelector"],
      ...["languageModel", "le", "learnedHeads", "learnedValues", "lt", "map", "mapNode", "mod", "mul", "ne", "neg"],
      ...["not", "oneOf", "operands", "or", "parseProgram", "plainAtom", "position", "positionsNode"],
      ...["pow", "programAccuracy", "programPass", "readInput", "readNode", "render", "renderWithin", "round"],
      ...["runCase", "sameGraph", "select", "selectNode", "selectorNotNode", "selectorPairNode"],
      ...["selectorWidth", "sequenceType", "sub", "textOf", "tokensNode", "topological", "wrap"],
    ].map((name) => [name, "not tried yet"]),
  ),
  entries: {
    compile: entry(
      () => [
        tokens,
        {
          ...OPTIONS,
          name: "a",
          causal: false,
          precision: "float32",
          format: "encoder",
          onProgress: () => undefined,
          promise: undefined,
          mark: false,
        },
      ],
      { "1.vocabulary": ATOMS },
    ),
    compileVector: entry(() => [histogram(), { vocabulary: "ab", maxLength: 2, components: ["a"], positions: 4 }], {
      "1.vocabulary": ATOMS,
      "1.components": ATOMS,
      "1.components.0": "any atom",
    }),
    compileRotated: entry(
      () => [
        tokens,
        {
          ...OPTIONS,
          name: "a",
          causal: false,
          onProgress: () => undefined,
          promise: undefined,
          seed: 1,
          superposed: false,
        },
      ],
      { "1.vocabulary": ATOMS },
    ),
    verify: entry(() => [
      tokens,
      model(),
      { runs: 4, seed: 1, shard: { index: 1, count: 2 }, precision: "float32" },
      () => undefined,
    ]),
    check: entry(() => [
      model().toSafetensors(),
      { program: { a: tokens }, mostInputs: 100, steps: 1e6, onProgress: () => undefined },
    ]),
    compileLooped: entry(() => [loop(), { vocabulary: "ab", maxLength: 2, causal: false }], { "1.vocabulary": ATOMS }),
    verifyLooped: entry(() => [loop(), loopedModel(), { runs: 2, seed: 1 }]),
    compileScratchpad: entry(() => [loop(), { vocabulary: "ab", maxLength: 2, name: "a" }], { "1.vocabulary": ATOMS }),
    verifyScratchpad: entry(() => [loop(), scratchpadModel(), { runs: 2, seed: 1 }, () => undefined]),
    ScratchpadModel: entry(() => [scratchpadModel().model]),
    "ScratchpadModel.run": entry(() => ["ab"], INPUT, { on: scratchpadModel }),
    "ScratchpadModel.write": entry(() => ["ab"], INPUT, { on: scratchpadModel }),
    "ScratchpadModel.toSafetensors": entry(() => [], {}, { on: scratchpadModel }),
    "ScratchpadModel.fromSafetensors": entry(
      () => [scratchpadModel().toSafetensors()],
      {},
      { says: ["safetensors", "model"] },
    ),
    ...loopEntries,
    load: entry(
      () => [
        PROGRAM,
        { file: "p", example: "ab", readFile: () => PROGRAM, tables: undefined, limits: { steps: 1000, memory: 1000 } },
      ],
      { "1.example": ATOMS },
    ),
    Environment: entry(
      () => [
        { file: "p", example: "ab", readFile: () => PROGRAM, tables: undefined, limits: { steps: 1000, nodes: 100 } },
      ],
      { "0.example": ATOMS },
    ),
    "Environment.takeWarnings": entry(() => [], {}, inEnvironment),
    "Environment.get": entry(() => ["a"], {}, inEnvironment),
    "Environment.sop": entry(() => ["a"], {}, inEnvironment),
    "Environment.selector": entry(() => ["s"], {}, inEnvironment),
    "Environment.vector": entry(
      () => ["v"],
      {},
      { ...inEnvironment, on: () => rasp.load("v = attend(indices, tokens);") },
    ),
    "Environment.run": entry(() => ["b = a;", "p", () => undefined], {}, inEnvironment),
    "Environment.execute": entry(() => ["a", "p"], {}, inEnvironment),
    "Environment.evaluateExpression": entry(() => ["a", "p"], {}, inEnvironment),
    evaluate: entry(() => [tokens, "ab"], { 1: ATOMS }),
    trace: entry(() => [tokens, "ab"], { 1: ATOMS }),
    loopSteps: entry(() => [tokens, "ab"], { 1: ATOMS }),
    cost: entry(() => [tokens]),
    withProgram: entry(() => [rasp.CompiledModel.fromSafetensors(model().toSafetensors()), tokens]),
    transformerLensFolder: entry(() => [model()]),
    circuitOf: entry(() => [model(), { equalLayers: true }]),
    ablateCircuit: entry(() => [model(), { equalLayers: true, seed: 1 }]),
    scoreEdges: entry(() => [whole(rasp.circuitOf(model())), [["hook_embed", "blocks.0.hook_mlp_in"]]]),
    gpt2Folder: entry(() => [gpt2()]),
    readGpt2Folder: entry(() => [readsGpt2], {}, { says: ["damaged"] }),
    Gpt2Program: entry(() => [onGpt2.on().model, whole(gpt2().card), whole({ texts: [], inputs: 3, classes: [] })]),
    "Gpt2Program.run": entry(() => ["ab"], INPUT, onGpt2),
    "Gpt2Program.outputs": entry(() => [[["a", "b"]]], {}, onGpt2),
    "Gpt2Program.encode": entry(() => [["a", "b"]], {}, onGpt2),
    trainedFile: entry(() => [learner(), new rasp.ProgramTask(tokens, TASK), { program: "a", seed: 1 }]),
    encodeReport: entry(() => [whole(rasp.verify(tokens, model(), { runs: 4, seed: 1 }))]),
    mergeReports: entry(() => [reports().map(whole)], {}, { says: ["report"] }),
    parseReport: entry(() => [whole(reports()[0]!)], {}, { says: ["report"] }),
    flow: entry(() => [tokens, "ab"], { 1: ATOMS }, { says: ["picture"] }),
    computation: entry(() => [tokens]),
    firstSteps: entry(() => [tokens]),
    nodeLabel: entry(() => [tokens]),
    highlight: entry(() => [PROGRAM]),
    drawSvg: entry(() => [picture(), { width: 900 }]),
    drawText: entry(() => [picture()]),
    printRasp: entry(() => [tokens, "answer"]),
    encodeResult: entry(() => [["a", 1n]], { "0.0": "any atom" }),
    decodeSequence: entry(() => [["a", 1], "si"]),
    decodeTables: entry(
      () => [
        rasp.encodeTables(
          { bases: { b: ["x"] }, tables: { t: ["b"] }, opaque: [] },
          new Map([["t", Float32Array.of(1)]]),
        ),
      ],
      {},
      { says: ["tables", "safetensors"] },
    ),
    dataset: entry(() => [{ count: 1, seed: 1, vocabulary: ["a", "b"], maxLength: 2, lines: 3, examples: 2 }, []]),
    benchmark: entry(() => [benchmarkOptions()]),
    benchmarkIndex: entry(() => [benchmarkOptions(), [{ entry: {} }]]),
    familiesOf: entry(() => ["selectron"]),
    rotatedCircuit: entry(() => [whole(rotated()), { equalLayers: true }]),
    sufficiency: entry(
      () => [
        tokens,
        { window: 2, strides: { by: 2, count: 1 }, powers: true, globals: 1 },
        { ...OPTIONS, causal: false, runs: 10, seed: 1 },
      ],
      { "2.vocabulary": ATOMS },
      { says: ["looksAt", "restriction"] },
    ),
    CompiledModel: entry(() => [
      model().model,
      whole(model().card),
      whole(model().layout!),
      [],
      whole(model().program!),
      [],
    ]),
    "CompiledModel.run": entry(() => ["ab", { patch: [], output: "a", record: () => undefined }], INPUT, onModel),
    "CompiledModel.runBatch": entry(() => [["ab"], { output: "a" }], { "0.0": ATOMS }, onModel),
    "CompiledModel.values": entry(() => [[["a", "b"]], undefined, undefined], LISTENERS, {
      ...onModel,
      says: ["outputs", "patch"],
    }),
    "CompiledModel.outputs": entry(() => [[["a", "b"]], undefined, undefined], LISTENERS, {
      ...onModel,
      says: ["patch"],
    }),
    "CompiledModel.failures": entry(() => [["ab"]], { "0.0": ATOMS }, { on: () => model({ mark: true }) }),
    "CompiledModel.trace": entry(() => ["ab", { patch: [] }], { 0: ATOMS }, onModel),
    "CompiledModel.generate": entry(
      () => ["a", { maxTokens: 1 }],
      { 0: ATOMS },
      { on: () => model({ causal: true }), says: ["prompt"] },
    ),
    "CompiledModel.keepsPromise": entry(() => ["ab"], INPUT, onModel),
    "CompiledModel.toSafetensors": entry(() => [], {}, onModel),
    "CompiledModel.toOnnx": entry(() => [], {}, onModel),
    "CompiledModel.idOf": entry(() => ["a"], { 0: "any atom" }, onModel),
    "CompiledModel.encode": entry(() => [["a", "b"]], {}, onModel),
    "CompiledModel.fromSafetensors": entry(() => [model().toSafetensors()], {}, { says: ["safetensors", "model"] }),
    "CompiledModel.fromOnnx": entry(() => [model().toOnnx()], {}, { says: ["onnx", "model"] }),
  },
};

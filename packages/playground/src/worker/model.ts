/** Compiles programs and opens files; keeps the model for the questions about it. */
import { decodeSafetensors, printable } from "@selectron/core";
import { compile, CompiledModel, displayElement, drawSvg, flow, withProgram, type Atom } from "@selectron/rasp";
import { numberOf } from "./arithmetic.js";
import { useFastKernels } from "./kernels.js";
import { tokensOf } from "./input.js";
import { otherProblem, sopOf } from "./model-problems.js";
import { lookInto, type Looked } from "./look.js";
import type {
  CompileQuestion,
  CompileReply,
  FileQuestion,
  FileReply,
  LookReply,
  ModelQuestion,
  ModelReply,
  ModelSummary,
  OpenQuestion,
  OpenReply,
} from "./model-protocol.js";
import { problemOf } from "./places.js";
import { runProgram } from "./program.js";
import type { TrainedModel } from "./trained-model.js";
import type { Progress } from "./problem.js";

/** The model that is looked into. */
let current: CompiledModel | TrainedModel | undefined;
/** The last run of it. */
let looked: Looked | undefined;

/** Answers a question about models. */
export async function answerModel(question: ModelQuestion, tell: (progress: Progress) => void): Promise<ModelReply> {
  await useFastKernels();
  switch (question.kind) {
    case "compile":
      return compiled(question, tell);
    case "open":
      return opened(question);
    case "look": {
      if (!current) throw new Error("there is no model to look into");
      if (!(current instanceof CompiledModel)) return lookAt(current, tokensOf(question.input));
      looked = lookInto(current, tokensOf(question.input), question.patches);
      return looked.reply;
    }
    case "number":
      return numberOf(current instanceof CompiledModel ? current : undefined, looked, question);
    case "file":
      return fileOf(question);
  }
}

function compiled(question: CompileQuestion, tell: (progress: Progress) => void): CompileReply {
  try {
    const { sop } = sopOf(question);
    const vocabulary = [
      ...new Map(tokensOf(question.vocabulary).map((token) => [displayElement(token), token])).values(),
    ];
    let last = 0;
    current = compile(sop, {
      vocabulary,
      maxLength: question.maxLength,
      causal: question.causal,
      name: sop.name ?? "answer",
      onProgress: (done, of, stage) => {
        // Some thousand steps a second: the page needs ten.
        const now = Date.now();
        if (now - last < 100) return;
        last = now;
        tell({ done, of, stage });
      },
    });
    looked = undefined;
    return { kind: "compile", model: summaryOf(current) };
  } catch (error) {
    return { kind: "compile", problem: otherProblem(error) };
  }
}

/** A run of a trained model, or why there is none. */
function lookAt(model: TrainedModel, input: readonly Atom[]): LookReply {
  try {
    if (input.length === 0) throw new RangeError("model.emptyInput");
    return model.look(input);
  } catch (error) {
    const nothing = { kind: "look", model: [], heads: [], stages: [], labels: [], rows: [] } as const;
    return { ...nothing, tokens: input.map(displayElement), problem: otherProblem(error) };
  }
}

async function opened(question: OpenQuestion): Promise<OpenReply> {
  try {
    const model = await modelOf(question);
    current = model;
    looked = undefined;
    return { kind: "open", model: model instanceof CompiledModel ? summaryOf(model) : model.summary };
  } catch (error) {
    return { kind: "open", problem: otherProblem(error) };
  }
}

/** Which kind of model a file holds, its metadata and its names tell. */
async function modelOf({ name, bytes, program, config }: OpenQuestion): Promise<CompiledModel | TrainedModel> {
  if (name.endsWith(".onnx")) return withItsProgram(CompiledModel.fromOnnx(bytes), program);
  const trained = await import("./trained-model.js");
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata["selectron.encoder"] !== undefined) return trained.openEncoder(name, bytes);
  if (config === undefined && ![...tensors.keys()].some((each) => each.endsWith("wte.weight"))) {
    return withItsProgram(CompiledModel.fromSafetensors(bytes), program);
  }
  if (config === undefined) throw new RangeError("model.needsConfig");
  return trained.openGpt2(name, bytes, jsonOf(config));
}

/** @throws RangeError where the text is no JSON */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RangeError("model.badConfig");
  }
}

/** The model with the program in the editor, if it was compiled from it. */
function withItsProgram(model: CompiledModel, program: string): CompiledModel {
  const { environment } = runProgram(program, ["?"]);
  const value = environment.names.includes(model.card.name) ? environment.get(model.card.name) : undefined;
  if (value?.kind !== "s-op") return model;
  try {
    return withProgram(model, value.node);
  } catch {
    // Another program of that name.
    return model;
  }
}

function summaryOf(model: CompiledModel): ModelSummary {
  const { card, certificate, stats, warnings, notes } = model;
  const { proved, provedFor, worstMargin, where, provedWithin, provedUpTo } = certificate;
  return {
    name: printable(card.name),
    vocabulary: card.vocabulary.map(displayElement),
    maxLength: card.maxLength,
    causal: model.causal,
    layers: stats.layers,
    headsPerLayer: stats.headsPerLayer,
    dModel: stats.dModel,
    dFf: stats.dFf,
    parameters: stats.parameters,
    nonZeros: stats.nonZeros,
    certificate: {
      proved,
      from: provedFor.lengths[0],
      to: provedFor.lengths[1],
      margin: worstMargin,
      where,
      ...(provedWithin === undefined ? {} : { provedWithin }),
      ...(provedUpTo === undefined ? {} : { provedUpTo }),
    },
    warnings: warnings.map(problemOf),
    notes,
    hasProgram: model.program !== undefined && model.layout !== undefined,
  };
}

function fileOf(question: FileQuestion): FileReply {
  try {
    if (question.format === "svg") {
      const { sop, tokens } = sopOf(question);
      const picture = new TextEncoder().encode(drawSvg(flow(sop, tokens)));
      return { kind: "file", name: `${fileName(sop.name)}.svg`, bytes: picture };
    }
    if (!(current instanceof CompiledModel)) throw new RangeError("model.none");
    const bytes = question.format === "onnx" ? current.toOnnx() : current.toSafetensors();
    return { kind: "file", name: `${fileName(current.card.name)}.${question.format}`, bytes };
  } catch (error) {
    return { kind: "file", name: "", problem: otherProblem(error) };
  }
}

/** A name that every file system takes. */
const fileName = (name = "picture"): string => name.replace(/[^\w-]/g, "_").slice(0, 60) || "model";

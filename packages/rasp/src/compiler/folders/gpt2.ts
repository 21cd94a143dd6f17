/**
 * A compiled model as the folder of a GPT-2 that Hugging Face's libraries load, and back. Beside their files there is `selectron.json`:
 * the model card, and the checksum of the weights that it is of.
 */
import { checks, encodeSafetensors, encodeUtf8, weightsChecksum, decodeUtf8, type FileBytes } from "@selectron/core";
import { Gpt2, Gpt2Error } from "@selectron/nn";
import { printRasp, PrintError } from "../../language/text/print.js";
import { encodeCircuit } from "../circuit/circuit.js";
import { circuitOf } from "../circuit/index.js";
import type { Certificate } from "../certify/certify.js";
import { gpt2ToOnnx } from "../export/gpt2/onnx.js";
import { readme } from "../export/gpt2/readme.js";
import { descriptionFiles } from "../export/gpt2/tokenizer.js";
import { answerRows, vocabularyOf } from "../export/gpt2/vocabulary.js";
import { gpt2Weights } from "../export/gpt2/weights.js";
import { CompiledModel } from "../model/compiled-model.js";
import type { Folder } from "./transformerlens.js";
import { ModelFileError } from "../model/errors.js";
import { Gpt2Program } from "../model/gpt2-program.js";
import { decodeCard, encodeCard } from "../model/model-card.js";

const WEIGHTS = "model.safetensors";
const CONFIG = "config.json";
const DESCRIPTION = "selectron.json";

/** The files that `readGpt2Folder` needs. */
export const GPT2_FILES: readonly string[] = [WEIGHTS, CONFIG, DESCRIPTION];

/**
 * The files of a GPT-2 that computes what the model does. Equal models give equal bytes.
 *
 * @param model - compiled with `format: "gpt2"`
 * @throws RangeError for another model
 */
export function gpt2Folder(model: CompiledModel): Folder {
  checks.check("gpt2Folder: model", model, checks.anInstance(CompiledModel));
  const { card } = model;
  if (!card.gpt2) {
    throw new RangeError(
      `"${card.name}" was not compiled to be a GPT-2; compile it with causal: true and format: "gpt2"`,
    );
  }
  const vocabulary = vocabularyOf(card.vocabulary, card.outputs[0]!.decoding.classes);
  const { config, tensors } = gpt2Weights(model.model, card.gpt2, answerRows(vocabulary));
  const named = new Map(
    [...tensors].map(([name, tensor]) => [name === "lm_head.weight" ? name : `transformer.${name}`, tensor]),
  );
  const described = {
    name: card.name,
    maxLength: card.maxLength,
    certificate: certificateText(card.certificate),
    promise: card.promise,
    source: sourceOf(model),
  };
  const { format, version, card: text } = encodeCard(card);
  const description = { format, version, weights: weightsChecksum(named), card: JSON.parse(text!) as unknown };
  const json = Object.entries({ ...descriptionFiles(config, vocabulary), [DESCRIPTION]: description });
  // A model from a file does not know its program.
  const circuit: Folder = new Map(model.layout ? [["circuit.json", encodeCircuit(circuitOf(model))]] : []);
  const onnxText = `RASP program ${card.name}, compiled by Selectron to a GPT-2, for inputs of up to ${card.maxLength} tokens.`;
  return new Map([
    ["README.md", encodeUtf8(readme(config, vocabulary, described))],
    ["onnx/model.onnx", gpt2ToOnnx(config, tensors, { name: card.name, text: onnxText })],
    // Hugging Face's library reads files of this format only.
    [WEIGHTS, encodeSafetensors(named, { format: "pt" })],
    ...circuit,
    ...json.map(([name, value]) => [name, encodeUtf8(`${JSON.stringify(value, undefined, 2)}\n`)] as const),
  ]);
}

/**
 * The GPT-2 in the files of a folder that `gpt2Folder` gave.
 *
 * @param read - gives the bytes of a file of the folder: those in `GPT2_FILES` are asked for
 * @throws ModelFileError on damaged and foreign files, and on weights that are not those of the description
 */
export function readGpt2Folder(read: (name: string) => FileBytes): Gpt2Program {
  checks.check("readGpt2Folder: read", read, checks.aFunction("a function that gives the bytes of a file"));
  const { weights, ...metadata } = descriptionIn(read(DESCRIPTION));
  const card = decodeCard(metadata);
  if (!card.gpt2) throw damaged(DESCRIPTION, "it is of another kind of model");
  const model = gpt2In(read(WEIGHTS), parsed(CONFIG, read(CONFIG)));
  const named = new Map(
    [...model.parameters].map(([name, tensor]) => [name === "lm_head.weight" ? name : `transformer.${name}`, tensor]),
  );
  const found = weightsChecksum(named);
  if (found !== weights) {
    throw new ModelFileError(
      `the weights in ${WEIGHTS} are not those that ${DESCRIPTION} describes: their checksum is ${found}, and should be ${weights}`,
      "compile the program again",
    );
  }
  const vocabulary = vocabularyOf(card.vocabulary, card.outputs[0]!.decoding.classes);
  const { vocabularySize, maxLength } = model.config;
  if (vocabularySize !== vocabulary.texts.length || maxLength !== card.maxLength + 1) {
    throw damaged(
      DESCRIPTION,
      `its vocabulary and length do not fit a model of ${vocabularySize} entries and ${maxLength} positions`,
    );
  }
  return new Gpt2Program(model, card, vocabulary);
}

const damaged = (name: string, problem: string): ModelFileError =>
  new ModelFileError(`${name} is damaged: ${problem}`, "compile the program again");

function descriptionIn(bytes: FileBytes): Record<"format" | "version" | "weights" | "card", string> {
  const value = parsed(DESCRIPTION, bytes);
  if (typeof value !== "object" || value === null) throw damaged(DESCRIPTION, "it is no object");
  const { format, version, weights, card } = value as Readonly<Record<string, unknown>>;
  const text = (field: unknown): string => (typeof field === "string" ? field : "");
  return { format: text(format), version: text(version), weights: text(weights), card: JSON.stringify(card ?? null) };
}

function parsed(name: string, bytes: FileBytes): unknown {
  try {
    return JSON.parse(decodeUtf8(new Uint8Array(bytes as Uint8Array)));
  } catch (error) {
    throw damaged(name, (error as Error).message);
  }
}

function gpt2In(bytes: FileBytes, config: unknown): Gpt2 {
  try {
    return Gpt2.fromSafetensors(bytes, config);
  } catch (error) {
    if (error instanceof Gpt2Error) throw new ModelFileError(error.message, "compile the program again");
    throw error;
  }
}

/** The program as RASP. Not what RASP cannot express, such as functions of TypeScript, nor of a model from a file. */
function sourceOf({ program }: CompiledModel): string | undefined {
  const [output] = program?.outputs ?? [];
  if (!output) return undefined;
  try {
    return printRasp(output.sop, /^[A-Za-z_]\w*$/.test(output.name) ? output.name : "answer").trim();
  } catch (error) {
    if (error instanceof PrintError) return undefined;
    throw error;
  }
}

function certificateText({ proved, provedFor, provedUpTo, provedWithin, worstMargin, where }: Certificate): string {
  const [from, to] = provedFor.lengths;
  if (proved) return `proved for every input of ${from} to ${to} tokens, in float32 and any order of sums`;
  if (provedWithin !== undefined) {
    return `proved up to float32: no answer is further than ${provedWithin} from the program's`;
  }
  const shorter = provedUpTo === undefined ? "" : `; proved for up to ${provedUpTo} tokens`;
  return `not proved: ${worstMargin === 0 ? where : `${where} has ${worstMargin.toPrecision(2)} times its margin`}${shorter}`;
}

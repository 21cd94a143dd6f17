/**
 * A compiled model as the folder of a GPT-2 that Hugging Face's libraries load, and back. Beside their files there is `selectron.json`:
 * the model card, and the checksum of the weights that it is of.
 */
import {
  ChecksumError,
  checks,
  decodeUtf8,
  encodeSafetensors,
  encodeUtf8,
  verifyChecksum,
  withChecksum,
  type FileBytes,
  type Tensor,
} from "@selectron/core";
import { Gpt2, Gpt2Error } from "@selectron/nn";
import { printRasp, PrintError } from "../../language/text/print.js";
import { encodeCircuit } from "../circuit/circuit.js";
import { circuitOf } from "../circuit/index.js";
import type { Certificate } from "../certify/certify.js";
import { gpt2ToOnnx } from "../export/gpt2/onnx.js";
import { readme } from "../export/gpt2/readme.js";
import { descriptionFiles } from "../export/gpt2/tokenizer.js";
import { answerRows, vocabularyOf } from "../export/gpt2/vocabulary.js";
import { EPSILON, gpt2Weights } from "../export/gpt2/weights.js";
import { CompiledModel } from "../model/compiled-model.js";
import type { Folder } from "./transformerlens.js";
import { ModelFileError } from "../model/errors.js";
import { Gpt2Program } from "../model/gpt2-program.js";
import { decodeCard, encodeCard, type ModelCard } from "../model/model-card.js";

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
  const named = namesInFiles(tensors);
  const described = {
    name: card.name,
    maxLength: card.maxLength,
    certificate: certificateText(card.certificate),
    promise: card.promise,
    source: sourceOf(model),
  };
  const { card: text, ...others } = withChecksum(named, encodeCard(card));
  const description = { ...others, card: JSON.parse(text!) as unknown };
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
  const metadata = descriptionIn(read(DESCRIPTION));
  const model = gpt2In(read(WEIGHTS), parsed(CONFIG, read(CONFIG)));
  checkSum(model, metadata);
  const card = decodeCard(metadata);
  if (!card.gpt2) throw damaged(DESCRIPTION, "it is of another kind of model");
  checkConfig(model, card);
  const vocabulary = vocabularyOf(card.vocabulary, card.outputs[0]!.decoding.classes);
  return new Gpt2Program(model, card, vocabulary);
}

/** @throws ModelFileError where the configuration makes another model of the weights */
function checkConfig({ config }: Gpt2, { vocabulary, maxLength, outputs, config: encoder }: ModelCard): void {
  const entries = vocabularyOf(vocabulary, outputs[0]!.decoding.classes).texts.length;
  const fits =
    config.vocabularySize === entries &&
    config.maxLength === maxLength + 1 &&
    config.heads === encoder.blocks.reduce((most, { heads }) => Math.max(most, heads), 1) &&
    config.layers === Math.max(1, encoder.blocks.length) &&
    config.epsilon === EPSILON &&
    (config.activation ?? "gelu") === "gelu";
  if (!fits) throw damaged(CONFIG, `it is not that of the model which ${DESCRIPTION} describes`);
}

const damaged = (name: string, problem: string): ModelFileError =>
  new ModelFileError(`${name} is damaged: ${problem}`, "compile the program again");

/** The names that files have for parameters. */
const namesInFiles = (parameters: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...parameters].map(([name, tensor]) => [name === "lm_head.weight" ? name : `transformer.${name}`, tensor]));

/** @throws ModelFileError where the description is not of these weights */
function checkSum({ parameters }: Gpt2, metadata: Record<string, string>): void {
  try {
    if (verifyChecksum({ tensors: namesInFiles(parameters), metadata })) return;
  } catch (error) {
    if (!(error instanceof ChecksumError)) throw error;
    throw new ModelFileError(`${WEIGHTS} and ${DESCRIPTION} do not fit: ${error.message}`, error.suggestion);
  }
  throw damaged(DESCRIPTION, "it has no checksum");
}

/** The description as the metadata of other files: texts, of which the card is one. */
function descriptionIn(bytes: FileBytes): Record<string, string> {
  const value = parsed(DESCRIPTION, bytes);
  if (typeof value !== "object" || value === null) throw damaged(DESCRIPTION, "it is no object");
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, unknown>>).map(([name, field]) => [
      name,
      typeof field === "string" ? field : textOf(field),
    ]),
  );
}

/** @throws ModelFileError for lists in lists that can be read, and are too deep to be written */
function textOf(field: unknown): string {
  try {
    return JSON.stringify(field);
  } catch {
    throw damaged(DESCRIPTION, "lists in it are nested too deep");
  }
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

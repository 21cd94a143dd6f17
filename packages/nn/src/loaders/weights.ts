/**
 * The files of a model: read together, each tensor once, with what is wrong told by the tensor's name. A file that is given as a source
 * is read in parts, so that the weights lie in memory once.
 */
import {
  checks,
  decodeSafetensors,
  elementsOf,
  printable,
  SafetensorsError,
  type FileBytes,
  type FileSource,
  type Tensor,
} from "@selectron/core";
import type { Fail } from "./load-error.js";
import { shardMap } from "./shards.js";

/** A safetensors file: its bytes, or a source that is read in parts. */
export type ModelFile = FileBytes | FileSource;

/** Options of reading the files of a model. */
export interface FilesOptions {
  /** Parsed JSON of the `model.safetensors.index.json` beside the files: a file that was left out is then told by its name. */
  readonly index?: unknown;
}

/** The types of weights. Integers are of quantised models, whose scales would be lost. */
const FLOATS: readonly string[] = ["F32", "F16", "BF16", "F64"];

/**
 * The tensors of all files, without those that are no weights.
 *
 * @param isBuffer - whether a name is of a tensor that is saved beside the weights, and not read
 * @throws LoadError for a damaged or missing file, a tensor that is there twice, or one that is of no type of weights
 */
export function readWeights(
  files: ModelFile | readonly ModelFile[],
  { index }: FilesOptions,
  isBuffer: (name: string) => boolean,
  fail: Fail,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const seen = new Set<string>();
  const only = (name: string, { dtype }: { readonly dtype: string }): boolean => {
    if (seen.has(name)) throw fail(`two of the files have ${shown(name)}; give each file of a model once`);
    seen.add(name);
    if (isBuffer(name)) return false;
    if (FLOATS.includes(dtype)) return true;
    throw fail(
      `${shown(name)} is of type ${dtype}; weights are ${FLOATS.join(", ")}. Take the model before it was quantised`,
    );
  };
  for (const file of Array.isArray(files) ? (files as readonly ModelFile[]) : [files as ModelFile]) {
    for (const [name, value] of decoded(file, only, fail)) tensors.set(name, value);
  }
  if (index !== undefined) checkIndex(index, seen, fail);
  return tensors;
}

/** A name of a tensor, for people. */
export const shown = (name: string): string => printable(name, 80);

function decoded(
  file: ModelFile,
  only: (name: string, header: { readonly dtype: string }) => boolean,
  fail: Fail,
): Map<string, Tensor> {
  try {
    return decodeSafetensors(file, { only }).tensors;
  } catch (error) {
    if (error instanceof SafetensorsError) throw fail(error.message);
    throw error;
  }
}

/** Throws unless the files have every tensor of their index. */
function checkIndex(index: unknown, seen: ReadonlySet<string>, fail: Fail): void {
  const missing = Object.entries(shardMap(index)).filter(([name]) => !seen.has(name));
  const [first] = missing;
  if (!first) return;
  const [name, file] = first;
  const others = missing.filter(([, other]) => other === file).length - 1;
  throw fail(
    `${shown(name)} is in none of the files: the index has it in ${printable(file)}` +
      `${others === 0 ? "" : `, with ${others} more that ${others === 1 ? "is" : "are"} missing`}. Give every file that it names`,
  );
}

/**
 * The tensors without prefixes and buffers.
 *
 * @param prefix - matches what wrappers put before every name
 * @throws LoadError if a name occurs twice
 */
export function plainNames(
  given: ReadonlyMap<string, Tensor>,
  prefix: RegExp,
  isBuffer: (name: string) => boolean,
  fail: Fail,
): Map<string, Tensor> {
  const parameters = new Map<string, Tensor>();
  for (const [name, value] of given) {
    if (isBuffer(name)) continue;
    const plain = name.replace(prefix, "");
    if (parameters.has(plain)) throw fail(`the weights have ${plain} twice, under two prefixes`);
    parameters.set(plain, value);
  }
  return parameters;
}

/** The parameters of a model. */
export interface Expected {
  /** Names and shapes of all parameters. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Such as "a GPT-2 with 12 layers". */
  readonly model: string;
}

/**
 * Throws unless the parameters are those of a model: none missing, none left over, each of its shape, and finite.
 */
export function checkWeights(parameters: ReadonlyMap<string, Tensor>, { shapes, model }: Expected, fail: Fail): void {
  const misfit = (problem: string): Error => fail(`the configuration does not fit the weights: ${problem}`);
  for (const [name, shape] of shapes) {
    const value = parameters.get(name);
    if (!value) throw misfit(`they lack ${name} [${shape.join(", ")}]`);
    if (value.shape.join() !== shape.join()) {
      throw misfit(`${name} has shape [${value.shape.join(", ")}], expected [${shape.join(", ")}]`);
    }
    const elements = elementsOf(value);
    const wrong = firstInsane(elements);
    if (wrong >= 0) {
      throw fail(
        `${name} is damaged: element ${wrong} of ${value.size} is ${elements[wrong]}; every weight must be finite, and none is beyond 2^40`,
      );
    }
  }
  const unknown = [...parameters.keys()].filter((name) => !shapes.has(name));
  if (unknown.length > 0) {
    const names = unknown.slice(0, 3).map(shown).join(", ");
    throw misfit(`${names} belong${unknown.length === 1 ? "s" : ""} to no part of ${model}`);
  }
}

/**
 * Throws unless there are as many layers as the configuration says. Before anything is as large as that.
 *
 * @param pattern - matches the names of a layer's parameters, with its number as the first group
 */
export function checkLayerCount(layers: number, names: Iterable<string>, pattern: RegExp, fail: Fail): void {
  const found = new Set([...names].map((name) => pattern.exec(name)?.[1]).filter((number) => number !== undefined));
  if (found.size === layers) return;
  throw fail(
    `the configuration does not fit the weights: it says ${layers} layers, and the weights have ${found.size}`,
  );
}

/** Beyond this no weight was trained, and a single one can make scores infinite and logits NaN; a flipped bit of an exponent does. */
const LARGEST_WEIGHT = 2 ** 40;

/** Elements that are looked at together. */
const BLOCK = 4096;

/** The first element that is NaN or beyond ±2^40; -1 if none is. */
export function firstInsane(data: Float32Array): number {
  const isInsane = (element: number): boolean => !(Math.abs(element) <= LARGEST_WEIGHT);
  if (!(data instanceof Float32Array)) return (data as Float32Array).findIndex(isInsane);
  // A model is looked through in a third of the time that it takes to read it: blocks of which nothing reaches 2 need no closer look.
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at < bits.length; at += BLOCK) {
    const end = Math.min(at + BLOCK, bits.length);
    if ((anyBits(bits, at, end) & 0x7fffffff) < BITS_OF_2) continue;
    const wrong = data.subarray(at, end).findIndex(isInsane);
    if (wrong >= 0) return at + wrong;
  }
  return -1;
}

/** The bits of 2 as a float32. Without a sign, all that have none of its bit are less, and infinity and NaN have it. */
const BITS_OF_2 = 0x40000000;

/** The bits that any element has. */
function anyBits(bits: Int32Array, start: number, end: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = end - ((end - start) % 4);
  for (let i = start; i < whole; i += 4) {
    a |= bits[i]!;
    b |= bits[i + 1]!;
    c |= bits[i + 2]!;
    d |= bits[i + 3]!;
  }
  for (let i = whole; i < end; i++) a |= bits[i]!;
  return a | b | c | d;
}

/** Whether two tensors of one shape have equal elements. */
export function areEqual({ data: a }: Tensor, { data: b }: Tensor): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Options of loading, checked. */
export function checkFilesOptions(operation: string, options: FilesOptions): void {
  checks.checkOptions(operation, options, {
    index: checks.anObject("the parsed JSON of a model.safetensors.index.json"),
    ignore: checks.aList("an array of keys", checks.aText),
  });
}

/**
 * The unembedding of a model that says whether it is tied. A tied one may be saved: it is then the token embedding, and is left out.
 *
 * @throws LoadError where the configuration and the weights differ
 */
export function checkHead(
  tied: boolean,
  parameters: Map<string, Tensor>,
  { head: name, embedding }: { readonly head: string; readonly embedding: string },
  fail: Fail,
): void {
  const head = parameters.get(name);
  if (!tied && !head) {
    throw fail(
      `the weights lack ${name}. If the unembedding is the token embedding, say so in the configuration: "tie_word_embeddings": true`,
    );
  }
  if (!tied || !head) return;
  if (!areEqual(head, parameters.get(embedding)!)) {
    throw fail(
      `the configuration's tie_word_embeddings is true, but ${name} is not the token embedding. Say false to use it`,
    );
  }
  parameters.delete(name);
}

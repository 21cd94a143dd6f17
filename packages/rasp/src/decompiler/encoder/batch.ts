/** Inputs of an encoder and its answers, laid out one after the other so that an s-op is computed for all of them at once. */
import { noGrad, scope, type Rng } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { literal, PrintError } from "../../language/text/print.js";
import { DecompileError } from "../common/decompile-error.js";
import { decisions, type TrainedEncoder } from "./trained-encoder.js";

/** Atoms as numbers: a number is its own code; the codes of strings are above all numbers and follow their order. */
export class Codes {
  readonly #strings: readonly string[];

  /** @throws DecompileError if an atom has no literal, so that no program could name it, or is a number as large as the codes of strings */
  constructor(atoms: readonly Atom[]) {
    const strings = atoms.filter((atom) => typeof atom === "string");
    this.#strings = [...new Set(["", ...strings])].sort();
    for (const atom of atoms) demandWritable(atom);
  }

  of(atom: Atom): number {
    if (typeof atom === "string") return FIRST_STRING + this.#strings.indexOf(atom);
    return typeof atom === "boolean" ? FIRST_BOOLEAN + Number(atom) : Number(atom);
  }

  /** A code as a RASP literal. */
  literal(code: number): string {
    if (code >= FIRST_BOOLEAN) return code === FIRST_BOOLEAN ? "False" : "True";
    if (code >= FIRST_STRING) return literal(this.#strings[code - FIRST_STRING]!);
    return literal(Number.isInteger(code) ? BigInt(code) : code);
  }
}

const [FIRST_STRING, FIRST_BOOLEAN] = [1e9, 2e9];

function demandWritable(atom: Atom): void {
  try {
    literal(atom);
  } catch (error) {
    if (!(error instanceof PrintError)) throw error;
    throw new DecompileError(
      `${error.message}, and a program must name the model's tokens and classes; train it on others`,
    );
  }
  if (typeof atom !== "string" && Math.abs(Number(atom)) >= FIRST_STRING) {
    throw new DecompileError(
      `the model has the number ${atom}, and numbers must be less than ${FIRST_STRING}; train it on others`,
    );
  }
}

/** The code of "", which an aggregate of strings gives where it selects nothing. */
export const EMPTY = FIRST_STRING;
/** Whether a code is that of a string. */
export const isText = (code: number): boolean => code >= FIRST_STRING;

/** An input and the model's answer to it. */
export interface Answered {
  readonly input: readonly Atom[];
  readonly ids: readonly number[];
  /** The code of the class at each position. */
  readonly classes: readonly number[];
  /** [layer][head], each [n, n] with queries as rows; empty if not asked for. */
  readonly patterns: readonly (readonly Float32Array[])[];
}

/** Runs the model on one input. */
export function answer(encoder: TrainedEncoder, codes: Codes, ids: readonly number[], withPatterns: boolean): Answered {
  const { model, vocabulary } = encoder;
  const patterns: Float32Array[][] = [];
  const n = ids.length;
  const record = (name: string, { data, shape }: { data: Float32Array; shape: readonly number[] }): void => {
    if (!name.endsWith("attention.pattern")) return;
    patterns.push(Array.from({ length: shape[1]! }, (_, h) => data.slice(h * n * n, (h + 1) * n * n)));
  };
  const atoms = scope(() => noGrad(() => decisions(encoder, model.forward([ids], withPatterns ? { record } : {}))));
  const input = ids.map((id) => vocabulary[id]!);
  return { input, ids, classes: atoms.map((atom) => codes.of(atom)), patterns };
}

/**
 * Up to `count` random inputs of one of three disjoint parts, all lengths equally likely. A hash of the input decides which part it
 * belongs to, so that the few short inputs are divided as well.
 */
export function drawInputs(
  encoder: TrainedEncoder,
  part: 0 | 1 | 2,
  count: number,
  rng: Rng,
  seed: number,
): number[][] {
  const { vocabulary, hasBos, maxLength } = encoder;
  const letters = vocabulary.length - (hasBos ? 1 : 0);
  const least = hasBos ? 2 : 1;
  const drawn: number[][] = [];
  for (let tries = 0; drawn.length < count && tries < 50 * count; tries++) {
    const ids = Array.from({ length: least + rng.int(maxLength - least + 1) }, () => rng.int(letters));
    if (hasBos) ids[0] = letters;
    if (partOf(ids, seed) === part) drawn.push(ids);
  }
  return drawn;
}

/** The hash FNV-1a, modulo 3. */
function partOf(ids: readonly number[], seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const id of ids) hash = Math.imul(hash ^ (id + 1), 0x01000193) >>> 0;
  return (hash >>> 7) % 3;
}

/** Many inputs one after the other. A place is an index into all their positions together. */
export class Batch {
  /** The place where each input begins, and at the end the number of places. */
  readonly starts: readonly number[];
  readonly size: number;
  readonly tokens: Float64Array;
  readonly indices: Float64Array;
  readonly lengths: Float64Array;
  readonly classes: Float64Array;
  readonly #known = new Map<string, Float64Array>();

  readonly inputs: readonly Answered[];

  constructor(inputs: readonly Answered[], codes: Codes) {
    this.inputs = inputs;

    const starts = [0];
    for (const { ids } of inputs) starts.push(starts.at(-1)! + ids.length);
    this.starts = starts;
    this.size = starts.at(-1)!;
    this.tokens = Float64Array.from(inputs.flatMap(({ input }) => input.map((atom) => codes.of(atom))));
    this.indices = Float64Array.from(inputs.flatMap(({ ids }) => ids.map((_, i) => i)));
    this.lengths = Float64Array.from(inputs.flatMap(({ ids }) => ids.map(() => ids.length)));
    this.classes = Float64Array.from(inputs.flatMap(({ classes }) => classes));
  }

  /** The values kept under this key; computed the first time. */
  known(key: string, compute: () => Float64Array): Float64Array {
    return getOrInsert(this.#known, key, compute);
  }
}

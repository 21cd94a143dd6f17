/**
 * A program as something to learn: the interpreter makes the data, `cost` the architecture, and the program's selectors
 * what its heads should look at (Weiss et al. 2021, arXiv 2106.06981, section 5).
 */
import { Rng } from "@selectron/core";
import type { EncoderConfig } from "@selectron/nn";
import { cost, type HeadCost } from "../../language/cost/cost.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";

/** What a program's inputs are. */
export interface ProgramTaskOptions {
  /** What the inputs are made of. */
  readonly vocabulary: readonly Atom[];
  /** The longest input, BOS included. Lengths are equally likely. */
  readonly maxLength: number;
  /** What stands at position 0 of every input and nowhere else, for programs that count on it. */
  readonly bos?: Atom | undefined;
}

/** Inputs of one length with the program's values. */
export interface ProgramBatch {
  readonly inputs: readonly (readonly Atom[])[];
  /** [B][n], the ids of the inputs. */
  readonly tokens: readonly (readonly number[])[];
  /** The class of every position, row after row; −1 for a value that is none of the classes. */
  readonly targets: readonly number[];
  /** For each of the task's heads: [B, n, n], each row of the selector divided by its width; rows that select nothing are 0. */
  readonly patterns: readonly Float32Array[];
}

/** A head of the program: where it stands, and what it is called. */
export interface ProgramHead {
  /** From 0. */
  readonly block: number;
  readonly head: number;
  readonly selector: HeadCost["head"];
}

/** Of a Transformer that learns a program. */
export interface ProgramSizes {
  readonly dModel: number;
  readonly dFf: number;
  /** The program's if absent. */
  readonly layers?: number | undefined;
  readonly heads?: number | undefined;
}

/** Inputs that the classes are collected from. */
const SURVEY = 2000;

/** Which inputs are drawn. */
export interface DrawOptions {
  /** Whether the selectors' patterns are wanted; they are not by default. */
  readonly patterns?: boolean | undefined;
  /**
   * Whether what is rare and hard where all tokens and lengths are equally likely, as they are by default, comes more often:
   * every other input is made of a few of the tokens, so that there are many repetitions, and of two lengths the longer is
   * taken. For training.
   */
  readonly varied?: boolean | undefined;
}

/** Draws in a row without a value that make the task hopeless. */
const PATIENCE = 1000;

/** Draws inputs of an s-op, and says what a Transformer that learns it is to answer and where its heads should look. */
export class ProgramTask {
  readonly sop: SOp;
  readonly options: ProgramTaskOptions;
  readonly layers: number;
  /** Of every layer: as many as the layer with the most needs. */
  readonly heads: number;
  /** The program's selectors by block and head. */
  readonly programHeads: readonly ProgramHead[];
  /** The values that were seen at any position of many inputs. */
  readonly classes: readonly Atom[];
  readonly #classOf: ReadonlyMap<string, number>;

  /** @throws RangeError if there is no token, no room, or hardly an input on which the program has a value */
  constructor(sop: SOp, options: ProgramTaskOptions) {
    const { vocabulary, maxLength, bos } = options;
    if (vocabulary.length === 0) throw new RangeError("the vocabulary is empty; name one token or more");
    if (maxLength < (bos === undefined ? 1 : 2)) throw new RangeError(`inputs of length ${maxLength} hold no token`);
    this.sop = sop;
    this.options = options;
    const { layers, headsPerLayer, reasons } = cost(sop);
    this.layers = layers;
    this.heads = Math.max(0, ...headsPerLayer);
    const taken = new Map<number, number>();
    this.programHeads = reasons.map(({ layer, head: selector }) => {
      const head = taken.get(layer) ?? 0;
      taken.set(layer, head + 1);
      return { block: layer - 1, head, selector };
    });
    const rng = new Rng(20_260_001);
    const seen = new Map<string, Atom>();
    for (let i = 0; i < SURVEY; i++) {
      const { values } = this.#example(rng, 1 + (i % maxLength), i % (2 * maxLength) < maxLength);
      for (const value of values) seen.set(keyOf(value), value);
    }
    this.classes = [...seen.values()];
    this.#classOf = new Map([...seen.keys()].map((key, index) => [key, index]));
  }

  /** An encoder with the program's layers and heads, unless others are given. */
  config({ dModel, dFf, layers = Math.max(1, this.layers), heads = this.heads }: ProgramSizes): EncoderConfig {
    const { vocabulary, maxLength, bos } = this.options;
    const block = { heads, dHead: Math.floor(dModel / Math.max(1, heads)), dFf };
    return {
      vocabularySize: vocabulary.length + (bos === undefined ? 0 : 1),
      maxLength,
      dModel,
      blocks: Array.from({ length: layers }, () => block),
      outputs: this.classes.length,
      layerNorm: "pre",
    };
  }

  /** `count` inputs of one length, which is drawn too. */
  draw(rng: Rng, count: number, { patterns: isWatched = false, varied = false }: DrawOptions = {}): ProgramBatch {
    const least = this.options.bos === undefined ? 1 : 2;
    const drawn = (): number => least + rng.int(this.options.maxLength - least + 1);
    const length = varied ? Math.max(drawn(), drawn()) : drawn();
    const examples = Array.from({ length: count }, (_, i) => this.#example(rng, length, varied && i % 2 === 1));
    const patterns = isWatched
      ? this.programHeads.map(({ selector }) => shares(examples.map(({ evaluation }) => evaluation.selector(selector))))
      : [];
    return {
      inputs: examples.map(({ input }) => input),
      tokens: examples.map(({ tokens }) => tokens),
      targets: examples.flatMap(({ values }) => values.map((value) => this.#classOf.get(keyOf(value)) ?? -1)),
      patterns,
    };
  }

  /** An input on which the program has a value. */
  #example(
    rng: Rng,
    length: number,
    ofFew: boolean,
  ): { input: Atom[]; tokens: number[]; values: readonly Atom[]; evaluation: Evaluation } {
    const { vocabulary, bos } = this.options;
    let last: unknown;
    for (let tries = 0; tries < PATIENCE; tries++) {
      const few = ofFew ? 1 + rng.int(vocabulary.length) : 0;
      const made = Array.from({ length: few }, () => rng.int(vocabulary.length));
      const tokens = Array.from({ length: Math.max(length, bos === undefined ? 1 : 2) }, () =>
        ofFew ? rng.pick(made) : rng.int(vocabulary.length),
      );
      if (bos !== undefined) tokens[0] = vocabulary.length;
      const input = tokens.map((id) => (id === vocabulary.length ? bos! : vocabulary[id]!));
      const evaluation = new Evaluation(input);
      try {
        return { input, tokens, values: evaluation.sop(this.sop), evaluation };
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        last = error;
      }
    }
    throw last;
  }
}

/** Ints and floats of one value are one class, as are no others. */
const keyOf = (value: Atom): string =>
  typeof value === "bigint" ? `number ${value}` : `${typeof value} ${String(value)}`;

/** Selector matrices [B][n][n] with each row divided by its sum. */
function shares(matrices: readonly (readonly Uint8Array[])[]): Float32Array {
  const n = matrices[0]!.length;
  const out = new Float32Array(matrices.length * n * n);
  matrices.flat().forEach((row, i) => {
    const width = row.reduce((sum, cell) => sum + cell, 0);
    if (width > 0) row.forEach((cell, j) => (out[i * n + j] = cell / width));
  });
  return out;
}

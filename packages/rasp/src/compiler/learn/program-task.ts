/**
 * A program as something to learn: the interpreter gives the data, `cost` the architecture, and the program's selectors what the
 * heads should look at (Weiss, Goldberg, Yahav 2021, arXiv 2106.06981, section 5).
 */
import { Rng } from "@selectron/core";
import { checkLayers, type EncoderConfig } from "@selectron/nn";
import { causal } from "../../language/graph/causal.js";
import { cost, type HeadCost } from "../../language/cost/cost.js";
import { RaspError } from "../../language/diagnostic.js";
import { topological, type Atom, type SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";

/** The inputs of a program. */
export interface ProgramTaskOptions {
  /** The elements of the inputs. */
  readonly vocabulary: readonly Atom[];
  /** The longest input, BOS included. Lengths are equally likely. */
  readonly maxLength: number;
  /** The element at position 0 of every input and nowhere else, for programs that rely on one. */
  readonly bos?: Atom | undefined;
  /** Whether a decoder is to learn it: no position sees later ones, neither the model's nor the program's. False by default. */
  readonly causal?: boolean | undefined;
}

/** Inputs of one length with the program's values. */
export interface ProgramBatch {
  readonly inputs: readonly (readonly Atom[])[];
  /** [B][n], the ids of the inputs. */
  readonly tokens: readonly (readonly number[])[];
  /** The class of every position, input after input; −1 for a value that is none of the classes. */
  readonly targets: readonly number[];
  /** For each of the task's heads: [B, n, n], each row of the selector divided by its width; rows that select nothing are 0. */
  readonly patterns: readonly Float32Array[];
}

/** A head of the program: its place and its selector. */
export interface ProgramHead {
  /** From 0. */
  readonly block: number;
  readonly head: number;
  readonly selector: HeadCost["head"];
}

/** The sizes of a Transformer that learns a program. */
export interface ProgramSizes {
  readonly dModel: number;
  readonly dFf: number;
  /** As many as the program has, if absent. */
  readonly layers?: number | undefined;
  readonly heads?: number | undefined;
}

/** How many inputs the classes are collected from. */
const SURVEY = 2000;

/** How inputs are drawn. */
export interface DrawOptions {
  /** Whether to give the selectors' patterns. False by default. */
  readonly patterns?: boolean | undefined;
  /**
   * Whether repetitions and long inputs come more often than where all tokens and lengths are equally likely, as they are by default.
   * Every other input is made of a few of the tokens, and of two drawn lengths the longer is taken. For training.
   */
  readonly varied?: boolean | undefined;
}

/** After this many draws in a row without a value the task is given up. */
const PATIENCE = 1000;

/** Draws inputs of an s-op, with the values that a Transformer should learn and the patterns that its heads should have. */
export class ProgramTask {
  readonly sop: SOp;
  readonly options: ProgramTaskOptions;
  readonly layers: number;
  /** Of every layer: those of the layer that needs most. */
  readonly heads: number;
  /** The program's selectors by block and head, without those that a loop's states decide: they select something else in each step. */
  readonly programHeads: readonly ProgramHead[];
  /** The values at all positions of many inputs. */
  readonly classes: readonly Atom[];
  readonly #classOf: ReadonlyMap<string, number>;

  /**
   * @throws RangeError on an empty vocabulary and on a maximum length without room for a token
   * @throws RaspError where no input on which the program has a value is found: the last error of the program
   */
  constructor(sop: SOp, options: ProgramTaskOptions) {
    const { vocabulary, maxLength, bos } = options;
    if (vocabulary.length === 0) throw new RangeError("the vocabulary is empty; name one token or more");
    if (maxLength < (bos === undefined ? 1 : 2)) throw new RangeError(`inputs of length ${maxLength} hold no token`);
    this.sop = options.causal === true ? causal(sop) : sop;
    this.options = options;
    const { layers, headsPerLayer, reasons } = cost(this.sop);
    this.layers = layers;
    this.heads = Math.max(0, ...headsPerLayer);
    const taken = new Map<number, number>();
    this.programHeads = reasons.flatMap(({ layer, head: selector }) => {
      const head = taken.get(layer) ?? 0;
      taken.set(layer, head + 1);
      const changes = topological(selector).some(({ kind }) => kind === "state");
      return changes ? [] : [{ block: layer - 1, head, selector }];
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

  /** The configuration of an encoder, with the program's layers and heads unless others are given. */
  config({ dModel, dFf, layers = Math.max(1, this.layers), heads = this.heads }: ProgramSizes): EncoderConfig {
    const { vocabulary, maxLength, bos } = this.options;
    checkLayers("ProgramTask.config: layers", layers, 1);
    const block = { heads, dHead: Math.floor(dModel / Math.max(1, heads)), dFf };
    return {
      vocabularySize: vocabulary.length + (bos === undefined ? 0 : 1),
      maxLength,
      dModel,
      blocks: Array.from({ length: layers }, () => block),
      outputs: this.classes.length,
      layerNorm: "pre",
      ...(this.options.causal === true ? { causal: true } : {}),
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

/** Ints and floats of one value are one class; true and 1 are two. */
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

/**
 * The encoder–decoders that came before the Transformer: a recurrent encoder, read in both directions, and a recurrent decoder that starts
 * from its last state (Sutskever, Vinyals & Le 2014, arXiv 1409.3215) and, with attention, looks back at all of them (Bahdanau, Cho &
 * Bengio 2014, arXiv 1409.0473). `encode`, `decode` and `scores` are those of a `Transformer`, so that both train alike.
 */
import { checks, concat, noGrad, stack, type Tensor } from "@selectron/core";
import { paddingMask } from "../attention/masks.js";
import { DecodingCache } from "../cache.js";
import { checkRows, plainRows } from "../checks.js";
import { cached, type Generative } from "../generation/generative.js";
import { Embedding } from "../layers/embedding-table.js";
import { Linear } from "../layers/linear.js";
import { buildModel, Model } from "../model.js";
import type { Padding } from "../padding.js";
import { checkScalars, declaredShapes, type ParameterScope, type ParameterSource } from "../parameters.js";
import { AdditiveAttention } from "./additive-attention.js";
import { aRecurrentKind, Recurrent, type RecurrentKind, type RecurrentState } from "./recurrent.js";
import { tokensOf } from "./tokens.js";

/** Sizes of a recurrent encoder–decoder. */
export interface RecurrentTranslatorConfig {
  readonly kind: RecurrentKind;
  readonly vocabSize: number;
  /** Width of embeddings and of the decoder's state; the encoder has half of it in each direction, so that it is even. */
  readonly hiddenSize: number;
  /** Recurrent layers of the encoder, and as many of the decoder; 1 by default. */
  readonly numHiddenLayers?: number | undefined;
  /** Whether the decoder attends to the encoder's states; true by default. Without it, it knows of the source what one state holds. */
  readonly attention?: boolean | undefined;
}

/** What a decoder knows of the source. */
export interface RecurrentMemory {
  /** The encoder's outputs [B, m, hidden]. */
  readonly value: Tensor;
  /** [B, m], not 0 where it is padding. */
  readonly hidden?: Tensor | undefined;
  /** The decoder's first state, per layer. */
  readonly states: readonly RecurrentState[];
}

/** Options of a decoder's pass. */
export interface RecurrentDecodeOptions {
  /** The states between steps of generation: `target` then continues what is in it. */
  readonly cache?: DecodingCache | undefined;
  /** Called with the weights of attention [B, n, m]. */
  readonly attended?: ((weights: Tensor) => void) | undefined;
}

const configKinds = {
  kind: aRecurrentKind,
  vocabSize: checks.anInteger(1),
  hiddenSize: {
    what: "an even integer, 2 or more",
    fits: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) % 2 === 0,
    isNumber: true,
  },
  numHiddenLayers: checks.anInteger(1, 64),
  attention: checks.aFlag,
};

function checkConfig(config: RecurrentTranslatorConfig): void {
  checks.checkOptions("RecurrentTranslatorConfig", config, configKinds, ["kind", "vocabSize", "hiddenSize"]);
}

/** The layers, in the order of their parameters. */
function buildLayers(config: RecurrentTranslatorConfig, scope: ParameterScope) {
  const { kind, vocabSize, hiddenSize: width, numHiddenLayers: layers = 1, attention = true } = config;
  const each = <T>(make: (layer: number) => T): T[] => Array.from({ length: layers }, (_, layer) => make(layer));
  const encoder = scope.child("encoder");
  const decoder = scope.child("decoder");
  const states = kind === "lstm" ? 2 : 1;
  return {
    source: new Embedding(encoder.child("embedding"), vocabSize, width),
    encoder: each((layer) =>
      ["forward", "backward"].map(
        (direction) => new Recurrent(encoder.child(`${layer}.${direction}`), kind, width, width / 2),
      ),
    ),
    bridge: each((layer) =>
      Array.from({ length: states }, (_, s) => new Linear(scope.child(`bridge.${layer}.${s}`), width, width)),
    ),
    target: new Embedding(decoder.child("embedding"), vocabSize, width),
    attention: attention
      ? new AdditiveAttention(decoder.child("attention"), { queries: width, keys: width, hidden: width })
      : undefined,
    decoder: each(
      (layer) => new Recurrent(decoder.child(`${layer}`), kind, layer === 0 && attention ? 2 * width : width, width),
    ),
    output: new Linear(scope.child("output"), attention ? 2 * width : width, width),
    generator: new Linear(scope.child("generator"), width, vocabSize),
  };
}

/** An LSTM or GRU encoder–decoder, with attention or without. */
export class RecurrentTranslator extends Model {
  static {
    checks.guardMethods(this);
  }

  readonly config: RecurrentTranslatorConfig;
  readonly #layers: ReturnType<typeof buildLayers>;

  /**
   * @param source - an Rng that draws the parameters, or values by name
   * @throws RangeError on a bad size, ShapeError on a value that does not fit
   */
  constructor(config: RecurrentTranslatorConfig, source?: ParameterSource) {
    checkConfig(config);
    checkScalars("RecurrentTranslator", RecurrentTranslator.parameterShapes(config), source);
    const { layers, parameters } = buildModel(source, (scope) => buildLayers(config, scope));
    super(parameters);
    this.config = config;
    this.#layers = layers;
  }

  /** Names and shapes of the parameters that a configuration has, in order. Throws a RangeError on a bad size. */
  static parameterShapes(config: RecurrentTranslatorConfig): Map<string, number[]> {
    checkConfig(config);
    return declaredShapes((scope) => buildLayers(config, scope));
  }

  /**
   * source [B][m] → what the decoder starts from and, with attention, looks at.
   *
   * @param options - padding [B][m], true where a token is real
   * @throws RangeError on an id outside the vocabulary or rows of unequal length
   */
  encode(
    source: readonly (readonly number[])[],
    options: { readonly padding?: Padding | undefined } = {},
  ): RecurrentMemory {
    checks.checkOptions("RecurrentTranslator.encode", options, { padding: checks.anything });
    const ids = tokensOf("source", source, this.config.vocabSize);
    const [batch, length] = ids.shape as [number, number];
    const { padding } = options;
    const hidden = padding && paddingMask(padding, batch, length);
    let x = this.#layers.source.forward(ids);
    const states = this.#layers.encoder.map((directions, layer) => {
      const ends = directions.map((recurrent, d) => recurrent.forward(x, { hiddenKeys: hidden, reverse: d === 1 }));
      x = concat(
        ends.map(({ outputs }) => outputs),
        2,
      );
      return this.#layers.bridge[layer]!.map((bridge, s) =>
        bridge
          .forward(
            concat(
              ends.map(({ state }) => state[s]!),
              1,
            ),
          )
          .tanh(),
      );
    });
    return { value: x, hidden, states };
  }

  /**
   * target [B][n] and the encoder's result → the decoder's stream [B, n, hidden]; position i has read the target up to i.
   *
   * @throws RangeError where the memory is another model's, or target's rows are of different lengths
   */
  decode(
    target: readonly (readonly number[])[],
    memory: RecurrentMemory,
    options: RecurrentDecodeOptions = {},
  ): Tensor {
    checks.checkOptions("RecurrentTranslator.decode: memory", memory, memoryKinds, ["value", "states"]);
    if (memory.states.length !== this.#layers.decoder.length) {
      throw new RangeError(
        `RecurrentTranslator.decode: memory: states of ${memory.states.length} layers; this model has ${this.#layers.decoder.length}.`,
      );
    }
    checks.checkOptions("RecurrentTranslator.decode", options, decodeKinds);
    const { cache, attended } = options;
    const ids = tokensOf("target", target, this.config.vocabSize);
    checkRows("target", target, ids.shape[1]!, "Pad the shorter rows.");
    const { attention, decoder, output } = this.#layers;
    const [batch, length] = ids.shape as [number, number];
    const x = this.#layers.target.forward(ids);
    const slot = (layer: number, s: number): string => `recurrent.${layer}.${s}`;
    let states = memory.states.map((state, layer) => state.map((own, s) => cache?.get(slot(layer, s)) ?? own));
    const projected =
      attention &&
      (cache?.once("recurrent.keys", () => attention.project(memory.value)) ?? attention.project(memory.value));
    const seen: Tensor[] = [];
    const stream = Array.from({ length }, (_, t) => {
      const token = x.slice(t, t + 1, 1).reshape([batch, x.shape[2]!]);
      const looked = attention?.forward(states.at(-1)![0]!, memory.value, projected, memory.hidden);
      if (looked) seen.push(looked.weights);
      let input = looked ? concat([token, looked.context], 1) : token;
      states = decoder.map((recurrent, layer) => {
        const state = recurrent.step(input, states[layer]);
        input = state[0]!;
        return [...state];
      });
      return output.forward(looked ? concat([input, looked.context], 1) : input).tanh();
    });
    states.forEach((state, layer) => state.forEach((own, s) => cache?.set(slot(layer, s), own)));
    cache?.advance(length);
    if (attended && seen.length > 0) attended(stack(seen, 1));
    return stack(stream, 1);
  }

  /** The decoder's stream [..., hidden] → logits [..., vocabulary]. */
  scores(stream: Tensor): Tensor {
    checks.check("RecurrentTranslator.scores: stream", stream, checks.aTensor);
    return this.#layers.generator.forward(stream);
  }

  /** The decoder for one source row, as `generate` takes it; the prompt is then the beginning of the target. */
  reading(source: readonly number[]): Generative {
    const memory = noGrad(() => this.encode([source]));
    const repeated = (rows: number): RecurrentMemory => {
      const first = (x: Tensor): Tensor => x.gather(Array.from({ length: rows }, () => 0));
      return { value: first(memory.value), states: memory.states.map((state) => state.map(first)) };
    };
    return cached((tokens, cache) => this.scores(this.decode(tokens, repeated(tokens.length), { cache })));
  }

  /**
   * source [B][m], target [B][n] → log-probabilities [B, n, vocabulary] of the token that follows each target position.
   *
   * @throws RangeError unless there are as many target rows as source rows
   */
  forward(
    source: readonly (readonly number[])[],
    target: readonly (readonly number[])[],
    options: { readonly sourcePadding?: Padding | undefined } = {},
  ): Tensor {
    checks.checkOptions("RecurrentTranslator.forward", options, { sourcePadding: checks.anything });
    checks.check("target", target, checks.aList("an array of rows, such as [[1, 2], [3, 4]]"));
    const rows = plainRows("source", source);
    if (rows.length !== target.length) {
      throw new RangeError(`forward: ${rows.length} source rows, but ${target.length} target rows; pass pairs.`);
    }
    return this.scores(this.decode(target, this.encode(rows, { padding: options.sourcePadding }))).logSoftmax();
  }
}

const memoryKinds = {
  value: checks.aTensor,
  hidden: checks.aTensor,
  states: checks.aList("an array of states, one for each layer", checks.aList("an array of tensors", checks.aTensor)),
};
const decodeKinds = {
  cache: checks.anInstance(DecodingCache),
  attended: checks.aFunction("a function of a tensor"),
};

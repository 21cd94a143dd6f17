/** What `compileLooped` makes: the weights, with what is needed to use them: vocabulary, the places of the states, decoding and files. */
import { checks, withFixedWeights, type FileBytes } from "@selectron/core";
import type { LoopedEncoder } from "@selectron/nn";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import { describeInput } from "../../language/atom/text.js";
import { errors } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import { inputAtoms, type Input } from "../../language/interpret/tokens.js";
import { checkLogits } from "../model/errors.js";
import { statsOf, type ModelStats } from "../model/model-stats.js";
import { TokenIds } from "../model/token-ids.js";
import { decode, widthOf } from "../plan/ir/decoding.js";
import { layersOf, type LoopCertificate, type LoopedCard, type LoopLayers, type StateCard } from "./looped-card.js";
import type { InsideLoop } from "./inside.js";
import {
  loopedOnnxFile,
  loopedSafetensorsFile,
  readLoopedOnnx,
  readLoopedSafetensors,
  type ReadLoopedFile,
} from "./looped-file.js";

/** What a looped model did on an input. */
export interface LoopedRun {
  /** The value at each position. */
  readonly values: readonly Atom[];
  /** How many steps it took. The layers of the loop are applied once more, which finds that all positions have halted. */
  readonly steps: number;
  /** The names of the loop's states. */
  readonly names: readonly string[];
  /** The states after each step: `[step][state][position]`. */
  readonly states: readonly (readonly (readonly Atom[])[])[];
}

/** The sizes of a looped model. */
export interface LoopedStats extends ModelStats {
  /** Of its layers, those before the loop, those in it and those after it. */
  readonly loop: LoopLayers;
}

const PARTS = {
  model: checks.anObjectWith("a LoopedEncoder", "forward", "config"),
  card: checks.anObjectWith("a looped model's card", "vocabulary", "output", "states", "config"),
  notes: checks.aList("an array of strings", checks.aText),
};

/** A program with a loop as a Transformer with a loop: it runs on inputs, its states can be read after every step, and it becomes a file. */
export class LoopedModel {
  static {
    checks.guardMethods(LoopedModel);
  }

  /** The weights. */
  readonly model: LoopedEncoder;
  /** What the file says beside the weights. */
  readonly card: LoopedCard;
  /** Of a model from a file: what whoever uses it should know, such as that it has no checksum. */
  readonly notes: readonly string[];
  /**
   * Where the s-ops of a step are; undefined for a model from a file.
   *
   * @internal
   */
  inside: InsideLoop | undefined;
  readonly #ids: TokenIds;

  /** @param notes - of a model from a file */
  constructor(model: LoopedEncoder, card: LoopedCard, notes: readonly string[] = []) {
    checks.checkOptions("LoopedModel", { model, card, notes }, PARTS, ["model", "card"]);
    this.model = model;
    this.card = card;
    this.notes = notes;
    this.#ids = new TokenIds(card);
  }

  /** The elements of its inputs. */
  get vocabulary(): readonly Atom[] {
    return this.card.vocabulary;
  }

  /** The longest input. */
  get maxLength(): number {
    return this.card.maxLength;
  }

  /** The bound that shows that the model cannot differ from its program in any step, or where the proof falls short. */
  get certificate(): LoopCertificate {
    return this.card.certificate;
  }

  /** Whether no position sees a later one: the model computes `causal(sop)`. */
  get causal(): boolean {
    return this.card.config.causal === true;
  }

  /** Layers, heads, widths and numbers of weights. Those of a step count once. */
  get stats(): LoopedStats {
    return { ...statsOf(this.model), loop: layersOf(this.card.config) };
  }

  /**
   * The value at each position.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws RaspError where the loop does not end within its limit
   */
  run(input: Input): Plain[] {
    return this.steps(input).values.map(plainAtom);
  }

  /**
   * The values, and the states of the loop after every step.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws RaspError where the loop does not end within its limit
   */
  steps(input: Input): LoopedRun {
    const atoms = inputAtoms(input);
    const { output, states } = this.card;
    const applied: (readonly (readonly Atom[])[])[] = [];
    const isInput = (position: number): boolean => position > 0;
    const { logits, times, ended } = withFixedWeights(() =>
      this.model.forward([this.encode(atoms)], {}, isInput, ({ data }) => {
        applied.push(states.map((state) => this.#read(state, data, atoms.length)));
      }),
    );
    if (!ended) {
      throw errors.loopLimit(`on ${describeInput(atoms)} this loop has not ended after ${times - 1} steps, its limit`);
    }
    checkLogits(logits.data);
    const columns = widthOf(output);
    const values = atoms.map((_, i) => decode(output, logits.data.subarray((i + 1) * columns, (i + 2) * columns)));
    // The last application changes nothing.
    return { values, steps: times - 1, names: states.map(({ name }) => name), states: applied.slice(0, -1) };
  }

  /** The model's id of a token; undefined for what is not in the vocabulary. Id 0 is BOS. */
  idOf(token: Atom): number | undefined {
    return this.#ids.of(token);
  }

  /** BOS and the input as token ids. @throws ModelInputError on an unknown token or a too long input */
  encode(input: readonly Atom[]): number[] {
    return this.#ids.encode(input);
  }

  /** The model as one file: weights by nn's parameter names, and the card in the metadata. */
  toSafetensors(): Uint8Array {
    return loopedSafetensorsFile(this);
  }

  /**
   * The model as an ONNX file (opset 13), whose loop is the operator `Loop`. Inputs and outputs are those of `CompiledModel.toOnnx`, and
   * there is one more: `steps`, int64 [batch]. A batch takes as many steps as its slowest row; a row on which the loop does not end has
   * NaN and the class -2147483648, as one that is no input.
   */
  toOnnx(): Uint8Array {
    return loopedOnnxFile(this);
  }

  /** @throws ModelFileError on a damaged or foreign file, and on weights that are not finite. */
  static fromSafetensors(bytes: FileBytes): LoopedModel {
    return LoopedModel.#of(readLoopedSafetensors(bytes));
  }

  /** The model of a file that `toOnnx` gave. @throws ModelFileError as `fromSafetensors` does */
  static fromOnnx(bytes: FileBytes): LoopedModel {
    return LoopedModel.#of(readLoopedOnnx(bytes));
  }

  static #of({ model, card, notes }: ReadLoopedFile): LoopedModel {
    return new LoopedModel(model, card, notes);
  }

  /** The values of a state at each position of the input. */
  #read({ classes, first }: StateCard, stream: Float32Array, length: number): readonly Atom[] {
    const { dModel } = this.model.config;
    return Array.from({ length }, (_, i) => {
      const from = (i + 1) * dModel + first;
      const row = stream.subarray(from, from + classes.length);
      return classes[row.reduce((best, value, c) => (value > row[best]! ? c : best), 0)]!;
    });
  }
}

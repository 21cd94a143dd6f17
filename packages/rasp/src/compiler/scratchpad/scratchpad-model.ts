/** What `compileScratchpad` makes: a decoder, what its tokens stand for, and how to let it write. */
import { checks, type FileBytes } from "@selectron/core";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import { describeInput } from "../../language/atom/text.js";
import { errors } from "../../language/diagnostic.js";
import { anInput } from "../../language/graph/kinds.js";
import type { Atom } from "../../language/graph/node.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import type { Certificate } from "../certify/certify.js";
import { CompiledModel } from "../model/compiled-model.js";
import { ModelFileError } from "../model/errors.js";
import type { ScratchpadLine } from "../model/model-card.js";
import { ScratchpadText } from "./scratchpad-text.js";
import type { WrittenLine } from "./written.js";

/** What a decoder wrote behind an input. */
export interface Scratchpad {
  /** The answer: the values of the last line. */
  readonly values: readonly Atom[];
  /** How many steps it took. */
  readonly steps: number;
  readonly lines: readonly WrittenLine[];
  /** The tokens themselves. */
  readonly tokens: readonly Plain[];
}

/** A program with a loop as a decoder that writes the states of each step behind the input, and at the end the answer. */
export class ScratchpadModel {
  static {
    checks.guardMethods(ScratchpadModel);
  }

  /** The decoder. Its vocabulary has the tokens that it writes too, and its maximum length is that of an input with all of them. */
  readonly model: CompiledModel;
  readonly #text: ScratchpadText;

  /** @throws ModelFileError for a model that writes no scratchpad */
  constructor(model: CompiledModel) {
    checks.check("new ScratchpadModel: model", model, checks.anInstance(CompiledModel));
    this.model = model;
    this.#text = new ScratchpadText(model.card);
  }

  /** The elements of its inputs. */
  get inputs(): readonly Atom[] {
    return this.#text.inputs;
  }

  /** The longest input. */
  get maxLength(): number {
    return this.#text.card.maxLength;
  }

  /** The most steps that it takes. */
  get maxSteps(): number {
    return this.#text.card.maxSteps;
  }

  /** The lines that it writes, in their order; those of the parts "ask", "step" and "state" again in every step. */
  get lines(): readonly ScratchpadLine[] {
    return this.#text.card.lines;
  }

  /** The bound that shows that it writes what the program says, behind every input and in every step. */
  get certificate(): Certificate {
    return this.model.certificate;
  }

  /**
   * The value at each position.
   *
   * @throws ModelInputError on an empty or too long input, and on an unknown token
   * @throws RaspError where the loop has not ended after the most steps
   */
  run(input: Input): Plain[] {
    return this.write(input).values.map(plainAtom);
  }

  /** Lets it write behind an input, the best token each time. @throws as `run` does, and ModelFileError where it writes no lines */
  write(input: Input): Scratchpad {
    checks.check("write: input", input, anInput);
    const elements = inputElements(input);
    const prompt = this.#text.prompt(elements);
    const maxTokens = this.#text.mostTokens(elements.length) + 1;
    const { tokens, ended } = this.model.generate(prompt, { maxTokens });
    if (ended !== "stop") {
      throw errors.loopLimit(
        `on ${describeInput(elements)} this loop has not ended after ${this.maxSteps} steps, the most that this model takes`,
      );
    }
    const lines = this.#text.linesOf(inputElements(tokens as Input), elements.length);
    const last = lines.at(-1);
    if (!last) throw new ModelFileError("the model writes nothing", "compile the program again");
    return { values: last.values, steps: last.step, lines, tokens };
  }

  /** The model as one file, which `fromSafetensors` reads. */
  toSafetensors(): Uint8Array {
    return this.model.toSafetensors();
  }

  /** @throws ModelFileError on a damaged or foreign file, and on a model that writes no scratchpad */
  static fromSafetensors(bytes: FileBytes): ScratchpadModel {
    return new ScratchpadModel(CompiledModel.fromSafetensors(bytes));
  }
}

/** A GPT-2 that computes a program, and what its ids mean: it takes a program's tokens and gives its values, as `CompiledModel` does. */
import { checks } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import type { Atom } from "../../language/graph/node.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import type { Certificate } from "../certify/certify.js";
import type { Vocabulary } from "../export/gpt2/vocabulary.js";
import { InputPromise } from "./input-promise.js";
import { TokenIds } from "./token-ids.js";
import type { ModelCard } from "./model-card.js";

/** A GPT-2 with the program's vocabulary: the answer at a position is the entry with the largest logit. */
export class Gpt2Program {
  /** The GPT-2, as nn runs it. */
  readonly model: Gpt2;
  /** Of the encoder that it was made from: vocabulary, answers, certificate. */
  readonly card: ModelCard;
  /** The text of each id. */
  readonly texts: readonly string[];
  /** No position sees a later one. */
  readonly causal = true;
  readonly #classes: readonly (number | undefined)[];
  readonly #ids: TokenIds;
  #promise: InputPromise | undefined;

  static {
    checks.guardMethods(Gpt2Program);
  }

  /** @internal */
  constructor(model: Gpt2, card: ModelCard, vocabulary: Vocabulary) {
    checks.check("Gpt2Program: model", model, checks.anInstance(Gpt2));
    checks.check("Gpt2Program: card", card, checks.anObjectWith("a model card", "vocabulary", "outputs"));
    checks.check("Gpt2Program: vocabulary", vocabulary, checks.anObjectWith("a vocabulary", "texts", "classes"));
    this.model = model;
    this.card = card;
    this.texts = vocabulary.texts;
    this.#classes = vocabulary.classes;
    this.#ids = new TokenIds(card);
  }

  /** The bound that shows that the model cannot differ from its program, or where the proof falls short. */
  get certificate(): Certificate {
    return this.card.certificate;
  }

  /** What the model's inputs are promised to be; undefined where that is anything. @throws ModelFileError where the card is damaged */
  get promise(): InputPromise | undefined {
    if (this.card.promise !== undefined) this.#promise ??= new InputPromise(this.card);
    return this.#promise;
  }

  /** The value at each position, none for an empty input. @throws ModelInputError on an unknown token or a too long input */
  run(input: Input): Plain[] {
    return this.outputs([inputElements(input)])[0]![0]!.map(plainAtom);
  }

  /**
   * The values as atoms, [1][input][position]. Inputs may have different lengths.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws Gpt2Error where logits are not finite
   */
  outputs(inputs: readonly (readonly Atom[])[]): Atom[][][] {
    checks.check("outputs: inputs", inputs, checks.aList("an array of inputs"));
    if (inputs.length === 0) return [[]];
    const rows = inputs.map((input) => this.encode(input));
    const longest = Math.max(...rows.map(({ length }) => length));
    // What comes later is not seen, so that padding at the end needs no mask.
    const padded = rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]);
    const { data } = this.model.forward(padded);
    const entries = this.texts.length;
    const { classes } = this.card.outputs[0]!.decoding;
    const answer = (b: number, i: number): Atom => {
      const start = (b * longest + i + 1) * entries;
      const chosen = largest(data.subarray(start, start + entries));
      const known = this.#classes[chosen];
      return known === undefined ? `no answer: ${this.texts[chosen]}` : classes[known]!;
    };
    return [inputs.map((input, b) => input.map((_, i) => answer(b, i)))];
  }

  /** BOS and the input as ids. @throws ModelInputError on an unknown token or a too long input */
  encode(input: readonly Atom[]): number[] {
    return this.#ids.encode(input);
  }
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let entry = 1; entry < logits.length; entry++) if (logits[entry]! > logits[best]!) best = entry;
  return best;
}

/** What a model's inputs are promised to be. The card holds the promise as RASP text, so that a file alone can tell. */
import { RaspError } from "../../language/diagnostic.js";
import { load } from "../../language/environment.js";
import { causal } from "../../language/graph/causal.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { printRasp, PrintError } from "../../language/text/print.js";
import { refuse } from "../refusal.js";
import { isTrue } from "../values/promise.js";
import { ModelFileError } from "./errors.js";
import type { ModelCard } from "./model-card.js";

const NAME = "promise";

/** The text of a promise. @throws RaspError of class `compile` where RASP cannot express it */
export function promiseText(sop: SOp): string {
  try {
    return printRasp(sop, NAME).trim();
  } catch (error) {
    if (!(error instanceof PrintError)) throw error;
    return refuse(sop, `the promise cannot be written into the model: ${error.message}`, "say it in RASP");
  }
}

/** What the inputs of a model are promised to be: an s-op that is True at every position of each of them. */
export class InputPromise {
  /** True at every position of a promised input. */
  readonly sop: SOp;
  readonly #asked: SOp;

  /** @throws ModelFileError where the card's text is no promise */
  constructor({ promise = "", vocabulary, maxLength, config }: ModelCard) {
    try {
      this.sop = load(promise, { example: vocabulary.slice(0, maxLength) }).sop(NAME);
    } catch (error) {
      if (!(error instanceof RaspError)) throw error;
      throw new ModelFileError(`the model's promise is damaged: ${error.message}`, "compile the program again");
    }
    this.#asked = config.causal ? causal(this.sop) : this.sop;
  }

  /** Whether an input is promised. One on which the promise has no value is not. */
  isKeptBy(input: readonly Atom[]): boolean {
    if (input.length === 0) return true;
    try {
      return new Evaluation(input).sop(this.#asked).every(isTrue);
    } catch (error) {
      if (error instanceof RaspError) return false;
      throw error;
    }
  }
}

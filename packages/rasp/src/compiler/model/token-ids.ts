/** The ids of a model's tokens. Id 0 is BOS, and token v of the vocabulary has id v + 1. */
import { checks } from "@selectron/core";
import { atomKey } from "../../language/atom/compare.js";
import { describeAtom } from "../../language/atom/text.js";
import { anAtom } from "../../language/graph/kinds.js";
import type { Atom } from "../../language/graph/node.js";
import { ModelInputError } from "./errors.js";
import type { ModelCard } from "./model-card.js";

export class TokenIds {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #card: Pick<ModelCard, "vocabulary" | "maxLength">;

  constructor(card: Pick<ModelCard, "vocabulary" | "maxLength">) {
    this.#card = card;
    this.#ids = new Map(card.vocabulary.map((token, v) => [tokenKey(token), v + 1]));
  }

  /** Undefined for what is not in the vocabulary. */
  of(token: Atom): number | undefined {
    checks.check("idOf: token", token, anAtom);
    return this.#ids.get(tokenKey(token));
  }

  /** BOS and the input. @throws ModelInputError on an unknown token or a too long input */
  encode(input: readonly Atom[]): number[] {
    checks.check("encode: input", input, checks.aList("an array of tokens"));
    const { maxLength, vocabulary } = this.#card;
    if (input.length > maxLength) {
      throw new ModelInputError(
        `the input has ${input.length} tokens, and the model takes at most ${maxLength}`,
        `shorten it, or compile with --max-length ${input.length}`,
      );
    }
    return [
      0,
      ...input.map((token, position) => {
        const id = this.of(token);
        if (id !== undefined) return id;
        throw new ModelInputError(
          `token ${describeAtom(token)} at position ${position} is not in the model's vocabulary ${vocabulary.map(describeAtom).join(", ")}`,
          "use these tokens only, or compile with a --vocab that has it",
        );
      }),
    ];
  }
}

const tokenKey = (token: Atom): string => (typeof token === "boolean" ? `b${token}` : atomKey(token));

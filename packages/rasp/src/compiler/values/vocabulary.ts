/** The vocabulary and the lengths that a program is compiled or analysed for. */
import { atomKey } from "../../language/atom/compare.js";
import { isTooLong, MOST_DIGITS } from "../../language/files/model-schema.js";
import type { Atom } from "../../language/graph/node.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import { distinctAtoms } from "./value-set.js";

/**
 * The tokens of a vocabulary, each once, in the order in which they come: token v has id v + 1 in a model.
 *
 * @throws RangeError on an empty vocabulary or a maximum length that is not a whole number from 1 up
 */
export function checkedVocabulary(vocabulary: Input, maxLength: number): readonly Atom[] {
  const elements = inputElements(vocabulary);
  const byKey = new Map(distinctAtoms(elements).map((token) => [atomKey(token), token]));
  const tokens = [...new Set(elements.map((element) => byKey.get(atomKey(element))!))];
  if (tokens.length === 0) throw new RangeError("the vocabulary is empty; give at least one token");
  const long = tokens.find((token) => typeof token === "bigint" && isTooLong(token));
  if (long !== undefined) throw new RangeError(`a token of the vocabulary has more than ${MOST_DIGITS} digits`);
  if (!Number.isSafeInteger(maxLength) || maxLength < 1) {
    throw new RangeError(`the maximum length is ${maxLength}; it must be a whole number, 1 or more`);
  }
  return tokens;
}

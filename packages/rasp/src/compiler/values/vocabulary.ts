/** The vocabulary and the lengths that a program is compiled or analysed for. */
import type { Atom } from "../../language/graph/node.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import { distinctAtoms } from "./value-set.js";

/**
 * The tokens of a vocabulary, each once.
 *
 * @throws RangeError on an empty vocabulary or a maximum length that is not a whole number from 1 up
 */
export function checkedVocabulary(vocabulary: Input, maxLength: number): readonly Atom[] {
  const tokens = distinctAtoms(inputElements(vocabulary));
  if (tokens.length === 0) throw new RangeError("the vocabulary is empty; give at least one token");
  if (!Number.isSafeInteger(maxLength) || maxLength < 1) {
    throw new RangeError(`the maximum length is ${maxLength}; it must be a whole number, 1 or more`);
  }
  return tokens;
}

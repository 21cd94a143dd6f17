/** The inputs that a compiled model is tried on. */
import { Rng } from "@selectron/core";
import type { Atom } from "../graph/node.js";

/** Every input with 1 to `maxLength` elements, shortest first, then in the order of the vocabulary. */
export function* everyInput(vocabulary: readonly Atom[], maxLength: number): Generator<readonly Atom[]> {
  for (let length = 1; length <= maxLength; length++) {
    const digits = new Array<number>(length).fill(0);
    for (;;) {
      yield digits.map((digit) => vocabulary[digit]!);
      let place = length - 1;
      while (place >= 0 && digits[place] === vocabulary.length - 1) digits[place--] = 0;
      if (place < 0) break;
      digits[place]!++;
    }
  }
}

/** How many inputs `everyInput` gives. */
export function countInputs(vocabularySize: number, maxLength: number): number {
  let total = 0;
  for (let length = 1; length <= maxLength; length++) total += vocabularySize ** length;
  return total;
}

/** `runs` inputs, each with a uniform length from 1 to `maxLength` and uniform elements; equal for equal seeds. */
export function* randomInputs(
  vocabulary: readonly Atom[],
  maxLength: number,
  runs: number,
  seed: number,
): Generator<readonly Atom[]> {
  const rng = new Rng(seed);
  for (let run = 0; run < runs; run++) {
    const length = 1 + rng.int(maxLength);
    yield Array.from({ length }, () => vocabulary[rng.int(vocabulary.length)]!);
  }
}

/** Inputs that are one step smaller: an element left out, or one element or all equal ones replaced by an earlier token. */
export function* smallerInputs(input: readonly Atom[], vocabulary: readonly Atom[]): Generator<readonly Atom[]> {
  if (input.length > 1) for (let i = 0; i < input.length; i++) yield input.filter((_, j) => j !== i);
  for (const [i, element] of input.entries())
    for (const token of vocabulary.slice(0, vocabulary.indexOf(element))) {
      yield input.map((other) => (other === element ? token : other));
      yield input.map((other, j) => (j === i ? token : other));
    }
}

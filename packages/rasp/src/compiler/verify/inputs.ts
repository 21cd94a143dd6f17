/** The inputs that a program or a compiled model is tried on. */
import { Rng } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";

/** One of `count` parts of a run that together try each input once: the inputs whose index, from 0, is `index` - 1 modulo `count`. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** The shard that is the whole run. */
export const WHOLE: Shard = { index: 1, count: 1 };

/** The index in the whole run of a shard's n-th input, both from 0. */
export const indexInRun = ({ index, count }: Shard, n: number): number => index - 1 + n * count;

/** The shard of all inputs with 1 to `maxLength` elements, shortest first, then in the order of the vocabulary. */
export function* everyInput(
  vocabulary: readonly Atom[],
  maxLength: number,
  shard: Shard = WHOLE,
): Generator<readonly Atom[]> {
  let length = 1;
  let shorter = 0;
  for (let n = 0; ; n++) {
    const index = indexInRun(shard, n);
    while (index - shorter >= vocabulary.length ** length) {
      shorter += vocabulary.length ** length;
      if (++length > maxLength) return;
    }
    yield digits(index - shorter, vocabulary.length, length).map((digit) => vocabulary[digit]!);
  }
}

/** The last `length` digits of a number, highest first. */
function digits(number: number, base: number, length: number): number[] {
  const result = new Array<number>(length);
  for (let i = length - 1; i >= 0; i--) {
    result[i] = number % base;
    number = Math.floor(number / base);
  }
  return result;
}

/** How many inputs with 1 to `maxLength` elements there are. */
export function countInputs(vocabularySize: number, maxLength: number): number {
  let total = 0;
  for (let length = 1; length <= maxLength; length++) total += vocabularySize ** length;
  return total;
}

/** The shard of `runs` inputs with uniform lengths from 1 to `maxLength` and uniform elements. A seed determines them. */
export function* randomInputs(
  vocabulary: readonly Atom[],
  maxLength: number,
  runs: number,
  seed: number,
  { index, count }: Shard = WHOLE,
): Generator<readonly Atom[]> {
  const rng = new Rng(seed);
  for (let run = 0; run < runs; run++) {
    // Every shard draws all inputs, so that an input depends on its index alone.
    const length = 1 + rng.int(maxLength);
    const input = Array.from({ length }, () => vocabulary[rng.int(vocabulary.length)]!);
    if (run % count === index - 1) yield input;
  }
}

/** Inputs that are one step smaller: one element left out, or one element or all equal to it replaced by an earlier token. */
export function* smallerInputs(input: readonly Atom[], vocabulary: readonly Atom[]): Generator<readonly Atom[]> {
  if (input.length > 1) for (let i = 0; i < input.length; i++) yield input.filter((_, j) => j !== i);
  for (const [i, element] of input.entries()) {
    for (const token of vocabulary.slice(0, vocabulary.indexOf(element))) {
      yield input.map((other) => (other === element ? token : other));
      yield input.map((other, j) => (j === i ? token : other));
    }
  }
}

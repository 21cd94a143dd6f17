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

/** How many of all inputs of a run are in a shard. */
export const inputsOfShard = (total: number, { index, count }: Shard): number =>
  Math.max(0, Math.ceil((total - index + 1) / count));

/** Which tokens each position of inputs of a length can have; undefined where no input has this length. */
export type Choices = (length: number) => readonly (readonly Atom[])[] | undefined;

/** Any token anywhere. */
export const anyOf =
  (vocabulary: readonly Atom[]): Choices =>
  (length) =>
    new Array<readonly Atom[]>(length).fill(vocabulary);

/** The shard of all inputs with 1 to `maxLength` elements, shortest first, then in the order of the vocabulary. */
export function* everyInput(
  vocabulary: readonly Atom[],
  maxLength: number,
  shard: Shard = WHOLE,
  choices: Choices = anyOf(vocabulary),
): Generator<readonly Atom[]> {
  let [length, shorter] = [1, 0];
  for (let n = 0; ; n++) {
    const index = indexInRun(shard, n);
    while (index - shorter >= countOf(choices(length))) {
      shorter += countOf(choices(length));
      if (++length > maxLength) return;
    }
    yield nth(index - shorter, choices(length)!);
  }
}

const countOf = (choices: readonly (readonly Atom[])[] | undefined): number =>
  choices?.reduce((product, { length }) => product * length, 1) ?? 0;

/** The n-th of all ways to choose a token for each position; the last position turns fastest. */
function nth(n: number, choices: readonly (readonly Atom[])[]): Atom[] {
  const result = new Array<Atom>(choices.length);
  for (let i = choices.length - 1; i >= 0; i--) {
    const tokens = choices[i]!;
    result[i] = tokens[n % tokens.length]!;
    n = Math.floor(n / tokens.length);
  }
  return result;
}

/** How many inputs with 1 to `maxLength` elements there are. */
export function countInputs(vocabularySize: number, maxLength: number): number {
  if (vocabularySize < 2) return vocabularySize * maxLength;
  let total = 0;
  for (let length = 1; length <= maxLength && total < Infinity; length++) total += vocabularySize ** length;
  return total;
}

/** How many inputs with 1 to `maxLength` elements have one of the choices at each position. */
export function countChoices(choices: Choices, maxLength: number): number {
  let total = 0;
  for (let length = 1; length <= maxLength; length++) total += countOf(choices(length));
  return total;
}

/** How often an input is drawn again that is not promised. */
const DRAWS = 1000;

/**
 * The shard of `runs` inputs with uniform lengths from 1 to `maxLength` and uniform elements. A seed determines them.
 *
 * @param isWanted - inputs for which it is false are drawn again, and left out where that does not help
 */
export function* randomInputs(
  vocabulary: readonly Atom[],
  maxLength: number,
  runs: number,
  seed: number,
  { index, count }: Shard = WHOLE,
  choices: Choices = anyOf(vocabulary),
  isWanted: (input: readonly Atom[]) => boolean = () => true,
): Generator<readonly Atom[]> {
  const rng = new Rng(seed);
  const lengths = Array.from({ length: maxLength }, (_, l) => l + 1).filter((length) => choices(length));
  const draw = (): Atom[] =>
    choices(lengths[rng.int(lengths.length)]!)!.map((tokens) => tokens[rng.int(tokens.length)]!);
  for (let run = 0; run < runs; run++) {
    // Every shard draws all inputs, so that an input depends on its index alone.
    let input = draw();
    for (let draws = 1; draws < DRAWS && !isWanted(input); draws++) input = draw();
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

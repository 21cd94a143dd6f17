/** The inputs that a model is run on: all short ones, and seeded longer ones of several kinds. */
import { Rng } from "@selectron/core";
import type { Atom } from "../../../language/graph/node.js";
import { everyInput } from "../../../compiler/verify/inputs.js";

/** Inputs one after the other. A place is an index into all their positions together. */
export interface Sample {
  readonly inputs: readonly (readonly Atom[])[];
  /** The place where each input begins, and at the end the number of places. */
  readonly starts: readonly number[];
  /** For each place: the index of its token in the vocabulary, its position in the input, and the index of the input. */
  readonly token: Int32Array;
  readonly position: Int32Array;
  readonly input: Int32Array;
}

/** The most short inputs, of which there are all up to some length; and the number of longer ones. */
const [MOST_SHORT, LONGER] = [400, 500];

/** @returns the same sample for the same seed */
export function sampleOf(vocabulary: readonly Atom[], maxLength: number, seed: number): Sample {
  let [longest, count] = [0, 0];
  while (longest < maxLength && (longest === 0 || count + vocabulary.length ** (longest + 1) <= MOST_SHORT)) {
    count += vocabulary.length ** ++longest;
  }
  const inputs = [...everyInput(vocabulary, longest)];
  const rng = new Rng(seed);
  if (longest < maxLength) {
    for (let n = 0; n < LONGER; n++) {
      inputs.push(longer(vocabulary, longest + 1 + rng.int(maxLength - longest), n, rng));
    }
  }
  return concatenated(inputs, vocabulary);
}

/**
 * A longer input, of one of four kinds by `n`. Uniform random tokens would have few runs and no extreme counts, so most inputs are of few
 * tokens, or of runs.
 */
function longer(vocabulary: readonly Atom[], length: number, n: number, rng: Rng): Atom[] {
  const token = (): Atom => vocabulary[rng.int(vocabulary.length)]!;
  if (n % 4 === 0) return Array.from({ length }, token);
  const few =
    n % 4 === 1 ? [token(), token()] : n % 4 === 2 ? [token(), token(), token(), token(), token()] : vocabulary;
  const stay = rng.next();
  const result: Atom[] = [];
  while (result.length < length) {
    result.push(result.length > 0 && rng.next() < stay ? result.at(-1)! : few[rng.int(few.length)]!);
  }
  return result;
}

function concatenated(inputs: readonly (readonly Atom[])[], vocabulary: readonly Atom[]): Sample {
  const places = inputs.reduce((sum, { length }) => sum + length, 0);
  const sample = {
    inputs,
    starts: [0],
    token: new Int32Array(places),
    position: new Int32Array(places),
    input: new Int32Array(places),
  };
  const idOf = new Map(vocabulary.map((token, v) => [token, v]));
  let place = 0;
  for (const [n, input] of inputs.entries()) {
    for (const [i, token] of input.entries()) {
      sample.token[place] = idOf.get(token)!;
      sample.position[place] = i;
      sample.input[place++] = n;
    }
    sample.starts.push(place);
  }
  return sample;
}

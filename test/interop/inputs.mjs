/** The inputs on which programs are compared: every one of up to a length, and random longer ones, by length so that each is one batch. */
import { Rng } from "@selectron/core";
import { Evaluation, RaspError } from "@selectron/rasp";

/** @returns every sequence of tokens of this length */
function everyInput(vocabulary, length) {
  return Array.from({ length: vocabulary.length ** length }, (_, n) =>
    Array.from({ length }, (__, i) => vocabulary[Math.floor(n / vocabulary.length ** i) % vocabulary.length]),
  );
}

/**
 * @param every - all inputs of up to this length
 * @param random - and so many that are longer, if the model takes such
 * @returns batches of inputs of one length, each with the values that the interpreter gives; inputs without a value are left out
 */
export function batchesOf(sop, vocabulary, { maxLength, every, random, seed }) {
  const rng = new Rng(seed);
  const inputs = Array.from({ length: Math.min(every, maxLength) }, (_, i) => everyInput(vocabulary, i + 1));
  const longer = new Map();
  for (let i = 0; i < random && maxLength > every; i++) {
    const length = every + 1 + rng.int(maxLength - every);
    const input = Array.from({ length }, () => vocabulary[rng.int(vocabulary.length)]);
    longer.set(length, [...(longer.get(length) ?? []), input]);
  }
  return [...inputs, ...longer.values()]
    .map((batch) => batch.map((input) => ({ input, values: valuesOf(sop, input) })).filter(({ values }) => values))
    .filter((batch) => batch.length > 0);
}

function valuesOf(sop, input) {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** How logits become values. */
import type { Atom } from "../graph/node.js";
import type { Decoding } from "./model-card.js";

/** The value that a position's logits say. */
export const decode = (decoding: Decoding, logits: Float32Array): Atom => decoding.classes[classOf(decoding, logits)]!;

/** The index of the class with the largest logit or, where there are numbers, whose number is nearest to the only logit. */
export const classOf = ({ numbers }: Decoding, logits: Float32Array): number =>
  numbers ? nearest(numbers, logits[0]!) : largest(logits);

function largest(logits: Float32Array): number {
  let best = 0;
  for (let c = 1; c < logits.length; c++) if (logits[c]! > logits[best]!) best = c;
  return best;
}

/** The index of the number that is nearest to `value`; numbers ascend. */
export function nearest(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= value) low = middle;
    else high = middle;
  }
  return value - numbers[low]! <= numbers[high]! - value ? low : high;
}

/** The variables that programs begin with, tokens and positions, and what attention carries of a variable. */
import { literal } from "../../../language/text/print.js";
import type { Task } from "../data/task.js";
import { cached, type Pattern, type Variable } from "./variable.js";

/** One component at each position is 1. */
function oneHot(
  text: string,
  basis: readonly string[],
  component: (sequence: { readonly id: number; readonly index: number; readonly offset: number }) => number,
): Variable {
  const width = basis.length;
  return {
    key: text,
    basis,
    ofTokens: false,
    depth: 0,
    text: () => text,
    reads: [],
    isInline: true,
    pattern: undefined,
    values: cached(text, ({ ids, offset }) => {
      const data = new Float32Array(ids.length * width);
      ids.forEach((id, index) => (data[index * width + component({ id, index, offset })] = 1));
      return data;
    }),
  };
}

const numbersBelow = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** Each token's one-hot vector. */
export const tokenVariable = ({ vocabulary }: Task): Variable => ({
  ...oneHot(
    "tokens",
    vocabulary.map((token) => literal(token)),
    ({ id }) => id,
  ),
  ofTokens: true,
});

/** The index modulo k, one-hot. */
export const moduloVariable = (k: number): Variable =>
  oneHot(`indices % ${k}`, numbersBelow(k), ({ index }) => index % k);

/** The position in the model modulo k, one-hot. */
export const positionModuloVariable = (k: number): Variable =>
  oneHot(`positions % ${k}`, numbersBelow(k), ({ index, offset }) => (offset + index) % k);

/** The position in the model, which is the index plus the sequence's offset, one-hot. */
export const positionVariable = (most: number): Variable =>
  oneHot("positions", numbersBelow(most), ({ index, offset }) => offset + index);

/** What attention with a pattern carries of a variable. */
export function attendVariable(pattern: Pattern, of: Variable): Variable {
  const width = of.basis.length;
  const key = `attend(${pattern.key}, ${of.key})`;
  return {
    key,
    basis: of.basis,
    ofTokens: of.ofTokens,
    depth: 1 + Math.max(of.depth, ...pattern.reads.map(({ depth }) => depth)),
    text: (names) => `attend(${pattern.text(names)}, ${names.variable(of)})`,
    reads: [...pattern.reads, of],
    isInline: false,
    pattern,
    values: cached(key, (observed) => {
      const length = observed.ids.length;
      const shares = pattern.shares(observed);
      // Attention reads tokens and positions as they are on the sequence itself: sites of theirs are past it.
      const data = of.values(of.depth === 0 ? (observed.swapped?.base ?? observed) : observed);
      const out = new Float32Array(length * width);
      for (let j = 0; j < length; j++) {
        for (let c = 0; c < width; c++) {
          const value = data[j * width + c]!;
          if (value !== 0) for (let i = j; i < length; i++) out[i * width + c]! += shares[i * length + j]! * value;
        }
      }
      return out;
    }),
  };
}

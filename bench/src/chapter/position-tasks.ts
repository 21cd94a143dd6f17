/** Copying, induction and addition, of any length, for causal models: what is answered, and where. */
import type { Rng } from "@selectron/core";

/** A row of tokens; `targets` has the token that follows each one where it is an answer, and IGNORED elsewhere. */
export interface Row {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
}

export const IGNORED = -1;
/** Ids 0 to 15 are symbols, of which 0 to 9 are digits. */
const [SYMBOLS, SEPARATOR, PLUS] = [16, 16, 17];
export const VOCABULARY = 18;

/** A question and its answer as one row. */
function rowOf(question: readonly number[], answer: readonly number[]): Row {
  const before = new Array<number>(question.length - 1).fill(IGNORED);
  return { tokens: [...question, ...answer.slice(0, -1)], targets: [...before, ...answer] };
}

const drawn = (rng: Rng, count: number, below: number): number[] => Array.from({ length: count }, () => rng.int(below));

export interface PositionTask {
  /** The longest size that is trained; half of it is the shortest but one. */
  readonly trained: number;
  readonly draw: (rng: Rng, size: number) => Row;
}

export const positionTasks = {
  /** So many symbols, and all of them again. */
  copy: {
    trained: 8,
    draw: (rng: Rng, size: number): Row => {
      const symbols = drawn(rng, size, SYMBOLS);
      return rowOf([...symbols, SEPARATOR], symbols);
    },
  },
  /** Twice so many symbols from 0 to 7, a key from 8 to 15 somewhere before one of them, and the key again: what followed it? */
  induction: {
    trained: 8,
    draw: (rng: Rng, size: number): Row => {
      const symbols = drawn(rng, 2 * size - 1, SYMBOLS / 2);
      const [key, at] = [SYMBOLS / 2 + rng.int(SYMBOLS / 2), rng.int(symbols.length)];
      return rowOf([...symbols.slice(0, at), key, ...symbols.slice(at), key], [symbols[at]!]);
    },
  },
  /** Two numbers of so many digits and their sum, the last digits first. */
  addition: {
    trained: 4,
    draw: (rng: Rng, size: number): Row => {
      const [a, b] = [drawn(rng, size, 10), drawn(rng, size, 10)];
      let carry = 0;
      const sum = a.map((digit, i) => {
        const total = digit + b[i]! + carry;
        carry = Math.floor(total / 10);
        return total % 10;
      });
      return rowOf([...a, PLUS, ...b, SEPARATOR], [...sum, carry]);
    },
  },
} as const satisfies Record<string, PositionTask>;

export type PositionTaskName = keyof typeof positionTasks;

/** The longest row of the training: every task's has at most so many tokens. */
export const TRAINED_TOKENS = 17;
/** How many times as long the tests are. */
export const MULTIPLES = [1, 2, 4, 8] as const;

/** The formal languages of the benchmark as finite automata, after the descriptions that come with the models. */

/** Transitions by state and symbol; state 0 is the first. A symbol without a transition may not follow. */
export interface Automaton {
  readonly next: readonly Readonly<Record<string, number>>[];
  readonly accepts: readonly number[];
}

/** Balanced brackets of one pair up to a depth. */
const dyck = (depth: number): Automaton => ({
  next: Array.from({ length: depth + 1 }, (_, d) => ({
    ...(d < depth ? { a: d + 1 } : {}),
    ...(d > 0 ? { b: d - 1 } : {}),
  })),
  accepts: [0],
});

/** A word repeated any number of times. */
const repeated = (word: string): Automaton => ({
  next: [...word].map((symbol, i) => ({ [symbol]: (i + 1) % word.length })),
  accepts: [0],
});

export const LANGUAGES: Readonly<Record<string, Automaton>> = {
  bce_D2: dyck(2),
  bce_D3: dyck(3),
  bce_D4: dyck(4),
  bce_D12: dyck(12),
  bce_aastar: repeated("aa"),
  bce_aaaastar: repeated("aaaa"),
  bce_ababstar: repeated("abab"),
  bce_tomita1: repeated("1"),
  bce_tomita2: repeated("10"),
  // No odd run of 1s directly followed by an odd run of 0s. 1: odd 1s; 2, 3: odd, even 0s after odd 1s.
  bce_tomita3: {
    next: [{ "0": 0, "1": 1 }, { "1": 0, "0": 2 }, { "0": 3 }, { "0": 2, "1": 1 }],
    accepts: [0, 1, 3],
  },
  // No 000: as many 0s at the end.
  bce_tomita4: { next: [{ "0": 1, "1": 0 }, { "0": 2, "1": 0 }, { "1": 0 }], accepts: [0, 1, 2] },
  // Both symbols an even number of times.
  bce_tomita5: {
    next: [
      { "0": 1, "1": 2 },
      { "0": 0, "1": 3 },
      { "0": 3, "1": 0 },
      { "0": 2, "1": 1 },
    ],
    accepts: [0],
  },
  // The difference of the numbers of both symbols a multiple of 3.
  bce_tomita6: {
    next: [
      { "0": 1, "1": 2 },
      { "0": 2, "1": 0 },
      { "0": 0, "1": 1 },
    ],
    accepts: [0],
  },
  // 0* 1* 0* 1*.
  bce_tomita7: {
    next: [{ "0": 0, "1": 1 }, { "0": 2, "1": 1 }, { "0": 2, "1": 3 }, { "1": 3 }],
    accepts: [0, 1, 2, 3],
  },
  // {a,b}* d {b,c}*.
  bce_ab_d_bc: {
    next: [
      { a: 0, b: 0, d: 1 },
      { b: 1, c: 1 },
    ],
    accepts: [1],
  },
  // aa* bb* cc* dd* ee*.
  bce_abcde: {
    next: [{ a: 1 }, { a: 1, b: 2 }, { b: 2, c: 3 }, { c: 3, d: 4 }, { d: 4, e: 5 }, { e: 5 }],
    accepts: [5],
  },
  // {0,1,2}* 0 2*: whether the last symbol but for 2s is a 0.
  bce_012_0_2: {
    next: [
      { "0": 1, "1": 0, "2": 0 },
      { "0": 1, "1": 0, "2": 1 },
    ],
    accepts: [1],
  },
};

/** Fresh sequences of the benchmark's tasks, in the format of its data files. */
import type { Rng } from "@selectron/core";
import { LANGUAGES, type Automaton } from "./languages.js";

/** A line of data, with tokens by name. */
export interface Sample {
  readonly tokens: readonly string[];
  /** Symbols that may follow, for each position but the last. */
  readonly allowed?: readonly (readonly string[])[];
  /** Where the answer begins. */
  readonly answerStart?: number;
}

/** A sample with about so many symbols; undefined if the task has none of this length. */
export type Sampler = (length: number, rng: Rng) => Sample | undefined;

const answered = (prompt: readonly string[], answer: readonly string[]): Sample => ({
  tokens: ["<bos>", ...prompt, "<sep>", ...answer],
  answerStart: prompt.length + 2,
});

const bits = (length: number, rng: Rng): string[] => Array.from({ length }, () => String(rng.int(2)));

/** The most frequent symbol, if there is only one. */
function majority(symbols: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1]);
  return first && first[1] !== second?.[1] ? first[0] : undefined;
}

/** Draws until there is a sample, at most 100 times. */
function retry(draw: () => Sample | undefined): Sample | undefined {
  for (let attempt = 0; attempt < 100; attempt++) {
    const sample = draw();
    if (sample) return sample;
  }
  return undefined;
}

const majorityOf =
  (draw: (rng: Rng) => string): Sampler =>
  (length, rng) =>
    retry(() => {
      const prompt = Array.from({ length }, () => draw(rng));
      const winner = majority(prompt);
      return winner === undefined ? undefined : answered(prompt, [winner]);
    });

const NUMBERS = 150;

const interleaved: Sampler = (length, rng) =>
  retry(() => {
    const prompt = bits(length - (length % 3), rng);
    const winners = [0, 1, 2].map((k) => majority(prompt.filter((_, i) => i % 3 === k)));
    return winners.includes(undefined) ? undefined : answered(prompt, [...(winners as string[]), "<eos>"]);
  });

const counting: Sampler = (length, rng) => {
  if (length < 2) return undefined;
  const first = rng.int(NUMBERS - length + 1);
  const run = Array.from({ length }, (_, i) => String(first + i));
  return answered([run[0]!, run.at(-1)!], [...run, "<eos>"]);
};

const uniqueCopy: Sampler = (length, rng) => {
  const prompt = rng.shuffle(Array.from({ length: NUMBERS }, (_, n) => String(n))).slice(0, length);
  return answered(prompt, [...prompt, "<eos>"]);
};

const distinct = (length: number, rng: Rng): number[] =>
  rng.shuffle(Array.from({ length: NUMBERS }, (_, n) => n)).slice(0, length);

const repeating = (length: number, rng: Rng): number[] => Array.from({ length }, () => rng.int(NUMBERS));

/** Lists of numbers, and the answers that a function gives. */
const ofNumbers =
  (draw: typeof distinct, answer: (numbers: readonly number[]) => readonly number[]): Sampler =>
  (length, rng) => {
    const prompt = draw(length, rng);
    return answered(prompt.map(String), [...answer(prompt).map(String), "<eos>"]);
  };

const BIGRAM_SYMBOLS = 16;

/** No pair of neighbours occurs twice: a walk that uses each edge at most once, drawn again if it ends too early. */
const bigramCopy: Sampler = (length, rng) =>
  retry(() => {
    const prompt = [rng.int(BIGRAM_SYMBOLS)];
    const used = new Set<number>();
    while (prompt.length < length) {
      const from = prompt.at(-1)! * BIGRAM_SYMBOLS;
      const free = Array.from({ length: BIGRAM_SYMBOLS }, (_, to) => to).filter((to) => !used.has(from + to));
      if (free.length === 0) return undefined;
      const to = rng.pick(free);
      used.add(from + to);
      prompt.push(to);
    }
    return answered(prompt.map(String), [...prompt.map(String), "<eos>"]);
  });

/** Binary numbers without leading zeros, with a plus between them. */
const addition: Sampler = (length, rng) => {
  if (length < 4) return undefined;
  const left = 1 + rng.int(length - 2);
  const number = (digits: number): string[] => (digits === 1 ? bits(1, rng) : ["1", ...bits(digits - 1, rng)]);
  const [a, b] = [number(left), number(length - 1 - left)];
  const sum = (BigInt(`0b${a.join("")}`) + BigInt(`0b${b.join("")}`)).toString(2);
  return answered([...a, "+", ...b], [...sum, "<eos>"]);
};

/** Samplers by the task's name. */
export const SAMPLERS: Readonly<Record<string, Sampler>> = {
  ...Object.fromEntries(Object.entries(LANGUAGES).map(([name, automaton]) => [name, wordsOf(automaton)])),
  bce_tomita3: runsOf("bce_tomita3", (rng) => ({ runs: alternating(rng), mayBeEmpty: false })),
  bce_tomita7: runsOf("bce_tomita7", () => ({ runs: ["0", "1", "0", "1"], mayBeEmpty: true })),
  bce_abcde: runsOf("bce_abcde", () => ({ runs: ["a", "b", "c", "d", "e"], mayBeEmpty: false })),
  bce_012_0_2: runsOf("bce_012_0_2", () => ({ runs: ["012", "2"], mayBeEmpty: true })),
  majority: majorityOf((rng) => String.fromCharCode(97 + rng.int(26))),
  bin_majority: majorityOf((rng) => String(rng.int(2))),
  bin_majority_interleave: interleaved,
  count: counting,
  unique_copy: uniqueCopy,
  unique_reverse: ofNumbers(distinct, (numbers) => [...numbers].reverse()),
  sort: ofNumbers(distinct, (numbers) => [...numbers].sort((a, b) => a - b)),
  sort_descending: ofNumbers(distinct, (numbers) => [...numbers].sort((a, b) => b - a)),
  sort_repeating: ofNumbers(repeating, (numbers) => [...numbers].sort((a, b) => a - b)),
  unique_bigram_copy: bigramCopy,
  addition,
};

/** The sizes of random parts that add up to `length`; undefined if there are too few for all. */
function partsOf(length: number, count: number, rng: Rng, mayBeEmpty: boolean): number[] | undefined {
  const free = mayBeEmpty ? length : length - count;
  if (free < 0) return undefined;
  const cuts = Array.from({ length: count - 1 }, () => rng.int(free + 1)).sort((a, b) => a - b);
  return [...cuts, free].map((cut, k) => cut - (cuts[k - 1] ?? 0) + +!mayBeEmpty);
}

interface Runs {
  /** The symbols of each run: one, or several that are drawn from. */
  readonly runs: readonly string[];
  readonly mayBeEmpty: boolean;
}

/** Runs of random sizes, as the benchmark draws words of regular expressions. */
function runsOf(name: string, draw: (rng: Rng) => Runs): Sampler {
  return (length, rng) =>
    retry(() => {
      const { runs, mayBeEmpty } = draw(rng);
      const sizes = partsOf(length, runs.length, rng, mayBeEmpty);
      if (!sizes) return undefined;
      const symbols = sizes.flatMap((size, k) => Array.from({ length: size }, () => rng.pick([...runs[k]!])));
      const allowed = allowedAfter(LANGUAGES[name]!, symbols);
      return allowed && { tokens: ["<bos>", ...symbols, "<eos>"], allowed };
    });
}

function alternating(rng: Rng): readonly string[] {
  const first = rng.int(2);
  return Array.from({ length: 1 + rng.int(5) }, (_, k) => String((first + k) % 2));
}

/** Random walks that end in an accepting state after exactly `length` symbols. */
function wordsOf({ next, accepts }: Automaton): Sampler {
  // reaches[k][s]: whether k symbols can lead from s to an accepting state.
  const reaches: boolean[][] = [next.map((_, state) => accepts.includes(state))];
  return (length, rng) => {
    while (reaches.length <= length) {
      const before = reaches.at(-1)!;
      reaches.push(next.map((transitions) => Object.values(transitions).some((state) => before[state])));
    }
    if (!reaches[length]![0]) return undefined;
    const symbols: string[] = [];
    let state = 0;
    for (let left = length; left > 0; left--) {
      const choices = Object.entries(next[state]!).filter(([, target]) => reaches[left - 1]![target]);
      const [symbol, target] = rng.pick(choices);
      symbols.push(symbol);
      state = target;
    }
    return { tokens: ["<bos>", ...symbols, "<eos>"], allowed: allowedAfter({ next, accepts }, symbols)! };
  };
}

/** The symbols that may follow each prefix of a word, from the empty one on; undefined if the word is not in the language. */
export function allowedAfter({ next, accepts }: Automaton, symbols: readonly string[]): string[][] | undefined {
  const allowed: string[][] = [];
  let state: number | undefined = 0;
  for (const symbol of [...symbols, undefined]) {
    allowed.push([...Object.keys(next[state]!), ...(accepts.includes(state) ? ["<eos>"] : [])]);
    if (symbol === undefined) break;
    state = next[state]![symbol];
    if (state === undefined) return undefined;
  }
  return accepts.includes(state) ? allowed : undefined;
}

/** JSON lines with `count` samples of lengths 1 to 150 at random offsets. */
export function freshData(
  task: string,
  vocabulary: readonly string[],
  positions: number,
  count: number,
  rng: Rng,
): string {
  const sampler = SAMPLERS[task];
  if (!sampler) throw new Error(`there is no sampler for the task "${task}"`);
  const lines: string[] = [];
  while (lines.length < count) {
    const sample = sampler(1 + rng.int(150), rng);
    if (!sample || sample.tokens.length > positions) continue;
    const id = (token: string): number => vocabulary.indexOf(token);
    const { tokens, allowed, answerStart } = sample;
    lines.push(
      JSON.stringify({
        input_ids: tokens.map(id),
        offset: rng.int(positions - tokens.length + 1),
        ...(allowed ? { allowed_next: allowed.map((set) => set.map(id).sort((a, b) => a - b)) } : {}),
        ...(answerStart === undefined ? {} : { answer_start: answerStart }),
      }),
    );
  }
  return lines.join("\n");
}

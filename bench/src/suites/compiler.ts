/** The compiler on the paper's programs at the lengths that researchers ask for, and on a graph that shares all its nodes. */

export interface CompilerCase {
  readonly name: string;
  /** RASP text, or the name of the lesson that defines the s-op. */
  readonly source: string | { readonly lesson: string };
  readonly vocabulary: string;
  readonly maxLength: number;
}

const letters = "abcdefghijklmnopqrstuvwxyz";

const lesson = (name: string, file: string, vocabulary: string, maxLength: number): CompilerCase => ({
  name,
  source: { lesson: file },
  vocabulary,
  maxLength,
});

/** Two elementwise branches from each s-op, joined again: what walks paths instead of nodes takes 2^n steps. */
export function diamonds(count: number): string {
  const steps = Array.from({ length: count }, (_, k) => `s${k + 1} = (s${k} + 1) % 5 + (s${k} * 2) % 3;`);
  return ["s0 = indices;", ...steps, `diamonds = s${count};`].join("\n");
}

export const compilerCases: readonly CompilerCase[] = [
  lesson("reverse", "01-reverse", letters, 64),
  lesson("hist_nobos", "02-histogram", letters, 64),
  lesson("hist_bos", "02-histogram", `§${letters}`, 64),
  lesson("hist2_bos", "03-double-histogram", `§${letters}`, 64),
  lesson("sort_bos", "04-sort", `§${letters}`, 64),
  lesson("sort_by_most_freq", "05-most-frequent", `§${letters}`, 64),
  lesson("dyck1_ptf", "06-dyck1", "()", 64),
  lesson("dyck2_ptf", "07-dyck2", "(){}", 64),
  lesson("dyck3_ptf", "07-dyck2", "(){}[]", 64),
  { name: "length", source: "", vocabulary: "abcd", maxLength: 256 },
  lesson("hist_bos", "02-histogram", "§abcd", 256),
  lesson("sort_bos", "04-sort", "§abcd", 256),
  { name: "diamonds", source: diamonds(12), vocabulary: "abcd", maxLength: 12 },
  { name: "diamonds", source: diamonds(192), vocabulary: "abcd", maxLength: 12 },
];

/** What one compilation took and gave. */
export interface CompilerResult {
  readonly seconds: number;
  /** Of the process, Node's own 45 MB or so included. */
  readonly peakMegabytes: number;
  readonly layers: number;
  readonly parameters: number;
  readonly proved: boolean;
  /** Null where no decision can go wrong. */
  readonly worstMargin: number | null;
}

export function formatCompilerResult({ name, vocabulary, maxLength }: CompilerCase, result: CompilerResult): string {
  const { seconds, peakMegabytes, layers, parameters, proved, worstMargin } = result;
  return [
    name.padEnd(18),
    `length ${String(maxLength).padStart(3)}, ${String(vocabulary.length).padStart(2)} tokens`,
    `${seconds.toFixed(seconds < 1 ? 3 : 1).padStart(7)} s`,
    `${peakMegabytes.toFixed(0).padStart(5)} MB at the peak`,
    `${layers} layers, ${parameters.toLocaleString("en").padStart(9)} parameters`,
    `${proved ? "proved" : "not proved"}, margin ${worstMargin?.toPrecision(3) ?? "without end"}`,
  ].join("  ");
}

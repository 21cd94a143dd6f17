/** How large the compiled models of tracr's own programs are here and there, as a table for `docs/compiler.md`. */
import { compile, eq, indices, tracr, type SOp } from "@selectron/rasp";

/** What is counted. */
export interface Size {
  readonly layers: number;
  readonly dModel: number;
  /** Embeddings and all weights and biases of attention and feed-forward; ours also the unembedding, which tracr has none of. */
  readonly parameters: number;
}

/** A program at a vocabulary and a maximum length. */
export interface SizeCase {
  readonly program: string;
  readonly vocabularySize: number;
  readonly maxLength: number;
}

export interface SizeRow extends SizeCase {
  readonly ours: Size;
  readonly theirs: Size;
}

const { tokens } = tracr;
const LETTERS = "abcde";
const ofNumbers = (make: (maxLength: number) => SOp) => ({ make, numbers: true });
const ofLetters = (make: (maxLength: number) => SOp) => ({ make, numbers: false });

/** The programs by the names that the founders' measurements have. */
export const sizePrograms: Readonly<Record<string, { make: (maxLength: number) => SOp; numbers: boolean }>> = {
  "frac_prevs(tokens==a)": ofLetters(() => tracr.makeFracPrevs(eq(tokens as SOp as SOp<string>, "a"))),
  length: ofLetters(() => tracr.makeLength()),
  "length(numerical)": ofLetters(() => tracr.makeLength()),
  "reverse(tokens)": ofLetters(() => tracr.makeReverse(tokens)),
  hist: ofLetters(() => tracr.makeHist()),
  "sort_unique(tokens,tokens)": ofNumbers(() => tracr.makeSortUnique(tokens, tokens)),
  "sort(tokens,tokens)": ofNumbers((n) => tracr.makeSort(tokens, tokens as SOp as SOp<number>, n, 1)),
  sort_freq: ofLetters((n) => tracr.makeSortFreq(n)),
  "pair_balance(a,b)": ofLetters(() => tracr.makePairBalance(tokens, "a", "b")),
  "shuffle_dyck([ab])": ofLetters(() => tracr.makeShuffleDyck(["ab"])),
  "shuffle_dyck2([ab,cd])": ofLetters(() => tracr.makeShuffleDyck(["ab", "cd"])),
  "count(tokens,a)": ofLetters(() => tracr.makeCount(tokens, "a")),
  "count_less_freq(2)": ofLetters(() => tracr.makeCountLessFreq(2)),
  "shift_by(1)": ofLetters(() => tracr.shiftBy(1, tokens)),
  "detect_pattern(abc)": ofLetters(() => tracr.detectPattern(tokens, "abc")),
  "nary_sequencemap(x+y-z; tokens,tokens,indices)": ofNumbers(() =>
    tracr.makeNarySequencemap((x: number, y: number, z: number) => x + y - z, tokens, tokens, indices),
  ),
};

/** The size of our model. @throws Error for a program that is not in `sizePrograms`. */
export function ourSize({ program, vocabularySize, maxLength }: SizeCase): Size {
  const known = sizePrograms[program];
  if (!known) throw new Error(`no program is called ${program}`);
  const vocabulary = known.numbers
    ? Array.from({ length: vocabularySize }, (_, v) => v + 1)
    : LETTERS.slice(0, vocabularySize);
  const { layers, dModel, parameters } = compile(known.make(maxLength), { vocabulary, maxLength }).stats;
  return { layers, dModel, parameters };
}

/** tracr's models, from the file that `shared/oracle/tracr-sizes.json` is. */
export function tracrSizes(json: string): (SizeCase & { readonly theirs: Size })[] {
  const { rows } = JSON.parse(json) as { rows: Record<string, number | string>[] };
  return rows.map((row) => ({
    program: String(row["program"]),
    vocabularySize: Number(row["vocab_size"]),
    maxLength: Number(row["max_seq_len"]),
    theirs: {
      layers: Number(row["layers"]),
      dModel: Number(row["d_model"]),
      parameters: Number(row["params_total"]),
    },
  }));
}

const HEAD = ["program", "tokens", "length", "layers", "d_model", "parameters", ""];

/** Ours beside theirs in markdown, a row each, and the geometric mean of the parameters' ratios below. */
export function sizesTable(rows: readonly SizeRow[]): string {
  const cells = rows.map(({ program, vocabularySize, maxLength, ours, theirs }) => [
    `\`${program}\``,
    ...[vocabularySize, maxLength].map(String),
    ...(["layers", "dModel", "parameters"] as const).map((what) => `${ours[what]} : ${theirs[what]}`),
    percent(ours.parameters / theirs.parameters),
  ]);
  const widths = HEAD.map((head, c) => Math.max(3, head.length, ...cells.map((row) => row[c]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, c) => cell.padEnd(widths[c]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [
    line(HEAD),
    rule,
    ...cells.map(line),
    "",
    `Geometric mean of the parameters: ${percent(meanRatio(rows))}.`,
  ].join("\n");
}

/** The rows of a table that `sizesTable` made. */
export function parseSizesTable(markdown: string): SizeRow[] {
  return [...markdown.matchAll(/^\| `(.*?)` +\|( +\d+ +\| +\d+ +\|.*)\|$/gm)].map(([, program, rest]) => {
    const [vocabularySize, maxLength, ...pairs] = rest!.split("|").map((cell) => cell.split(":").map(Number));
    const size = (side: 0 | 1): Size => ({
      layers: pairs[0]![side]!,
      dModel: pairs[1]![side]!,
      parameters: pairs[2]![side]!,
    });
    return {
      program: program!,
      vocabularySize: vocabularySize![0]!,
      maxLength: maxLength![0]!,
      ours: size(0),
      theirs: size(1),
    };
  });
}

/** Geometric, of our parameters over theirs. */
export const meanRatio = (rows: readonly SizeRow[]): number =>
  Math.exp(
    rows.reduce((sum, { ours, theirs }) => sum + Math.log(ours.parameters / theirs.parameters), 0) / rows.length,
  );

const percent = (ratio: number): string => `${(100 * ratio).toFixed(ratio < 0.1 ? 1 : 0)} %`;

const START = "<!-- sizes -->";
const END = "<!-- /sizes -->";

/** The document with the table between its marks. @throws Error where it has no marks. */
export function withSizes(document: string, table: string): string {
  const [start, end] = [document.indexOf(START), document.indexOf(END)];
  if (start < 0 || end < start) {
    throw new Error(`the document has no place for the table: put ${START} and ${END} there`);
  }
  return `${document.slice(0, start + START.length)}\n\n${table}\n\n${document.slice(end)}`;
}

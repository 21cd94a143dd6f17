/** How compiling grows with the maximum length: the paper's programs at doubled lengths, as numbers and as lines of text. */

/** A program of a lesson. */
export interface LengthProgram {
  readonly name: string;
  readonly lesson: string;
  readonly vocabulary: string;
}

export const LETTERS = "abcdefghijklmnopqrstuvwxyzA";
const ofLetters = (name: string, lesson: string, count = 10): LengthProgram => ({
  name,
  lesson,
  vocabulary: LETTERS.slice(0, count),
});

export const lengthPrograms: readonly LengthProgram[] = [
  ofLetters("reverse", "01-reverse"),
  ofLetters("hist_bos", "02-histogram"),
  ofLetters("hist_nobos", "02-histogram"),
  ofLetters("hist2_bos", "03-double-histogram"),
  ofLetters("sort_bos", "04-sort", 27),
  ofLetters("sort_by_most_freq", "05-most-frequent"),
  { name: "dyck1_ptf", lesson: "06-dyck1", vocabulary: "()a" },
  { name: "dyck2_ptf", lesson: "07-dyck2", vocabulary: "(){}" },
  { name: "dyck2_best", lesson: "08-dyck2-best", vocabulary: "(){}" },
];

const DOUBLED = [8, 16, 32, 64, 128, 256, 512, 1024];
/** The lengths at which a program is compiled if none are asked for. */
export const lengthsOf = ({ name }: LengthProgram): readonly number[] =>
  name === "reverse" ? [...DOUBLED, 2048, 4096] : DOUBLED;

/** What a compile in a process of its own took. */
interface Taken {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the process at its peak, Node's own 45 MB or so included. */
  readonly megabytes: number;
}

export interface CompiledAt extends Taken {
  readonly parameters: number;
  /** What is left without the table that has a row for each position. */
  readonly withoutPositions: number;
  readonly layers: number;
  readonly proved: boolean;
  /** Null where no decision can go wrong. */
  readonly margin: number | null;
}

export interface RefusedAt extends Taken {
  readonly refused: string;
}

/** A process that was ended, or a length that was not tried since a shorter one took too long. */
export interface StoppedAt {
  readonly stopped: string;
}

export type LengthResult = CompiledAt | RefusedAt | StoppedAt;

export const isCompiled = (result: LengthResult | undefined): result is CompiledAt =>
  result !== undefined && "parameters" in result;

export interface LengthRow {
  readonly program: string;
  readonly tokens: number;
  readonly length: number;
  readonly result: LengthResult;
}

/** What one version of the compiler took, on one machine. */
export interface LengthRun {
  readonly version: string;
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly LengthRow[];
}

/** How many times as much a row has as the row of half the length; undefined where one of the two did not compile. */
export function growth(
  rows: readonly LengthRow[],
  { program, length, result }: LengthRow,
  what: "parameters" | "withoutPositions" | "cpuSeconds" | "megabytes",
): number | undefined {
  const half = rows.find((row) => row.program === program && 2 * row.length === length)?.result;
  return isCompiled(half) && isCompiled(result) ? result[what] / half[what] : undefined;
}

const COLUMNS = [18, 6, 11, 11, 6, 10, 8, 8, 8, 6, 24] as const;
const HEADS = ["program", "length", "parameters", "- positions", "layers", "", "margin", "CPU", "wall", "MB"];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, c) => (c === 0 ? cell.padEnd(COLUMNS[0]) : cell.padStart(COLUMNS[c]!)))
    .join("  ")
    .trimEnd();

export const lengthsHead = line([...HEADS, "× parameters, CPU, MB"]);

const seconds = (value: number): string => `${value.toFixed(value < 1 ? 2 : 1)} s`;
const times = (value: number | undefined): string => value?.toFixed(2) ?? "-";

/** One line of the table; the last column has the growth since half the length. */
export function formatLengthRow(row: LengthRow, rows: readonly LengthRow[]): string {
  const { program, length, result } = row;
  const start = [program, String(length)];
  if ("stopped" in result) return `${line(start)}  ${result.stopped}`;
  if ("refused" in result) return `${line(start)}  refused after ${seconds(result.cpuSeconds)}: ${result.refused}`;
  const { parameters, withoutPositions, layers, proved, margin, cpuSeconds, megabytes } = result;
  const grown = (["parameters", "cpuSeconds", "megabytes"] as const).map((what) => times(growth(rows, row, what)));
  return line([
    ...start,
    ...[parameters, withoutPositions].map((count) => count.toLocaleString("en")),
    String(layers),
    proved ? "proved" : "not proved",
    margin?.toPrecision(3) ?? "no end",
    seconds(cpuSeconds),
    seconds(result.seconds),
    megabytes.toFixed(0),
    grown.join("  "),
  ]);
}

/** A line below that of a row: the same with another version, and how much of it this one takes. */
export function formatOther(row: LengthRow, other: LengthRow, others: readonly LengthRow[], version: string): string {
  const text = formatLengthRow({ ...other, program: `  ${version}` }, [
    ...others.filter(({ program }) => program === other.program).map((each) => ({ ...each, program: `  ${version}` })),
  ]);
  const [ours, theirs] = [row.result, other.result];
  if (!isCompiled(ours) || !isCompiled(theirs)) return text;
  const ratios = (["parameters", "cpuSeconds", "megabytes"] as const).map((what) => times(ours[what] / theirs[what]));
  return `${text}\n${line(["  ratio", "", "", "", "", "", "", "", "", "", ratios.join("  ")])}`;
}

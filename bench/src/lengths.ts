/**
 * `npm run bench -- lengths`: the paper's programs at doubled maximum lengths, each compile in a process of its own that has a time limit;
 * with `--compare FOLDER` the compiler of another checkout in turns with this one's.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { place, placeToWrite } from "./arguments.js";
import { lengthsPicture } from "./lengths-picture.js";
import {
  LETTERS,
  formatLengthRow,
  formatOther,
  lengthPrograms,
  lengthsHead,
  lengthsOf,
  type LengthProgram,
  type LengthResult,
  type LengthRow,
  type LengthRun,
} from "./suites/lengths.js";
import { parseSizesTable } from "./suites/sizes.js";
import { sizesDocument } from "./sizes.js";
import { UsageError } from "./usage-error.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What a process runs. */
const script = resolve(root, "bench/dist/lengths-case.js");
/** What the picture of the document is drawn from. */
export const lengthsRecord = resolve(root, "bench/results/lengths.json");
export const lengthsDrawing = resolve(root, "docs/pictures/lengths.svg");

export interface LengthsOptions {
  readonly program?: readonly string[];
  readonly length?: readonly number[];
  readonly letters?: number;
  /** Seconds of a process. */
  readonly limit: number;
  /** A folder. */
  readonly compare?: string;
  readonly out?: string;
  readonly record?: boolean;
}

/** Runs, prints, and writes what is asked for. */
export function printLengths(options: LengthsOptions): void {
  const { limit, compare } = options;
  if (options.record && (options.program ?? options.length ?? options.letters) !== undefined) {
    throw new UsageError("--record takes all programs at all lengths: leave out --program, --length and --letters.");
  }
  const out = options.out === undefined ? undefined : placeToWrite("--out", options.out);
  const folders = [root, ...(compare === undefined ? [] : [checkout(compare)])];
  const programs = chosen(options.program ?? [], options.letters);
  const runs = folders.map((folder) => ({ folder, version: versionOf(folder), rows: [] as LengthRow[] }));
  console.log(lengthsHead);
  for (const program of programs) {
    for (const length of options.length ?? lengthsOf(program)) {
      for (const { folder, rows } of runs) {
        rows.push({
          program: program.name,
          tokens: program.vocabulary.length,
          length,
          result: resultAt(folder, program, length, limit, rows),
        });
      }
      const [ours, theirs] = runs;
      console.log(formatLengthRow(ours!.rows.at(-1)!, ours!.rows));
      if (theirs) console.log(formatOther(ours!.rows.at(-1)!, theirs.rows.at(-1)!, theirs.rows, theirs.version));
    }
  }
  const machine = `${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  const made = runs.map(({ version, rows }) => ({ version, date: new Date().toISOString(), machine, rows }));
  if (out !== undefined) writeFileSync(out, recordText(made));
  if (options.record) record(made);
}

/** A line for each row. */
function recordText(runs: readonly LengthRun[]): string {
  const texts = runs.map(({ rows, ...run }) => {
    const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
    return `  { ${JSON.stringify(run).slice(1, -1)}, "rows": [\n${lines}\n  ] }`;
  });
  return `{ "runs": [\n${texts.join(",\n")}\n] }\n`;
}

/** The runs of a record, this version's first. */
export const runsOf = (text: string): readonly LengthRun[] => (JSON.parse(text) as { runs: LengthRun[] }).runs;

/** The picture that a record gives, with tracr's sizes as the document has them. */
export const pictureOf = (runs: readonly LengthRun[]): string =>
  lengthsPicture(runs, parseSizesTable(readFileSync(sizesDocument, "utf8")));

/** Writes the record and the picture of the document. What the record has of the version before stays, unless it was measured again. */
function record(made: readonly LengthRun[]): void {
  const before = existsSync(lengthsRecord) ? runsOf(readFileSync(lengthsRecord, "utf8")).slice(1) : [];
  const runs = made.length > 1 ? made : [...made, ...before];
  writeFileSync(lengthsRecord, recordText(runs));
  writeFileSync(lengthsDrawing, pictureOf(runs));
}

function chosen(names: readonly string[], letters: number | undefined): readonly LengthProgram[] {
  const known = lengthPrograms.map(({ name }) => name);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined) throw new UsageError(`--program ${missing}: the programs are ${known.join(", ")}.`);
  const programs = lengthPrograms.filter(({ name }) => names.length === 0 || names.includes(name));
  if (letters === undefined) return programs;
  if (letters > LETTERS.length) throw new UsageError(`--letters ${letters}: there are ${LETTERS.length}.`);
  return programs.map((program) =>
    LETTERS.startsWith(program.vocabulary) ? { ...program, vocabulary: LETTERS.slice(0, letters) } : program,
  );
}

function checkout(folder: string): string {
  const placed = place(folder);
  if (existsSync(resolve(placed, "packages/rasp/dist/index.js"))) return placed;
  throw new UsageError(`--compare ${folder}: there is no compiler in it. It takes a checkout in which npm ci has run.`);
}

/** The commit of a checkout; a + where files differ from it. */
function versionOf(folder: string): string {
  try {
    return execFileSync("git", ["-C", folder, "describe", "--always", "--dirty=+"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** @param rows - what this version took before: after a length that took too long, longer ones are not tried */
function resultAt(
  folder: string,
  { name, vocabulary }: LengthProgram,
  length: number,
  limit: number,
  rows: readonly LengthRow[],
): LengthResult {
  const stopped = rows.find((row) => row.program === name && row.length < length && "stopped" in row.result);
  if (stopped) return { stopped: `not tried, as ${stopped.length} took too long` };
  const { stdout, stderr, status, error } = spawnSync(
    process.execPath,
    [script, folder, name, vocabulary, String(length)],
    { encoding: "utf8", timeout: 1000 * limit, killSignal: "SIGKILL" },
  );
  if (status === 0) return JSON.parse(stdout) as LengthResult;
  const isLate = (error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT";
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return { stopped: isLate ? `more than ${limit} s` : `the process ended with ${status ?? "a signal"}: ${last}` };
}

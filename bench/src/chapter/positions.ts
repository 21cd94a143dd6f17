/** `npm run bench -- positions`: every positional encoding on one family of tasks, at the trained length and at 2, 4 and 8 times it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError } from "../usage-error.js";
import { MULTIPLES, positionTasks, type PositionTaskName } from "./position-tasks.js";
import { encodings, runPositions, type PositionRun } from "./position-runs.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
export const positionsRecord = resolve(root, "bench/results/positions.json");

export interface PositionsFlags {
  readonly encoding?: readonly string[];
  readonly task?: readonly string[];
  readonly seed?: readonly number[];
  readonly steps: number;
  readonly width: number;
  readonly batch: number;
  readonly count: number;
  readonly record?: boolean;
}

/** What was measured last. */
export interface PositionsResult {
  readonly date: string;
  readonly steps: number;
  readonly width: number;
  readonly batch: number;
  readonly runs: readonly PositionRun[];
}

const percent = (share: number): string => (100 * share).toFixed(0).padStart(4);

export const positionsHead = `encoding                  task       seed  answers right (%) at ${MULTIPLES.join("×, ")}×  ms a step  MB a step`;

export const positionsLine = ({ encoding, task, seed, accuracy, milliseconds, megabytes }: PositionRun): string =>
  [
    ...[encoding.padEnd(25), task.padEnd(10), String(seed).padStart(4), accuracy.map(percent).join(" ").padStart(33)],
    ...[milliseconds.toFixed(1).padStart(10), megabytes.toFixed(1).padStart(10)],
  ].join(" ");

/** The table of the document: a row for each encoding, its accuracies as means over the seeds. */
export function positionsTable({ runs }: PositionsResult): string {
  const tasks = Object.keys(positionTasks) as PositionTaskName[];
  const names = [...new Set(runs.map(({ encoding }) => encoding))];
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const rows = names.map((name) => {
    const own = runs.filter(({ encoding }) => encoding === name);
    const cells = tasks.map((task) => {
      const ofTask = own.filter((run) => run.task === task);
      if (ofTask.length === 0) return "—";
      return MULTIPLES.map((_, m) => (100 * mean(ofTask.map(({ accuracy }) => accuracy[m]!))).toFixed(0)).join(", ");
    });
    const cost = [
      mean(own.map((run) => run.milliseconds)).toFixed(1),
      mean(own.map((run) => run.megabytes)).toFixed(1),
    ];
    return `| ${[name, ...cells, ...cost].join(" | ")} |`;
  });
  return [
    `| encoding | ${tasks.join(" | ")} | ms a step | MB a step |`,
    `|---|${tasks.map(() => "---|").join("")}---|---|`,
    ...rows,
  ].join("\n");
}

/** The chosen names among the known ones. @throws UsageError */
function chosen<T extends string>(
  option: string,
  names: readonly string[] | undefined,
  known: readonly T[],
): readonly T[] {
  const missing = names?.find((name) => !known.includes(name as T));
  if (missing !== undefined) throw new UsageError(`${option} ${missing}: there are ${known.join("; ")}.`);
  return (names as readonly T[] | undefined) ?? known;
}

/** Trains, prints, and keeps what is asked for, after every encoding. */
export async function printPositions(flags: PositionsFlags): Promise<void> {
  const names = chosen("--encoding", flags.encoding, Object.keys(encodings));
  const tasks = chosen("--task", flags.task, Object.keys(positionTasks) as PositionTaskName[]);
  const { steps, width, batch, count } = flags;
  if (width % 8 !== 0) throw new UsageError(`--width ${width}: four heads of an even width need a multiple of 8.`);
  await enableWasm();
  const runs: PositionRun[] = [];
  console.log(positionsHead);
  for (const seed of flags.seed ?? [1]) {
    for (const name of names) {
      for (const task of tasks) {
        const made = await runPositions(name, task, seed, { steps, width, batch, count });
        runs.push(...made);
        for (const run of made) console.log(positionsLine(run));
      }
      if (flags.record) record(runs, { steps, width, batch });
    }
  }
}

/** Earlier runs stay, where they were trained alike. */
function record(runs: readonly PositionRun[], options: Omit<PositionsResult, "date" | "runs">): void {
  const before = existsSync(positionsRecord)
    ? (JSON.parse(readFileSync(positionsRecord, "utf8")) as PositionsResult)
    : undefined;
  const isAlike =
    before && Object.entries(options).every(([name, value]) => before[name as keyof PositionsResult] === value);
  const keyOf = ({ encoding, task, seed }: PositionRun): string => [encoding, task, seed].join("|");
  const all = new Map([...(isAlike ? before.runs : []), ...runs].map((run) => [keyOf(run), run]));
  const text = { date: new Date().toISOString(), ...options, runs: [...all.values()] };
  writeFileSync(positionsRecord, `${JSON.stringify(text, null, 1)}\n`);
}

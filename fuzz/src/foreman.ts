/** Has worker processes read the mutations of a kind, watches over them, and gathers what they tell. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Cost, Found, Order, Report } from "./worker.js";
import type { Outcome } from "./judge.js";

/** What a run is not allowed: processor time in milliseconds, megabytes beyond the samples', and silence. */
export const MOST_TIME = 2000;
export const MOST_MEMORY = 50;
const MOST_SILENCE = 60_000;
/** The silence in which samples are made, by programs that are compiled and trained: on a busy machine that takes longer. */
const MOST_PREPARATION = 300_000;

/** Mutations for one process. */
const BATCH = 5000;

/** Something that went wrong. */
export interface Finding {
  readonly number: number;
  readonly what: string;
  readonly input?: Found | undefined;
}

/** The outcomes of a kind. */
export interface Tally {
  readonly kind: string;
  accepted: number;
  refused: number;
  unchanged: number;
  slowest: number;
  /** The greatest growth in a process after it was warm, in megabytes. */
  growth: number;
  readonly findings: Finding[];
}

/** How a worker came to its end, and what it had told. */
interface Ended {
  /** The mutation that it began last and did not end. */
  readonly open: number | undefined;
  readonly next: number;
  readonly code: number | string | null;
}

const FLAGS = ["--max-old-space-size=1024", "--max-semi-space-size=2"];

/** Runs one worker. `ended` may stop it, by returning false. */
function employ(order: Order, told: (report: Report) => boolean): Promise<Ended> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(fileURLToPath(new URL("worker.js", import.meta.url)), { execArgv: FLAGS });
    let open: number | undefined;
    let next = order.from;
    let reason: string | undefined;
    let timer: NodeJS.Timeout;
    const stop = (why: string): void => {
      reason = why;
      child.kill("SIGKILL");
    };
    const listen = (patience: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => stop("it hangs"), patience);
    };
    child.on("message", (report: Report) => {
      listen(MOST_SILENCE);
      if (report.said === "begin") open = report.number;
      if (report.said === "end") [open, next] = [undefined, report.number + 1];
      if (!told(report)) stop("replaced");
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ open, next, code: reason ?? code ?? signal });
    });
    listen(MOST_PREPARATION);
    child.send(order);
  });
}

/** What one mutation takes in a process of its own. */
async function measured(kind: string, seed: number, number: number): Promise<Finding | undefined> {
  let cost: Cost | undefined;
  let input: Found | undefined;
  let outcome: Outcome | undefined;
  const { code } = await employ({ kind, seed, from: number, to: number + 1, measure: true }, (report) => {
    if (report.said === "end") ({ cost, input, outcome } = report);
    return true;
  });
  if (!cost) return { number, what: `the process ended: ${String(code)}` };
  if (cost.time > MOST_TIME) return { number, what: `it took ${Math.round(cost.time)} ms of processor time`, input };
  if (cost.memory > MOST_MEMORY) return { number, what: `it took ${Math.round(cost.memory)} MB`, input };
  return outcome?.kind === "fault" ? { number, what: outcome.what, input } : undefined;
}

/** Reads mutations [from, to) of a kind. */
export async function fuzz(kind: string, seed: number, from: number, to: number): Promise<Tally> {
  const tally: Tally = { kind, accepted: 0, refused: 0, unchanged: 0, slowest: 0, growth: 0, findings: [] };
  for (let at = from; at < to;) {
    let suspect: number | undefined;
    const order = { kind, seed, from: at, to: Math.min(to, at + BATCH), measure: false };
    const ended = await employ(order, (report) => {
      if (report.said === "done") tally.growth = Math.max(tally.growth, report.growth);
      if (report.said !== "end") return true;
      const { number, outcome, cost, input } = report;
      if (outcome.kind === "fault") tally.findings.push({ number, what: outcome.what, input });
      else tally[outcome.kind]++;
      // A busy machine and a full heap can look like it: what is suspected is measured alone.
      if (cost.time > MOST_TIME || cost.memory > MOST_MEMORY) suspect = number;
      else tally.slowest = Math.max(tally.slowest, cost.time);
      return suspect === undefined;
    });
    if (ended.code !== 0 && suspect === undefined) {
      if (ended.open === undefined) {
        tally.findings.push({ number: ended.next, what: `the worker ended by itself, with ${String(ended.code)}` });
        return tally;
      }
      suspect = ended.open;
    }
    if (suspect !== undefined) {
      const finding = await measured(kind, seed, suspect);
      if (finding) tally.findings.push(finding);
    }
    at = suspect === undefined ? ended.next : suspect + 1;
  }
  return tally;
}

/** What `selectron verify` does: it compiles s-ops and compares the model with the interpreter, in parts at once where there are cores. */
import { availableParallelism } from "node:os";
import { weightsChecksum } from "@selectron/core";
import {
  countCandidates,
  countInputs,
  encodeReport,
  mergeReports,
  verify,
  type CompiledModel,
  type Json,
  type ReportJson,
  type Shard,
  type SOp,
} from "@selectron/rasp";
import { compileSelection, type CompileSelection } from "./compile-options.js";
import type { Context } from "./context.js";
import { useFastKernels } from "./files/model-file.js";
import { howToVerify, type HowOptions } from "./how-to-verify.js";
import { statsJson } from "./text/describe-model.js";
import { withProgress } from "./text/progress.js";

/** A report with what the command adds to it. */
export type SavedReport = ReportJson & Readonly<Record<string, Json>>;

/** What is compiled, and the inputs that it is tried on. */
export interface VerifySelection extends CompileSelection, HowOptions {}

/** A report, and what it is of. */
export interface Verification {
  readonly report: SavedReport;
  readonly sops: Readonly<Record<string, SOp>>;
  readonly model: CompiledModel;
}

/** With fewer inputs a further thread takes longer to start than it saves. */
const LEAST_INPUTS = 20_000;

/** How many parts run at once: as many as are asked for, and otherwise as there are cores. */
function jobsFor({ exhaustive, runs, shard, vocab, maxLength }: VerifySelection, file: string, jobs?: number): number {
  if (shard || file === "-") return 1; // a part itself; standard input can be read once
  const inputs = exhaustive ? countInputs(vocab.length, maxLength) : (runs ?? 0);
  return jobs ?? (inputs < LEAST_INPUTS ? 1 : availableParallelism());
}

/** The one report of a run whose parts run at once. @throws as `verification` */
export async function verificationInParts(
  context: Context,
  file: string,
  options: VerifySelection,
  jobs?: number,
): Promise<Verification> {
  // How many inputs are promised is known after the compile only.
  if (options.promise === undefined) howToVerify(options);
  const { startThread } = context.io;
  const count = startThread ? jobsFor(options, file, jobs) : 1;
  if (count === 1) return verification(context, file, options);
  const shards = Array.from({ length: count }, (_, i): Shard => ({ index: i + 1, count }));
  // Each compiles the program anew: threads share nothing.
  const setup: PartSetup = { file, options: plain(options) };
  const others = shards.slice(1).map((shard) => {
    const { ask, stop } = startThread!({ kind: "verify", setup });
    return { report: ask(shard) as Promise<SavedReport | undefined>, stop };
  });
  try {
    const own = await verification(context, file, { ...options, shard: shards[0]! });
    const reports = [own.report];
    for (const [i, { report }] of others.entries()) {
      reports.push((await report) ?? compared(context, own, { ...options, shard: shards[i + 1]! }));
    }
    return { ...own, report: mergeReports(reports) };
  } finally {
    for (const { stop } of others) stop();
  }
}

/** What a thread is told of a verification of which it does parts. */
interface PartSetup {
  readonly file: string;
  readonly options: VerifySelection;
}

/** What a thread does of a verification: parts, each as `--shard i/n` is. */
export const verifier =
  (context: Context, { file, options }: PartSetup) =>
  async (shard: Shard): Promise<SavedReport> =>
    (await verification(context, file, { ...options, shard })).report;

/** What can be sent to a thread: a command's options may have more. */
function plain(options: VerifySelection): VerifySelection {
  const { sop, vocab, maxLength, causal, precision, promise, mark, exhaustive, runs, seed } = options;
  const given = Object.entries({ sop, vocab, maxLength, causal, precision, promise, mark, exhaustive, runs, seed });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as unknown as VerifySelection;
}

/** The report of one run, or of one shard. @throws RaspError, UsageError */
export async function verification(context: Context, file: string, options: VerifySelection): Promise<Verification> {
  if (options.promise === undefined) howToVerify(options);
  const { sops, model } = compileSelection(context, file, options);
  await useFastKernels();
  const report = compared(context, { sops, model }, options);
  return { report, sops, model };
}

function compared(
  context: Context,
  { sops, model }: Pick<Verification, "sops" | "model">,
  options: VerifySelection,
): SavedReport {
  const how = options.promise === undefined ? howToVerify(options) : howToVerify(options, countCandidates(model));
  const verified = withProgress(context, options, (report) =>
    verify(sops, model, how, (done, total) => report("comparing", done, total)),
  );
  const { precision } = model.card;
  return {
    sop: options.sop,
    ...encodeReport(verified),
    ...(precision === "float32" ? {} : { precision }),
    // Shards of one program that other versions compiled may be of another model.
    weights: weightsChecksum(model.model.parameters()),
    stats: statsJson(model),
  };
}

/** Threads that decompile one model together, as `Team` says. */
import { availableParallelism } from "node:os";
import type { Context } from "../context.js";
import { useFastKernels } from "../files/model-file.js";
import { answersMemory, SharedAnswers } from "../process/shared-answers.js";
import { readJob, type Companions, type Job } from "./job.js";
import { readWeights } from "./weights.js";

/** What a thread is told: the arguments of the command, and where answers are given. */
export interface TeamSetup {
  readonly given: string;
  readonly path: string;
  readonly companions: Companions;
  readonly seed: number;
  readonly interventions: boolean;
  readonly memory: SharedArrayBuffer;
  readonly own: number;
}

/** Decompiles as the command does, for the answers that it gives. The command tells of errors, which it meets itself. */
export async function teamMember(
  context: Context,
  { given, path, companions, seed, interventions, memory, own }: TeamSetup,
): Promise<() => undefined> {
  await useFastKernels();
  const answers = new SharedAnswers(memory, own);
  const { hear: progress } = answers;
  try {
    const { run } = readJob(context, given, path, readWeights(context, path), companions);
    run({ seed, interventions, progress, clock: { expired: () => (answers.hear(), false) }, team: answers });
  } catch {
    answers.fail();
  }
  return () => undefined;
}

type Work = Omit<TeamSetup, "memory" | "own">;

/** How many threads there are by default at most: each has the model, the data and what is known of them, some hundred megabytes. */
const MOST_BY_DEFAULT = 8;

/** Calls what decompiles, with other threads where the job has use of them, and ends these. @param jobs - with the command's own thread */
export function together<T>(
  context: Context,
  job: Job,
  work: Work,
  jobs: number | undefined,
  decompile: (team?: SharedAnswers) => T,
): T {
  const { startThread } = context.io;
  const count = startThread && job.isShared ? (jobs ?? Math.min(MOST_BY_DEFAULT, availableParallelism())) : 1;
  if (count === 1) return decompile();
  const memory = answersMemory();
  const threads = Array.from({ length: count - 1 }, (_, i) => {
    const setup: TeamSetup = { ...work, memory, own: i + 1 };
    return startThread!({ kind: "decompile", setup });
  });
  try {
    return decompile(new SharedAnswers(memory, 0));
  } finally {
    for (const { stop } of threads) stop();
  }
}

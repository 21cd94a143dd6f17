/** What every step of a decompilation is given. */
import type { Clock } from "../common/clock.js";
import type { Progress } from "../common/search-options.js";
import type { Observed } from "./data/observe.js";
import type { Task } from "./data/task.js";
import type { Memo } from "./memo.js";
import type { Team } from "./team.js";

/** The task, the sequences, and how much time there is. */
export interface Run {
  readonly task: Task;
  /** The sequences that programs are fitted to. */
  readonly tune: readonly Observed[];
  /** The sequences that programs are chosen on. */
  readonly select: readonly Observed[];
  readonly progress: Progress;
  readonly clock: Clock;
  readonly memo?: Memo | undefined;
  readonly team?: Team | undefined;
}

/** Reading heads and searching end after this share of the time; the rest is for interventions and the report. */
export const SEARCH_SHARE = 0.65;

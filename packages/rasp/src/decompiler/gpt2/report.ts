/** The options and the report of a decompilation. */
import type { Operation, ProgramReport } from "../common/report.js";
import type { SearchOptions } from "../common/search-options.js";
import type { Observed } from "./data/observe.js";
import type { Sequence } from "./data/sequences.js";
import { nearestHead, type HeadReading } from "./heads/head-reading.js";
import type { Interventions } from "./interventions/report.js";
import type { Memo } from "./memo.js";
import type { Team } from "./team.js";
import { isNamed, type Variable } from "./variables/variable.js";

/** The options of `decompile`. */
export interface DecompileOptions extends SearchOptions {
  /** Sequences for the report alone; by default a part of the data. */
  readonly fresh?: readonly Sequence[];
  /** Whether to cut the model's parts even if a program is found. */
  readonly interventions?: boolean;
  /** Where fits are kept, so that an interrupted search can continue. */
  readonly memo?: Memo;
  /** Other threads that decompile the same model with the same options; none by default. */
  readonly team?: Team;
}

/** The report on the best program of a GPT-2-style model. */
export interface Decompiled extends ProgramReport {
  /** How the best program was found: from the smallest program upwards, or from the pruned model. */
  readonly method?: "search" | "pruned model";
  /** What the model's decisions depend on; present if there is no program, or if it was asked for. */
  readonly interventions?: Interventions;
}

/** A variable as the operation that makes it; none for tokens and positions. */
export function operationsOf(
  variable: Variable,
  readings: readonly HeadReading[],
  observed: readonly Observed[],
): Operation[] {
  const { pattern, function: name } = variable;
  if (name !== undefined) return [{ key: name, kind: "named" }];
  if (!pattern) return [];
  const nearest = nearestHead(readings, pattern, observed);
  return [{ key: pattern.key, kind: isNamed(variable) ? "named" : "tabular", ...(nearest ? { nearest } : {}) }];
}

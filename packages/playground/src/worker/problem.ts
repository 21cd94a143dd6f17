/** What all questions and replies have in common: places, problems, progress. */

/** A half-open range of UTF-16 offsets in the program. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** An error or a warning in the program, or an error of the input. */
export interface Problem {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Absent where no place in the program is to blame. */
  readonly range?: Range;
  readonly suggestion?: string;
  /** The suggestion as an edit. */
  readonly fix?: Range & { readonly text: string };
  readonly notes: readonly string[];
}

/** How far long work is. */
export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly stage: string;
}

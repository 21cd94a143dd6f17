/**
 * What the page and its workers say to each other. Everything here is plain data that `postMessage` copies: nodes of the graph stay in
 * the worker and are named by their ids.
 */
import type { Problem, Progress, Range } from "./problem.js";
import type { ModelQuestion, ModelReply } from "./model-protocol.js";
import type { TrainingQuestion, TrainingReply } from "./training-protocol.js";
import type { PuzzleCheck, PuzzleVerdict } from "../puzzles/puzzle.js";

/** A name that the program can use, as completion and hovering show it. */
export interface KnownName {
  readonly name: string;
  readonly kind: string;
  readonly isLibrary: boolean;
  /** A function's parameters. */
  readonly parameters?: readonly string[];
  /** What the name is on the input, on one line. */
  readonly value?: string;
}

/** An s-op's values with its name. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly values: readonly string[];
  /** Where the program wrote it; absent for the library's and the language's own. */
  readonly range?: Range;
}

/** A selector in a layer. */
export interface HeadPicture {
  readonly id: number;
  readonly name: string;
  readonly text: string;
  /** The line of the program, 0 for the library. */
  readonly line: number;
  readonly range?: Range;
  readonly isLibrary: boolean;
  /** [query][key], 1 where selected. */
  readonly matrix: readonly Uint8Array[];
  readonly keys: readonly Row[];
  readonly queries: readonly Row[];
  readonly uses: readonly { readonly value: Row; readonly result: Row }[];
}

/** An elementwise s-op; one without a name is shown where a head reads it. */
export interface StepPicture extends Row {
  readonly text: string;
  readonly line: number;
  readonly isNamed: boolean;
}

/** One layer, as it is drawn; layer 0 needs no attention. */
export interface LayerPicture {
  readonly number: number;
  readonly heads: readonly HeadPicture[];
  readonly steps: readonly StepPicture[];
}

/** A computation on the input. */
export interface Picture {
  readonly kind: "s-op" | "selector";
  readonly name: string;
  readonly input: readonly string[];
  /** Of a selector none. */
  readonly result?: Row;
  readonly layers: readonly LayerPicture[];
  readonly headsPerLayer: readonly number[];
  /** What the loops of the program did on the input; of their bodies one step is drawn. */
  readonly loops: readonly {
    readonly text: string;
    readonly steps: number;
    readonly limit: number;
    /** The step that is drawn, from 0; absent where it cannot be chosen. */
    readonly shown?: number;
    /** The states before the first step and after each. */
    readonly moments: readonly { readonly name: string; readonly values: readonly string[] }[];
  }[];
  /** Ways to save heads. */
  readonly advice: readonly { readonly message: string; readonly line: number; readonly range?: Range }[];
}

/** A program to run on an input, and where the cursor is. */
export interface RunQuestion {
  readonly kind: "run";
  readonly program: string;
  readonly input: string;
  readonly cursor: number;
  /** The name to draw; what the cursor is at if absent. */
  readonly target?: string;
  /** The step of loops to draw, from 0; the first if absent. */
  readonly step?: number;
}

/** What came of it. */
export interface RunReply {
  readonly kind: "run";
  readonly problems: readonly Problem[];
  readonly names: readonly KnownName[];
  /** The names of s-ops and selectors that can be drawn, in the program's order. */
  readonly targets: readonly string[];
  /** Absent where nothing has run, or it has no value on this input. */
  readonly picture?: Picture;
  /** Why there is no picture, where that is no problem of the program. */
  readonly noPicture?: string;
  /** The tokens of the input. */
  readonly tokens: readonly string[];
}

/** Why a cell of the last picture is as it is, or how a value came about. */
export type WhyQuestion =
  | { readonly kind: "why"; readonly of: "cell"; readonly node: number; readonly query: number; readonly key: number }
  | { readonly kind: "why"; readonly of: "value"; readonly node: number; readonly position: number };

/** One thing that was read: an s-op at a position. */
export interface Reading {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  readonly value: string;
  readonly range?: Range;
  /** Whether it can be asked about further. */
  readonly isOpen: boolean;
}

/** A comparison of a selector, in a cell. */
export type CellReason =
  | {
      readonly kind: "select";
      readonly holds: boolean;
      readonly op: string;
      readonly key: Reading;
      readonly query: Reading;
    }
  | { readonly kind: "not" | "and" | "or"; readonly holds: boolean; readonly parts: readonly CellReason[] }
  | {
      readonly kind: "best";
      readonly holds: boolean;
      readonly score: Reading;
      readonly best?: Reading;
      readonly parts: readonly CellReason[];
    };

/** How a value came about. */
export type ValueReason =
  | { readonly kind: "tokens" | "indices" | "constant" | "state" | "loop" | "other" }
  | {
      readonly kind: "map";
      readonly fn: string;
      readonly args: readonly Reading[];
      /** Of a ternary: which of the last two arguments was taken. */
      readonly taken?: 1 | 2;
    }
  | {
      readonly kind: "aggregate";
      readonly selector: { readonly id: number; readonly name: string };
      readonly selected: readonly number[];
      readonly values: readonly Reading[];
      readonly isDefault: boolean;
    };

/** The answer to why. */
export type WhyReply =
  | { readonly kind: "why"; readonly of: "cell"; readonly reason: CellReason; readonly range?: Range }
  | { readonly kind: "why"; readonly of: "value"; readonly at: Reading; readonly reason: ValueReason }
  /** The picture that was asked about is gone. */
  | { readonly kind: "why"; readonly of: "nothing" };

/** All that the page asks. */
export type Question = RunQuestion | WhyQuestion | ModelQuestion | TrainingQuestion | PuzzleCheck;
/** All that a worker answers; an error is one that nobody foresaw. */
export type Reply =
  | RunReply
  | WhyReply
  | ModelReply
  | TrainingReply
  | PuzzleVerdict
  | { readonly kind: "failed"; readonly message: string };

/** A question with its number; the reply has the same. `progress` may come before it. */
export interface Asked {
  readonly number: number;
  readonly question: Question;
}
export type Answered =
  { readonly number: number; readonly reply: Reply } | { readonly number: number; readonly progress: Progress };

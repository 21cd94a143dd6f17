/** What the page asks about training. A training runs in pieces that the page asks for, so that it pauses where nothing is asked. */
import type { Renamed } from "@selectron/rasp/decompile";
import type { CompileQuestion } from "./model-protocol.js";
import type { Problem } from "./problem.js";

/** Begins anew. */
export interface TrainQuestion extends Pick<
  CompileQuestion,
  "program" | "input" | "cursor" | "target" | "vocabulary" | "maxLength"
> {
  readonly kind: "train";
  /** Whether heads are also shown what the program's selectors select. */
  readonly supervise: boolean;
}

/** What is trained. */
export interface TrainReply {
  readonly kind: "train";
  readonly problem?: Problem;
  readonly training?: {
    readonly name: string;
    readonly layers: number;
    readonly heads: number;
    readonly parameters: number;
    readonly classes: number;
    readonly steps: number;
    /** Whether the program has loops, whose heads are neither taught nor shown. */
    readonly hasLoops: boolean;
  };
}

/** Goes on for about this many milliseconds. */
export interface TrainMoreQuestion {
  readonly kind: "train-more";
  readonly milliseconds: number;
  /** For the learned heads beside the selectors. */
  readonly input: string;
}

/** A head of the program, and the learned head that is most like it. */
export interface LearnedPair {
  readonly selector: string;
  readonly layer: number;
  readonly learned: number;
  /** The weight that it puts on what is selected, 0 to 1. */
  readonly agreement: number;
  /** [query][key] */
  readonly selected: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

export interface TrainMoreReply {
  readonly kind: "train-more";
  /** Steps done. */
  readonly step: number;
  readonly isDone: boolean;
  /** Of each step since the last reply. */
  readonly losses: readonly number[];
  /** Of positions on fresh inputs, 0 to 1. */
  readonly accuracy: number;
  readonly tokens: readonly string[];
  /** None where the input has other tokens, or is too long. */
  readonly answers: readonly string[];
  readonly wanted: readonly string[];
  readonly heads: readonly LearnedPair[];
  readonly problem?: Problem;
}

/** The trained encoder as a file. */
export interface TrainedQuestion {
  readonly kind: "trained";
}
export interface TrainedReply {
  readonly kind: "trained";
  readonly name: string;
  readonly bytes?: Uint8Array;
}

/** Looks for the program that an encoder has learnt. */
export interface DecompileQuestion {
  readonly kind: "decompile";
  readonly bytes: Uint8Array;
  /** Milliseconds after which the search ends with the best that it has. */
  readonly budget: number;
}
export interface DecompileReply {
  readonly kind: "decompile";
  /** The program; absent if there is none that matches. */
  readonly source?: string;
  readonly refusal?: string;
  /** The share of fresh inputs on which the best program decides as the model does. */
  readonly match: number;
  readonly best: string;
  /** Tokens that no string of RASP can have, and what the program calls them. */
  readonly renamed: readonly Renamed[];
}

export type TrainingQuestion = TrainQuestion | TrainMoreQuestion | TrainedQuestion | DecompileQuestion;
export type TrainingReply = TrainReply | TrainMoreReply | TrainedReply | DecompileReply;

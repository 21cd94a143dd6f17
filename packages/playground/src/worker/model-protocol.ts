/** What the page asks about models, and the answers. Matrices are flat, row by row. */
import type { Problem } from "./problem.js";

/** Compiles a program's s-op: `target`, or what the cursor is at. The model is kept for the questions after it. */
export interface CompileQuestion {
  readonly kind: "compile";
  readonly program: string;
  readonly input: string;
  readonly cursor: number;
  readonly target?: string;
  /** The tokens that the model takes, written as inputs are. */
  readonly vocabulary: string;
  readonly maxLength: number;
  readonly causal: boolean;
}

/** Opens a model's file, which takes the place of the one before. */
export interface OpenQuestion {
  readonly kind: "open";
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The text of the configuration beside a model with GPT-2's names. */
  readonly config?: string;
  /** The program, with which a model that was compiled from it can be looked into by name. */
  readonly program: string;
}

/** A model in figures and words. */
export interface ModelSummary {
  readonly name: string;
  readonly vocabulary: readonly string[];
  readonly maxLength: number;
  readonly causal: boolean;
  readonly layers: number;
  readonly headsPerLayer: readonly number[];
  readonly dModel: number;
  readonly dFf: number;
  readonly parameters: number;
  /** Of a compiled model. */
  readonly nonZeros?: number;
  /** Of a compiled model. */
  readonly certificate?: {
    readonly proved: boolean;
    readonly from: number;
    readonly to: number;
    readonly margin: number;
    readonly where: string;
    readonly provedWithin?: number;
    readonly provedUpTo?: number;
  };
  readonly warnings: readonly Problem[];
  readonly notes: readonly string[];
  /** Whether it can be looked into by the names of a program. */
  readonly hasProgram: boolean;
  /** Of a model whose tokens are ids: how many there are. */
  readonly ids?: number;
}

/** The model, or why there is none. */
export interface ReplyWithModel<K extends "compile" | "open"> {
  readonly kind: K;
  readonly model?: ModelSummary;
  readonly problem?: Problem;
}
export type CompileReply = ReplyWithModel<"compile">;
export type OpenReply = ReplyWithModel<"open">;

/** An s-op that takes another of its values at one position. */
export interface ValuePatch {
  readonly sop: string;
  readonly position: number;
  /** Its place in `choices`. */
  readonly choice: number;
}

/** Runs the model on an input, with patches. */
export interface LookQuestion {
  readonly kind: "look";
  readonly input: string;
  readonly patches: readonly ValuePatch[];
}

/** A head's pattern, and the selector of the program that it computes on this input. */
export interface HeadLook {
  readonly layer: number;
  readonly head: number;
  readonly label: string;
  /** [query][key] */
  readonly pattern: Float32Array;
  /** Whether the pattern has BOS, before the input: of a compiled model. */
  readonly hasBos: boolean;
  readonly selector?: { readonly name: string; readonly matrix: readonly Uint8Array[] };
  /** Whether BOS outweighs what is selected, so that the share of BOS tells the number. */
  readonly counts: boolean;
}

export interface StagePlace {
  readonly layer: number;
  readonly sublayer: "embedding" | "attention" | "feed-forward";
}

/** The residual stream after a sublayer. */
export interface Stage extends StagePlace {
  /** [position][coordinate], BOS first. */
  readonly values: Float32Array;
}

/** An s-op in the residual stream, where it appears. */
export interface TracedRow extends StagePlace {
  readonly name: string;
  readonly decoded: readonly string[];
  readonly agrees: boolean;
  /** The values that it can be given; none if it has no coordinates of its own. */
  readonly choices: readonly string[];
}

export interface LookReply {
  readonly kind: "look";
  /** Why there is nothing to see: a token that the model does not know, an input that is too long. */
  readonly problem?: Problem;
  readonly tokens: readonly string[];
  /** What the program says, with the same patches; absent for a model without its program. */
  readonly program?: readonly string[];
  readonly model: readonly string[];
  readonly heads: readonly HeadLook[];
  readonly stages: readonly Stage[];
  /** What each coordinate holds. */
  readonly labels: readonly string[];
  readonly rows: readonly TracedRow[];
}

/** How one number of the residual stream, or a hidden unit, came about. */
export interface NumberQuestion {
  readonly kind: "number";
  /** The stage, from 0. */
  readonly stage: number;
  /** 0 is BOS. */
  readonly position: number;
  readonly coordinate: number;
  /** A hidden unit of the stage, instead of the coordinate. */
  readonly unit?: number;
}

/** One product of the sum. */
export interface Term {
  readonly what: string;
  readonly value: number;
  readonly weight: number;
  readonly product: number;
  /** A hidden unit that can be asked about. */
  readonly unit?: number;
}

export interface NumberReply {
  readonly kind: "number";
  readonly of: "embedding" | "attention" | "feed-forward" | "unit" | "nothing";
  /** What was there before the sublayer; 0 for the embedding and for hidden units. */
  readonly before: number;
  readonly terms: readonly Term[];
  /** The sum of the terms that are left out, which are smaller. */
  readonly rest: number;
  readonly bias: number;
  readonly after: number;
}

/** A file to keep: the model, or a picture of the computation. */
export interface FileQuestion {
  readonly kind: "file";
  readonly format: "safetensors" | "onnx" | "svg";
  /** For the picture. */
  readonly program: string;
  readonly input: string;
  readonly cursor: number;
  readonly target?: string;
}

export interface FileReply {
  readonly kind: "file";
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly problem?: Problem;
}

export type ModelQuestion = CompileQuestion | OpenQuestion | LookQuestion | NumberQuestion | FileQuestion;
export type ModelReply = CompileReply | OpenReply | LookReply | NumberReply | FileReply;

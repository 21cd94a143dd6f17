/**
 * The exports as the kernels call them: arguments by name, and attention for any number of heads at once. The order of the
 * arguments is written down here, for calls on this thread and for those that threads share.
 *
 * A product gets its arguments one by one, not in a block of memory as attention gets its setup: to write 17 words and to
 * read them again takes 15 to 40 ns, 3 to 6 % of a product of 16³. An object of names still takes 10 to 20 ns (Node 20), so
 * the kernel for whole products calls the export itself.
 */
import type { AttentionPattern } from "@selectron/core";
import type { WasmExports } from "./exports.js";

/** What a product is called with (assembly/matmul.ts). Addresses and strides are in bytes. */
export interface MatmulArguments {
  readonly a: number;
  readonly aRow: number;
  readonly aColumn: number;
  readonly b: number;
  readonly bRow: number;
  readonly bColumn: number;
  readonly bias: number;
  readonly biasRow: number;
  readonly c: number;
  readonly cRow: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly alpha: number;
  /** The number of an operation, or −1. */
  readonly activation: number;
  /** Rows i0 to i1 − 1 are computed. */
  readonly i0: number;
  readonly i1: number;
  readonly workspace: number;
}

/** The arguments of `attention` (assembly/attention.ts): addresses, and the queries to compute. */
export interface AttentionArguments {
  readonly setup: number;
  readonly query: number;
  readonly key: number;
  readonly value: number;
  readonly out: number;
  readonly bias: number;
  readonly logSums: number;
  readonly i0: number;
  readonly i1: number;
  readonly workspace: number;
}

/** The arguments of `attentionBackward` (assembly/attention-backward.ts): addresses. */
export interface AttentionBackwardArguments extends Omit<AttentionArguments, "i0" | "i1"> {
  readonly outGradient: number;
  readonly queryGradient: number;
  readonly keyGradient: number;
  readonly valueGradient: number;
}

type Values<Name extends "matmul" | "attention" | "attentionBackward"> = Parameters<WasmExports[Name]>;

/** Calls `matmul`. */
export function callMatmul(wasm: Pick<WasmExports, "matmul">, call: MatmulArguments): void {
  wasm.matmul(
    call.a,
    call.aRow,
    call.aColumn,
    call.b,
    call.bRow,
    call.bColumn,
    call.bias,
    call.biasRow,
    call.c,
    call.cRow,
    call.m,
    call.k,
    call.n,
    call.alpha,
    call.activation,
    call.i0,
    call.i1,
    call.workspace,
  );
}

/** Turns a product that takes its arguments by name into one that takes them in order. */
export const byName =
  (run: (call: MatmulArguments) => void): WasmExports["matmul"] =>
  (a, aRow, aColumn, b, bRow, bColumn, bias, biasRow, c, cRow, m, k, n, alpha, activation, i0, i1, workspace) => {
    run({ a, aRow, aColumn, b, bRow, bColumn, bias, biasRow, c, cRow, m, k, n, alpha, activation, i0, i1, workspace });
  };

/** The arguments of a product, in order. */
export function matmulValues(call: MatmulArguments): Values<"matmul"> {
  let values: Values<"matmul"> | undefined;
  callMatmul({ matmul: (...all) => void (values = all) }, call);
  return values!;
}

/** The arguments of attention, in order. */
export const attentionValues = (call: AttentionArguments): Values<"attention"> => {
  const { setup, query, key, value, out, bias, logSums, i0, i1, workspace } = call;
  return [setup, query, key, value, out, bias, logSums, i0, i1, workspace];
};

/** The arguments of the gradients of attention, in order. */
export const attentionBackwardValues = (call: AttentionBackwardArguments): Values<"attentionBackward"> => {
  const { setup, query, key, value, out, bias, logSums, workspace } = call;
  const { outGradient, queryGradient, keyGradient, valueGradient } = call;
  const gradients = [outGradient, queryGradient, keyGradient, valueGradient] as const;
  return [setup, query, key, value, out, bias, logSums, ...gradients, workspace];
};

/** Heads of one batch row: their calls, and the pattern that they have in common. */
export type Heads<Call> = (calls: readonly Call[], pattern: AttentionPattern) => void;

export interface WasmCalls extends Omit<WasmExports, "attention" | "attentionBackward"> {
  readonly attentionHeads: Heads<AttentionArguments>;
  readonly attentionBackwardHeads: Heads<AttentionBackwardArguments>;
}

/** The calls on one thread, one head after the other. */
export const wasmCalls = (wasm: WasmExports): WasmCalls => ({
  ...wasm,
  attentionHeads: (calls) => {
    for (const call of calls) wasm.attention(...attentionValues(call));
  },
  attentionBackwardHeads: (calls) => {
    for (const call of calls) wasm.attentionBackward(...attentionBackwardValues(call));
  },
});

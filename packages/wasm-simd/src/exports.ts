/** What the binary exports; the documentation stands in assembly/. Addresses and strides are bytes, lengths elements. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  matmulWorkspace(m: number, k: number, n: number): number;
  // prettier-ignore
  matmul(
    a: number, aRow: number, aColumn: number, b: number, bRow: number, bColumn: number, bias: number, biasRow: number,
    c: number, cRow: number, m: number, k: number, n: number, alpha: number, activation: number, i0: number, i1: number,
    workspace: number,
  ): void;
  unary(operation: number, x: number, out: number, length: number): void;
  unaryBackward(operation: number, x: number, gradient: number, out: number, length: number): void;
  binary(operation: number, a: number, b: number, out: number, length: number): void;
  softmaxRows(x: number, out: number, rows: number, columns: number): void;
  logSoftmaxRows(x: number, out: number, rows: number, columns: number): void;
  sumRows(x: number, out: number, rows: number, columns: number): void;
  sumColumns(x: number, out: number, rows: number, columns: number): void;
  maxRows(x: number, out: number, rows: number, columns: number, smallest: number): void;
  // prettier-ignore
  layerNormRows(
    x: number, gain: number, bias: number, out: number, rows: number, columns: number, epsilon: number,
  ): void;
  // prettier-ignore
  layerNormRowsBackward(
    x: number, gain: number, outGradient: number, xGradient: number, gainGradient: number, biasGradient: number,
    rows: number, columns: number, epsilon: number,
  ): void;
  // prettier-ignore
  crossEntropyRows(
    logits: number, targets: number, losses: number, gradient: number, scale: number, rows: number, columns: number,
    workspace: number,
  ): void;
  // prettier-ignore
  adamStep(
    parameter: number, firstMoment: number, secondMoment: number, gradient: number, length: number, rate: number,
    beta1: number, beta2: number, rest1: number, rest2: number, epsilon: number, correction2: number, decay: number,
  ): void;
  attentionWorkspace(queries: number, keys: number, width: number, valueWidth: number): number;
  // prettier-ignore
  attention(
    query: number, queryRow: number, key: number, keyRow: number, value: number, valueRow: number, out: number,
    outRow: number, bias: number, biasRow: number, hidden: number, blocks: number, blockSize: number, logSums: number,
    queries: number, keys: number, width: number, valueWidth: number, before: number, after: number, factor: number,
    i0: number, i1: number, workspace: number,
  ): void;
  attentionBackwardWorkspace(queries: number, keys: number, width: number, valueWidth: number): number;
  // prettier-ignore
  attentionBackward(
    query: number, queryRow: number, key: number, keyRow: number, value: number, valueRow: number, out: number,
    outRow: number, bias: number, biasRow: number, hidden: number, blocks: number, blockSize: number, logSums: number,
    queries: number, keys: number, width: number, valueWidth: number, before: number, after: number, factor: number,
    outGradient: number, outGradientRow: number, queryGradient: number, queryGradientRow: number, keyGradient: number,
    keyGradientRow: number, valueGradient: number, valueGradientRow: number, workspace: number,
  ): void;
  // prettier-ignore
  attentionOver(
    query: number, queryRow: number, key: number, keyRow: number, value: number, valueRow: number, out: number,
    outRow: number, starts: number, listed: number, hidden: number, weights: number, factors: number, queries: number,
    width: number, valueWidth: number, factor: number,
  ): void;
  // prettier-ignore
  attentionOverBackward(
    query: number, queryRow: number, key: number, keyRow: number, value: number, valueRow: number, outGradient: number,
    outGradientRow: number, queryGradient: number, queryGradientRow: number, keyGradient: number,
    keyGradientRow: number, valueGradient: number, valueGradientRow: number, starts: number, listed: number,
    weights: number, factors: number, slopes: number, queries: number, keys: number, width: number, valueWidth: number,
    factor: number,
  ): void;
}

/** The exports as the kernels call them: attention for any number of heads at once, a list of arguments for each. */
export interface WasmCalls extends WasmExports {
  attentionHeads(calls: readonly Parameters<WasmExports["attention"]>[]): void;
  attentionBackwardHeads(calls: readonly Parameters<WasmExports["attentionBackward"]>[]): void;
}

/** One head after the other. */
export const wasmCalls = (wasm: WasmExports): WasmCalls => ({
  ...wasm,
  attentionHeads: (calls) => {
    for (const call of calls) wasm.attention(...call);
  },
  attentionBackwardHeads: (calls) => {
    for (const call of calls) wasm.attentionBackward(...call);
  },
});

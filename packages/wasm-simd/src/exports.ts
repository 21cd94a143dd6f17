/**
 * What the binaries export; the documentation is in assembly/. Addresses and strides are in bytes, lengths in elements.
 * `setup` is the address of a block of words that abi.ts names.
 */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  leftRange(): number;
  matmulWorkspace(m: number, k: number, n: number): number;
  matmul(
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    bias: number,
    biasRow: number,
    c: number,
    cRow: number,
    m: number,
    k: number,
    n: number,
    alpha: number,
    activation: number,
    i0: number,
    i1: number,
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
  layerNormRows(
    x: number,
    gain: number,
    bias: number,
    out: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
  layerNormRowsBackward(
    x: number,
    gain: number,
    outGradient: number,
    xGradient: number,
    gainGradient: number,
    biasGradient: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
  crossEntropyRows(
    logits: number,
    targets: number,
    losses: number,
    gradient: number,
    factor: number,
    rows: number,
    columns: number,
    workspace: number,
  ): void;
  adamStep(
    parameter: number,
    firstMoment: number,
    secondMoment: number,
    gradient: number,
    length: number,
    rate: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
    epsilon: number,
    decay: number,
    most: number,
  ): void;
  attentionWorkspace(queries: number, keys: number, width: number, valueWidth: number): number;
  attention(
    setup: number,
    query: number,
    key: number,
    value: number,
    out: number,
    bias: number,
    logSums: number,
    i0: number,
    i1: number,
    workspace: number,
  ): void;
  attentionBackwardWorkspace(queries: number, keys: number, width: number, valueWidth: number): number;
  attentionBackward(
    setup: number,
    query: number,
    key: number,
    value: number,
    out: number,
    bias: number,
    logSums: number,
    outGradient: number,
    queryGradient: number,
    keyGradient: number,
    valueGradient: number,
    workspace: number,
  ): void;
  attentionOver(
    setup: number,
    query: number,
    key: number,
    value: number,
    out: number,
    weights: number,
    factors: number,
  ): void;
  attentionOverBackward(
    setup: number,
    query: number,
    key: number,
    value: number,
    weights: number,
    factors: number,
    slopes: number,
    outGradient: number,
    queryGradient: number,
    keyGradient: number,
    valueGradient: number,
  ): void;
}

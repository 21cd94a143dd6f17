/** What every binary exports. */
export { attention, attentionWorkspace } from "./attention";
export { attentionBackward, attentionBackwardWorkspace } from "./attention-backward";
export { attentionOver, attentionOverBackward } from "./attention-over";
export { adamStep, binary, unary, unaryBackward } from "./elementwise";
export { matmul, matmulWorkspace } from "./matmul";
export { layerNormRows, layerNormRowsBackward } from "./layer-norm";
export { leftRange } from "./range";
export { maxRows, sumColumns, sumRows } from "./reductions";
export { crossEntropyRows, logSoftmaxRows, softmaxRows } from "./softmax";

/** The first byte of linear memory that is free for operands: all below is used by the binary itself. */
export function heapBase(): usize {
  return __heap_base;
}

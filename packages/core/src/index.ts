/** The public surface of @selectron/core. */
export * as checks from "./checks.js";
export { elementsOf, storageOf, type Elements } from "./elements.js";
export { asBytes, type FileBytes } from "./files/bytes.js";
export { checksumNotes, verifyChecksum, weightsChecksum, withChecksum } from "./files/checksum.js";
export { arange, eye, full, ones, randn, tensor, uniform, zeros } from "./create.js";
export { ChecksumError, SafetensorsError, ShapeError } from "./errors.js";
export { exp as exactExp, leastPowerOfTwo, log as exactLog } from "./exact-functions.js";
export { addLeaseFinder, Lease, removeLeaseFinder, type Heir, type LeaseFinder } from "./lease.js";
export { LARGEST_FLOAT } from "./float.js";
export type { NestedArray } from "./format.js";
export type {
  Activation,
  AdamCall,
  AttentionBackwardCall,
  AttentionOverBackwardCall,
  AttentionOverCall,
  AttentionOverPattern,
  AttentionBlocks,
  AttentionCall,
  AttentionPattern,
  AttentionSizes,
  BinaryOperation,
  CrossEntropyCall,
  HeadsView,
  Kernels,
  LayerNormBackwardCall,
  MatmulCall,
  MatrixView,
  RowReduction,
  UnaryOperation,
} from "./kernels/kernels.js";
export { attention, type AttentionOptions } from "./ops/attention.js";
export { attentionOver, type KeyLists, type AttentionOverOptions } from "./ops/attention-over.js";
export { crossEntropy, type CrossEntropyOptions } from "./ops/cross-entropy.js";
export { where } from "./ops/elementwise.js";
export type { MatmulOptions } from "./ops/matmul.js";
export { concat, stack } from "./ops/movement.js";
export { toeplitzProduct } from "./ops/toeplitz.js";
export { cos, sin } from "./ops/trigonometry.js";
export { jsonOf, jsonText, printable, readable, shortened, visible, visibleJson } from "./printable.js";
export { roundAllTo, roundTo, SIGNIFICANT_BITS, significantBits, type Precision } from "./precision.js";
export { Rng } from "./random.js";
export { lowPrecisionKernels } from "./reference/low-precision.js";
export { referenceKernels } from "./reference/reference.js";
export { allocate, getKernels, inPrecision, scope, setKernels } from "./registry.js";
export { otherFormat } from "./files/other-formats.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsOptions,
  type TensorHeader,
} from "./files/safetensors.js";
export type { FileSource } from "./files/source.js";
export { decodeUtf8, encodeUtf8 } from "./files/utf8.js";
export type { Shape } from "./shape.js";
export { keep, runInScope } from "./survivors.js";
export { withFixedWeights } from "./ops/fixed-weights.js";
export { noGrad, type Backward, type Layout, type TapeEntry } from "./tape.js";
export { Tensor, type Operand, type TensorOptions } from "./tensor.js";

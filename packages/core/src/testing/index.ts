/** The public surface of @selectron/core/testing. */
export { checkAttention, checkAttentionBackward } from "./attention.js";
export { kernelConformance } from "./conformance.js";
export { gradcheck, type GradcheckOptions } from "./gradcheck.js";
export { checkLayerNorm } from "./layer-norm.js";
export { checkMatmul } from "./matmul.js";
export type { ConformanceCase } from "./support.js";

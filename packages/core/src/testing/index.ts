/** @selectron/core/testing: what a new backend proves itself with. */
export { checkMatmul, kernelConformance, type ConformanceCase } from "./conformance.js";

/**
 * The suite that every `Kernels` backend must pass, as named cases without a test framework: `run` throws an Error with
 * the offending values if the backend is wrong. Expected values come from plain float64 loops beside the cases, and
 * each tolerance bounds the error of float32 arithmetic, so that no backend is the measure of another.
 */
import type { Kernels } from "../kernels/kernels.js";
import { attentionCases } from "./attention.js";
import { attentionOverCases } from "./attention-over.js";
import { attentionRangeCases } from "./attention-range.js";
import { elementwiseCases } from "./elementwise.js";
import { layerNormCases } from "./layer-norm.js";
import { matmulCases } from "./matmul.js";
import { reductionCases, softmaxCases } from "./rows.js";
import type { ConformanceCase } from "./support.js";
import { trainingCases } from "./training.js";

/** All checks of a backend. */
export function kernelConformance(kernels: Kernels): ConformanceCase[] {
  return [
    matmulCases,
    elementwiseCases,
    softmaxCases,
    layerNormCases,
    reductionCases,
    attentionCases,
    attentionOverCases,
    attentionRangeCases,
    trainingCases,
  ].flatMap((cases) => cases(kernels));
}

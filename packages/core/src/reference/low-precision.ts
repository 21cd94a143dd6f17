/**
 * What accelerators compute in place of float32, emulated: both operands of every matrix product are rounded to the format,
 * and the products are added up in float32 or better. Softmax, biases, activations and sums of streams stay float32. Attention is
 * two products with a softmax between them, whose result is rounded too. Only forward passes of dense attention are emulated.
 */
import { checkKernels } from "../kernels/check-kernels.js";
import type { AttentionCall, HeadsView, Kernels, MatmulCall, MatrixView } from "../kernels/kernels.js";
import { roundAllTo, significantBits, type Precision } from "../precision.js";
import { seesKey } from "./attention.js";
import { referenceKernels } from "./reference.js";
import { rowStart } from "./heads.js";
import { exponentialSum, rowMaximum } from "./rows.js";

/**
 * A backend whose matrix products have operands of fewer digits. With float32, attention still goes step by step.
 *
 * @throws RangeError for what is no precision
 */
export function lowPrecisionKernels(kernels: Kernels, precision: Precision): Kernels {
  checkKernels("lowPrecisionKernels", kernels, referenceKernels);
  significantBits(precision);
  const rounded = (view: MatrixView, rows: number, columns: number): MatrixView => {
    const data = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const at = view.offset + i * view.rowStride + j * view.columnStride;
        data[i * columns + j] = view.data[at]!;
      }
    }
    roundAllTo(precision, data);
    return { data, offset: 0, rowStride: columns, columnStride: 1 };
  };
  const matmul = (call: MatmulCall): void => {
    kernels.matmul({ ...call, a: rounded(call.a, call.m, call.k), b: rounded(call.b, call.k, call.n) });
  };
  return {
    ...kernels,
    name: `${kernels.name}, ${precision}`,
    matmul,
    attention: (call) => attention(call, kernels, matmul),
  };
}

function attention(call: AttentionCall, kernels: Kernels, matmul: Kernels["matmul"]): void {
  const { batch, heads, queries, keys, width, valueWidth, scale, bias, query, key, value, out, logSumExp } = call;
  const scores = new Float32Array(queries * keys);
  const pattern = new Float32Array(queries * keys);
  const mixed = new Float32Array(queries * valueWidth);
  const rows = (view: HeadsView, b: number, h: number): MatrixView => ({
    data: view.data,
    offset: rowStart(view, b, h, 0),
    rowStride: view.rowStride,
    columnStride: 1,
  });
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const { rowStride, ...transposed } = rows(key, b, h);
      const keysAcross = { ...transposed, rowStride: 1, columnStride: rowStride };
      matmul({ a: rows(query, b, h), b: keysAcross, out: scores, m: queries, k: width, n: keys, alpha: scale });
      for (let i = 0; i < queries; i++) {
        for (let j = 0; j < keys; j++) {
          const at = i * keys + j;
          if (bias) scores[at]! += bias.data[rowStart(bias, b, h, i) + j]!;
          if (!seesKey(call, b, i, j)) scores[at] = -Infinity;
        }
      }
      kernels.softmaxRows(scores, pattern, queries, keys);
      const dense = { data: pattern, offset: 0, rowStride: keys, columnStride: 1 };
      matmul({ a: dense, b: rows(value, b, h), out: mixed, m: queries, k: keys, n: valueWidth });
      for (let i = 0; i < queries; i++) {
        out.data.set(mixed.subarray(i * valueWidth, (i + 1) * valueWidth), rowStart(out, b, h, i));
        const maximum = rowMaximum(scores, i * keys, keys);
        const logSum =
          maximum + (maximum === -Infinity ? 0 : Math.log(exponentialSum(scores, i * keys, keys, maximum)));
        if (logSumExp) logSumExp[(b * heads + h) * queries + i] = logSum;
      }
    }
  }
}

/** Softmax and its logarithm along any axis. The kernels work on rows, so another axis is moved to the end and back. */
import { allocate, getKernels } from "../kernels.js";
import { normalizeAxis } from "../shape.js";
import { recorded } from "../tape.js";
import { Tensor } from "../tensor.js";
import { transpose } from "./movement.js";

function alongRows(operation: "softmax" | "logSoftmax", x: Tensor, axis: number): Tensor {
  const along = normalizeAxis(operation, axis, x.rank);
  const moved = transpose(x, along, -1);
  const columns = x.shape[along]!;
  const out = allocate(x.size);
  const kernels = getKernels();
  const rows = columns === 0 ? 0 : x.size / columns;
  if (operation === "softmax") kernels.softmaxRows(moved.data, out, rows, columns);
  else kernels.logSoftmaxRows(moved.data, out, rows, columns);
  const result = transpose(new Tensor(out, moved.shape), along, -1);
  return recorded(operation, [x], out, x.shape, { strides: result.strides });
}

export const softmax = (x: Tensor, axis: number): Tensor => alongRows("softmax", x, axis);
export const logSoftmax = (x: Tensor, axis: number): Tensor => alongRows("logSoftmax", x, axis);

/** Softmax and its logarithm along any axis. The kernels work on rows, so another axis is moved to the end and back. */
import { checkSelf } from "../checks.js";
import { elementsOf } from "../elements.js";
import { logSoftmaxRows, softmaxRows } from "../reference/rows.js";
import { allocate, kernelsOr } from "../registry.js";
import { normalizeAxis } from "../shape.js";
import { fresh, Made, recorded } from "../tape.js";
import { Tensor } from "../tensor.js";
import { exp, mul, sub } from "./elementwise.js";
import { transpose } from "./movement.js";
import { sum } from "./reduce.js";

const reference = { softmaxRows, logSoftmaxRows };

/** The gradient of x from that of the result y. */
type SoftmaxBackward = (gradient: Tensor, y: Tensor, axis: number) => Tensor;

function alongRows(operation: "softmax" | "logSoftmax", x: Tensor, axis: number, backward: SoftmaxBackward): Tensor {
  if (!(x instanceof Tensor)) checkSelf(operation, x);
  const along = normalizeAxis(operation, axis, x.rank);
  const swapped = (tensor: Tensor): Tensor => (along === x.rank - 1 ? tensor : transpose(tensor, along, -1));
  const moved = swapped(x);
  const columns = x.shape[along]!;
  const rows = columns === 0 ? 0 : x.size / columns;
  const elements = elementsOf(moved);
  const out = allocate(x.size);
  const kernels = kernelsOr(reference);
  if (operation === "softmax") kernels.softmaxRows(elements, out, rows, columns);
  else kernels.logSoftmaxRows(elements, out, rows, columns);
  const y = swapped(fresh(out, moved.shape));
  const layout = new Made(y.strides, 0, y.lease ?? null);
  return recorded(operation, [x], out, x.shape, (gradient) => [backward(gradient, y, along)], layout);
}

/** dx = y ⊙ (dy − Σ dy ⊙ y). */
export const softmax = (x: Tensor, axis: number): Tensor =>
  alongRows("softmax", x, axis, (gradient, y, along) => {
    const weighted = mul(gradient, y);
    return sub(weighted, mul(y, sum(weighted, along, true)));
  });

/** dx = dy − exp(y) · Σ dy. */
export const logSoftmax = (x: Tensor, axis: number): Tensor =>
  alongRows("logSoftmax", x, axis, (gradient, y, along) => sub(gradient, mul(exp(y), sum(gradient, along, true))));

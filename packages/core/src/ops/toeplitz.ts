/**
 * The product of a Toeplitz matrix, whose entries depend on the distance of column and row only, with a matrix: by fast Fourier transforms
 * in O(n log n) for each column, without the matrix of n × n. A relative bias is such a matrix where it multiplies values.
 */
import { aTensor, check } from "../checks.js";
import { elementsOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import { convolution } from "../fft.js";
import { allocate } from "../registry.js";
import { fresh, recorded, wanted } from "../tape.js";
import type { Tensor } from "../tensor.js";

/** Column c of a dense matrix [rows, columns]. */
const columnOf = (elements: Float32Array, columns: number, c: number): Float64Array =>
  Float64Array.from({ length: elements.length / columns }, (_, i) => elements[i * columns + c]!);

/**
 * y = B · x with B[i, j] = offsets[j − i + rows − 1].
 *
 * @param offsets - [rows + n − 1], the entry for each distance from −(rows − 1) to n − 1
 * @param x - [n, width]
 * @returns [rows, width]
 * @throws ShapeError if the shapes fit no matrix
 */
export function toeplitzProduct(offsets: Tensor, x: Tensor): Tensor {
  check("toeplitzProduct: offsets", offsets, aTensor);
  check("toeplitzProduct: x", x, aTensor);
  const [n = 0, width = 0] = x.shape;
  const rows = offsets.size - n + 1;
  if (offsets.rank !== 1 || x.rank !== 2 || n === 0 || rows < 1) {
    throw new ShapeError(
      `toeplitzProduct: offsets is [${offsets.shape.join(", ")}] and x [${x.shape.join(", ")}]; ` +
        "they must be [rows + n − 1] and [n, width], with a row or more.",
    );
  }
  return recorded("toeplitzProduct", [offsets, x], product(offsets, x, rows), [rows, width], (gradient) => [
    wanted(offsets, () => ofOffsets(gradient, x)),
    // The transpose of B has the same entries in reverse order.
    wanted(x, () => fresh(product(reversed(offsets), gradient, n), x.shape)),
  ]);
}

/** Elements of B · x: y[i] = Σⱼ offsets[j − i + rows − 1] x[j], the convolution of x with the entries in reverse order. */
function product(offsets: Tensor, x: Tensor, rows: number): Float32Array {
  const [n, width] = x.shape as [number, number];
  const entries = Float64Array.from(elementsOf(offsets)).reverse();
  const elements = elementsOf(x);
  const out = allocate(rows * width);
  for (let c = 0; c < width; c++) {
    convolution(entries, columnOf(elements, width, c), n - 1, rows).forEach((value, i) => {
      out[i * width + c] = value;
    });
  }
  return out;
}

function reversed(x: Tensor): Tensor {
  const out = allocate(x.size);
  out.set(elementsOf(x));
  return fresh(out.reverse(), x.shape);
}

/** The gradient of the entries: that of distance d is the sum of gradient[i] · x[i + d] over i and the columns. */
function ofOffsets(gradient: Tensor, x: Tensor): Tensor {
  const [rows, width] = gradient.shape as [number, number];
  const count = rows + x.shape[0]! - 1;
  const [upstream, elements] = [elementsOf(gradient), elementsOf(x)];
  const sums = new Float64Array(count);
  for (let c = 0; c < width; c++) {
    const own = convolution(columnOf(upstream, width, c).reverse(), columnOf(elements, width, c), 0, count);
    own.forEach((value, d) => (sums[d]! += value));
  }
  const out = allocate(count);
  out.set(sums);
  return fresh(out, [count]);
}

/**
 * Batched matrix product. Operands go to the kernel as strided views, so transposes and head splits cost no copy, and a
 * single right matrix (a weight) takes all rows of the left tensor in one call.
 */
import { aFinite, aTensor, check, checkOptions, checkSelf, oneOf } from "../checks.js";
import { elementsOf, readAgain, storageOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import type { Activation, MatrixView } from "../kernels/kernels.js";
import { referenceMatmul } from "../reference/matmul.js";
import { allocate, kernelsOr } from "../registry.js";
import { broadcastShapes, broadcastStrides, formatShape, sizeOf, stridedOffsets } from "../shape.js";
import { isRecorded, recorded, wanted, type Backward } from "../tape.js";
import { Tensor } from "../tensor.js";
import { unary, unaryBackward } from "./elementwise.js";
import { reshape, transpose } from "./movement.js";
import { sumTo } from "./reduce.js";

/** Options of `Tensor.matmul`. */
export interface MatmulOptions {
  /** Factor on the product, 1 by default. */
  readonly alpha?: number | undefined;
  /** [n], added to every row after the factor. */
  readonly bias?: Tensor | undefined;
  /** Applied to every element last. */
  readonly activation?: Activation | undefined;
}

const optionKinds = { alpha: aFinite, bias: aTensor, activation: oneOf(["relu", "gelu", "geluExact"]) };

const reference = { matmul: referenceMatmul };

const NONE: MatmulOptions = {};

/** As `checkOptions`, which speaks where something is wrong. By hand before, since a small product takes half a microsecond. */
function checkMatmulOptions(options: MatmulOptions): void {
  let isFine = options !== null && Object.getPrototypeOf(options) === Object.prototype;
  for (const name in options) isFine &&= name === "alpha" || name === "bias" || name === "activation";
  if (isFine) {
    const { alpha, bias, activation } = options;
    isFine = alpha === undefined || Number.isFinite(alpha);
    isFine &&= bias === undefined || bias instanceof Tensor;
    isFine &&= activation === undefined || optionKinds.activation.fits(activation);
  }
  if (!isFine) checkOptions("matmul", options, optionKinds);
}

/** Another way to some products: whether it has written one to `out`. */
export type Shortcut = (a: Tensor, b: Tensor, out: Float32Array, options: MatmulOptions) => boolean;

let shortcut: Shortcut | undefined;

/** Runs a function in which products are tried this way first, unless there is one around it already. */
export function withShortcut<T>(inside: Shortcut, body: () => T): T {
  const before = shortcut;
  shortcut ??= inside;
  try {
    return body();
  } finally {
    shortcut = before;
  }
}

const matrixView = (x: Tensor, offset: number): MatrixView => ({
  data: storageOf(x),
  offset,
  rowStride: x.strides[x.rank - 2]!,
  columnStride: x.strides[x.rank - 1]!,
});

const shapesOf = (a: Tensor, b: Tensor): string => `${formatShape(a.shape)} · ${formatShape(b.shape)}`;

/**
 * activation(alpha · a · b + bias): [..., m, k] · [..., k, n] → [..., m, n]. Leading axes broadcast.
 *
 * @throws ShapeError if an operand has fewer than two axes or the shapes do not fit
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = NONE): Tensor {
  if (!(a instanceof Tensor)) checkSelf("matmul", a);
  if (!(b instanceof Tensor)) check("matmul: the right operand", b, aTensor);
  if (options !== NONE) checkMatmulOptions(options);
  const { alpha, bias, activation } = options;
  // They throw for a shape that was changed, with which the kernel would read beyond the storage.
  void a.size;
  void b.size;
  if (a.rank < 2 || b.rank < 2) {
    throw new ShapeError(
      `matmul: ${shapesOf(a, b)}: both operands need two axes or more; reshape a vector to [1, k] or [k, 1].`,
    );
  }
  const [m, k] = [a.shape[a.rank - 2]!, a.shape[a.rank - 1]!];
  const [rows, n] = [b.shape[b.rank - 2]!, b.shape[b.rank - 1]!];
  if (k !== rows) {
    throw new ShapeError(
      `matmul: ${shapesOf(a, b)}: the left operand has ${k} columns, the right one ${rows} rows; these must be equal.`,
    );
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== n)) {
    throw new ShapeError(`matmul: ${shapesOf(a, b)}: bias must have shape [${n}], not ${formatShape(bias.shape)}.`);
  }
  const isGelu = activation === "gelu" || activation === "geluExact";
  const inputs = bias ? [a, b, bias] : [a, b];
  // The slope of gelu does not follow from its value, so its argument must be on the tape.
  if (isGelu && isRecorded(inputs)) return unary(activation, matmul(a, b, { alpha, bias }));
  const kernels = kernelsOr(reference);
  readAgain(n === 1 ? a : b);
  const shift = bias && elementsOf(bias);
  // Every property written out: a spread literal costs 5 µs in V8 11, ten times the rest of a small product.
  if (a.rank === 2 && b.rank === 2) {
    const out = allocate(m * n);
    if (shortcut?.(a, b, out, options)) {
      return recorded("matmul", inputs, out, [m, n], matmulBackward(a, b, options, out));
    }
    const [left, right] = [matrixView(a, a.offset), matrixView(b, b.offset)];
    kernels.matmul({ a: left, b: right, out, m, k, n, alpha, bias: shift, activation });
    return recorded("matmul", inputs, out, [m, n], matmulBackward(a, b, options, out));
  }
  const multiply = (left: MatrixView, right: MatrixView, out: Float32Array, m: number): void =>
    kernels.matmul({ a: left, b: right, out, m, k, n, alpha, bias: shift, activation });
  const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = allocate(sizeOf(batch) * m * n);
  if (shortcut?.(a, b, out, options)) {
    // It is in `out`.
  } else if (b.rank === 2 && a.isContiguous) {
    const left = { data: storageOf(a), offset: a.offset, rowStride: k, columnStride: 1 };
    multiply(left, matrixView(b, b.offset), out, sizeOf(batch) * m);
  } else {
    const starts = (x: Tensor): number[] =>
      stridedOffsets(batch, broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batch), x.offset);
    const [leftStarts, rightStarts] = [starts(a), starts(b)];
    leftStarts.forEach((start, index) => {
      const part = out.subarray(index * m * n, (index + 1) * m * n);
      multiply(matrixView(a, start), matrixView(b, rightStarts[index]!), part, m);
    });
  }
  return recorded("matmul", inputs, out, [...batch, m, n], matmulBackward(a, b, options, out));
}

/**
 * With G the gradient of the product: dA = alpha · G Bᵀ, dB = alpha · Aᵀ G, and the gradient of the bias is Σ G over
 * the rows. If all batches of A share one weight, dB is one product over all of their rows.
 */
function matmulBackward(a: Tensor, b: Tensor, { alpha, bias, activation }: MatmulOptions, out: Float32Array): Backward {
  return (gradient) => {
    // ReLU has the same slope at its argument as at its value.
    const slopes = activation === "relu" ? unaryBackward("relu", new Tensor(out, gradient.shape), gradient) : gradient;
    const shared = b.rank === 2 && a.rank > 2;
    const [left, right] = shared ? [reshape(a, [-1, b.shape[0]!]), reshape(slopes, [-1, b.shape[1]!])] : [a, slopes];
    const factor = { alpha };
    return [
      wanted(a, () => sumTo(matmul(slopes, transpose(b, -2, -1), factor), a.shape)),
      wanted(b, () => sumTo(matmul(transpose(left, -2, -1), right, factor), b.shape)),
      ...(bias ? [wanted(bias, () => sumTo(slopes, bias.shape))] : []),
    ];
  };
}

/** Reductions over some axes, or all of them. Sums accumulate in float64; an argmax is a tensor of positions. */
import { aFlag, aList, aNumber, check, either, misfit, checkSelf } from "../checks.js";
import { elementsOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import type { RowReduction } from "../kernels/kernels.js";
import { reduceRows, sumColumns } from "../reference/rows.js";
import { allocate, kernelsOr } from "../registry.js";
import { formatShape, normalizeAxis, sameShape, sizeOf, type Shape } from "../shape.js";
import { fresh, recorded } from "../tape.js";
import { Tensor } from "../tensor.js";
import { div } from "./elementwise.js";
import { broadcastTo, permute, reshape } from "./movement.js";

type Axes = number | readonly number[] | undefined;

/** A tensor as [rows, columns]: one row per result, holding the elements that it is reduced from. */
interface Lines {
  readonly rows: number;
  readonly columns: number;
  /** All axes of the tensor: those that stay, then those that are reduced. */
  readonly order: readonly number[];
  readonly reduced: ReadonlySet<number>;
  /** The result's shape, with the reduced axes as 1 and without them. */
  readonly keptDims: Shape;
  readonly kept: Shape;
}

const reference = { reduceRows, sumColumns };
const axesKind = either(aNumber, aList("an array of axes"));

function linesOf(operation: string, x: Tensor, axes: Axes): Lines {
  if (!(x instanceof Tensor)) checkSelf(operation, x);
  if (axes !== undefined && !axesKind.fits(axes)) throw misfit(`${operation}: axes`, axes, axesKind);
  const requested = typeof axes === "number" ? [axes] : (axes ?? x.shape.map((_, axis) => axis));
  const reduced = new Set(requested.map((axis) => normalizeAxis(operation, axis, x.rank)));
  const all = x.shape.map((_, axis) => axis);
  const staying = all.filter((axis) => !reduced.has(axis));
  const kept = staying.map((axis) => x.shape[axis]!);
  return {
    rows: sizeOf(kept),
    columns: sizeOf([...reduced].map((axis) => x.shape[axis]!)),
    order: [...staying, ...all.filter((axis) => reduced.has(axis))],
    reduced,
    keptDims: x.shape.map((length, axis) => (reduced.has(axis) ? 1 : length)),
    kept,
  };
}

/** Whether the reduced axes are the outermost ones, so that each result is a column of the matrix in memory. */
const isOutermost = (x: Tensor, { reduced }: Lines): boolean =>
  x.isContiguous && reduced.size > 0 && [...reduced].every((axis) => axis < reduced.size);

/** Sum over some axes, all by default. */
export function sum(x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  check("sum: keepDims", keepDims, aFlag);
  const lines = linesOf("sum", x, axes);
  const { rows, columns, order, keptDims, kept } = lines;
  const out = allocate(rows);
  const kernels = kernelsOr(reference);
  if (isOutermost(x, lines)) kernels.sumColumns(elementsOf(x), out, columns, rows);
  else kernels.reduceRows("sum", elementsOf(permute(x, order)), out, rows, columns);
  return recorded("sum", [x], out, keepDims ? keptDims : kept, (gradient) => [
    broadcastTo(reshape(gradient, keptDims), x.shape),
  ]);
}

/** Mean over some axes, all by default. */
export function mean(x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  const { columns } = linesOf("mean", x, axes);
  check("mean: keepDims", keepDims, aFlag);
  return div(sum(x, axes, keepDims), columns);
}

/** The gradient of a broadcast: x summed over the axes along which `shape` was repeated to x's shape. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.rank - shape.length;
  const repeated = x.shape.flatMap((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(sum(x, repeated, true), shape);
}

/** Position of the first largest element (sign 1) or smallest one (sign −1), or of the first NaN if there is one. */
function firstBest(values: Float32Array, start: number, length: number, sign: 1 | -1): number {
  let best = start;
  for (let i = start; i < start + length; i++) {
    if (Number.isNaN(values[i])) return i - start;
    if (sign * values[i]! > sign * values[best]!) best = i;
  }
  return best - start;
}

function checkNotEmpty(operation: string, x: Tensor, { rows, columns }: Lines): void {
  if (rows === 0 || columns > 0) return;
  throw new ShapeError(`${operation}: there is nothing to choose from along an empty axis of ${formatShape(x.shape)}.`);
}

/**
 * Largest or smallest element over some axes, all by default. The gradient of a result goes to the first of the elements that are equal
 * to it. Throws a ShapeError if there is none.
 */
export function extreme(
  operation: Extract<RowReduction, "max" | "min">,
  x: Tensor,
  axes: Axes,
  keepDims: boolean,
): Tensor {
  if (typeof keepDims !== "boolean") throw misfit(`${operation}: keepDims`, keepDims, aFlag);
  const lines = linesOf(operation, x, axes);
  const { rows, columns, order, keptDims, kept } = lines;
  checkNotEmpty(operation, x, lines);
  const ordered = permute(x, order);
  const out = allocate(rows);
  kernelsOr(reference).reduceRows(operation, elementsOf(ordered), out, rows, columns);
  return recorded(operation, [x], out, keepDims ? keptDims : kept, (gradient) => {
    const [values, slopes] = [elementsOf(ordered), elementsOf(gradient)];
    const spread = allocate(x.size).fill(0);
    for (let i = 0; i < rows; i++) {
      const at = i * columns;
      spread[at + firstBest(values, at, columns, operation === "max" ? 1 : -1)] = slopes[i]!;
    }
    const back = order.map((_, axis) => order.indexOf(axis));
    return [permute(fresh(spread, ordered.shape), back)];
  });
}

/** Positions have no gradient. */
export function argmax(x: Tensor, axis: number): Tensor {
  if (!(x instanceof Tensor)) checkSelf("argmax", x);
  const lines = linesOf("argmax", x, normalizeAxis("argmax", axis, x.rank));
  const { rows, columns, order, kept } = lines;
  checkNotEmpty("argmax", x, lines);
  const values = elementsOf(permute(x, order));
  const out = allocate(rows);
  for (let i = 0; i < rows; i++) out[i] = firstBest(values, i * columns, columns, 1);
  return fresh(out, kept);
}

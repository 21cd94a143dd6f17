/** Operations that only move elements: views (permute, transpose, slice, broadcastTo, mostly reshape) and copies. */
import { aList, aTensor, check, describeValue, either, numbers, checkSelf } from "../checks.js";
import { elementsOf, storageOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import { referenceGatherRows, referenceScatterAddRows } from "../reference/training.js";
import { allocate, kernelsOr } from "../registry.js";
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  contiguousStrides,
  formatShape,
  normalizeAxis,
  sameShape,
  sizeOf,
  type Shape,
} from "../shape.js";
import { fresh, Made, recorded, wanted, type Backward } from "../tape.js";
import { Tensor } from "../tensor.js";
import { sumTo } from "./reduce.js";

const reference = { gatherRows: referenceGatherRows, scatterAddRows: referenceScatterAddRows };
const someTensors = aList("an array of Tensors", aTensor);
const anOrder = aList("an array of axes");
const positionsKind = either(aTensor, numbers);

/** A tensor before others, once these are known to be an array. */
export function withOthers(operation: string, x: Tensor, others: readonly Tensor[]): Tensor[] {
  check(`${operation}: the others`, others, someTensors);
  return [x, ...others];
}

/** Reorders the axes. Throws a ShapeError unless `order` names each axis once. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  if (!(x instanceof Tensor)) checkSelf("permute", x);
  if (!Array.isArray(order)) check("permute: order", order, anOrder);
  const axes = order.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
    throw new ShapeError(
      `permute: order ${formatShape(order)} must name each axis of shape ${formatShape(x.shape)} exactly once.`,
    );
  }
  const shape = axes.map((axis) => x.shape[axis]!);
  const strides = axes.map((axis) => x.strides[axis]!);
  const back = axes.map((_, axis) => axes.indexOf(axis));
  const backward: Backward = (gradient) => [permute(gradient, back)];
  return recorded("permute", [x], storageOf(x), shape, backward, new Made(strides, x.offset, x.lease ?? null));
}

/** Swaps two axes. */
export function transpose(x: Tensor, axis0: number, axis1: number): Tensor {
  if (!(x instanceof Tensor)) checkSelf("transpose", x);
  const first = normalizeAxis("transpose", axis0, x.rank);
  const second = normalizeAxis("transpose", axis1, x.rank);
  const order = x.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis));
  return permute(x, order);
}

/** The same elements in another shape, one axis of which may be −1. Throws a ShapeError if the sizes differ. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (!(x instanceof Tensor)) checkSelf("reshape", x);
  checkShape("reshape", Array.isArray(shape) ? [] : shape);
  const known = shape.filter((length) => length !== -1);
  const open = shape.length - known.length;
  checkShape("reshape", known);
  const missing = open === 1 ? x.size / sizeOf(known) : 1;
  if (open > 1 || !Number.isInteger(missing) || sizeOf(known) * missing !== x.size) {
    throw new ShapeError(
      `reshape: ${formatShape(x.shape)} (${x.size} elements) does not fit ${formatShape(shape)}; ` +
        `the element counts must be equal, and at most one axis can be -1.`,
    );
  }
  const resolved = shape.map((length) => (length === -1 ? missing : length));
  const backward: Backward = (gradient) => [reshape(gradient, x.shape)];
  if (!x.isContiguous) return recorded("reshape", [x], elementsOf(x), resolved, backward);
  const layout = new Made(contiguousStrides(resolved), x.offset, x.lease ?? null);
  return recorded("reshape", [x], storageOf(x), resolved, backward, layout);
}

/** Positions start ≤ i < end of an axis, as in `Array.slice`. Throws a ShapeError if they are not integers. */
export function slice(x: Tensor, start: number, end: number | undefined, axis: number): Tensor {
  if (!(x instanceof Tensor)) checkSelf("slice", x);
  const along = normalizeAxis("slice", axis, x.rank);
  const length = x.shape[along]!;
  if (!Number.isInteger(start) || !Number.isInteger(end ?? 0)) {
    throw new ShapeError(`slice: positions ${describeValue(start)} to ${describeValue(end)} must be integers.`);
  }
  const clamp = (position: number): number =>
    Math.min(length, Math.max(0, position < 0 ? position + length : position));
  const first = clamp(start);
  const shape = x.shape.map((own, index) => (index === along ? Math.max(0, clamp(end ?? length) - first) : own));
  const storage = storageOf(x);
  const layout = new Made(x.strides, x.offset + first * x.strides[along]!, x.lease ?? null);
  return recorded("slice", [x], storage, shape, (gradient) => [padded(gradient, x.shape, along, first)], layout);
}

/** x at position `start` of an axis of a tensor that is 0 elsewhere. */
function padded(x: Tensor, shape: Shape, axis: number, start: number): Tensor {
  const out = allocate(sizeOf(shape)).fill(0);
  placeAlong(x, out, shape, axis, start);
  return fresh(out, shape);
}

/** Copies x into a dense array of another shape that is longer along one axis. */
function placeAlong(x: Tensor, target: Float32Array, shape: Shape, axis: number, start: number): void {
  // One adjacent block per position of the axes before this one.
  const blocks = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const length = x.shape[axis]! * inner;
  const data = elementsOf(x);
  for (let block = 0; block < blocks; block++) {
    target.set(data.subarray(block * length, (block + 1) * length), (block * shape[axis]! + start) * inner);
  }
}

/** Repeats x to a larger shape. Throws a ShapeError if the shapes do not broadcast. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (!(x instanceof Tensor)) checkSelf("broadcastTo", x);
  checkShape("broadcastTo", shape);
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new ShapeError(
      `broadcastTo: ${formatShape(x.shape)} cannot shrink to ${formatShape(shape)}; only axes of length 1 repeat.`,
    );
  }
  const strides = broadcastStrides(x.shape, x.strides, shape);
  const backward: Backward = (gradient) => [sumTo(gradient, x.shape)];
  return recorded("broadcastTo", [x], storageOf(x), shape, backward, new Made(strides, x.offset, x.lease ?? null));
}

/**
 * The tensors one after another along an axis, whose lengths add up. Throws a ShapeError where the other axes differ, or nothing is given.
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  check("concat: the tensors", tensors, someTensors);
  const first = tensors[0];
  if (!first) throw new ShapeError("concat: needs at least one tensor.");
  const along = normalizeAxis("concat", axis, first.rank);
  const others = (x: Tensor): number[] => x.shape.filter((_, index) => index !== along);
  for (const x of tensors) {
    if (x.rank !== first.rank || !sameShape(others(x), others(first))) {
      throw new ShapeError(
        `concat: shapes ${formatShape(first.shape)} and ${formatShape(x.shape)} differ elsewhere than on axis ${along}.`,
      );
    }
  }
  const total = tensors.reduce((sum, x) => sum + x.shape[along]!, 0);
  const shape = first.shape.map((length, index) => (index === along ? total : length));
  const out = allocate(sizeOf(shape));
  const starts: number[] = [];
  let start = 0;
  for (const x of tensors) {
    placeAlong(x, out, shape, along, start);
    starts.push(start);
    start += x.shape[along]!;
  }
  return recorded("concat", tensors, out, shape, (gradient) =>
    tensors.map((x, index) =>
      wanted(x, () => slice(gradient, starts[index]!, starts[index]! + x.shape[along]!, along)),
    ),
  );
}

/** Tensors of one shape along a new axis. Throws a ShapeError where the shapes differ, or nothing is given. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  check("stack: the tensors", tensors, someTensors);
  const first = tensors[0];
  if (!first) throw new ShapeError("stack: needs at least one tensor.");
  const along = normalizeAxis("stack", axis, first.rank + 1);
  for (const x of tensors) {
    if (!sameShape(x.shape, first.shape)) {
      throw new ShapeError(`stack: shapes ${formatShape(first.shape)} and ${formatShape(x.shape)} must be equal.`);
    }
  }
  return concat(
    tensors.map((x) => reshape(x, x.shape.toSpliced(along, 0, 1))),
    along,
  );
}

/**
 * Entries of an axis by position: shape[..axis] + indices' shape + shape[axis+1..]. Throws a RangeError out of range.
 */
export function gather(x: Tensor, indices: Tensor | readonly number[], axis: number): Tensor {
  if (!(x instanceof Tensor)) checkSelf("gather", x);
  check("gather: indices", indices, positionsKind);
  const along = normalizeAxis("gather", axis, x.rank);
  const positions = "data" in indices ? elementsOf(indices) : indices;
  const indexShape = "data" in indices ? indices.shape : [indices.length];
  const length = x.shape[along]!;
  const shape = [...x.shape.slice(0, along), ...indexShape, ...x.shape.slice(along + 1)];
  for (const position of positions) {
    if (Number.isInteger(position) && position >= 0 && position < length) continue;
    throw new RangeError(
      `gather: index ${describeValue(position)} is outside axis ${along} of shape ${formatShape(x.shape)}; use 0 to ${length - 1}.`,
    );
  }
  const chosen = Int32Array.from(positions);
  const table = toFront(x, along);
  const width = sizeOf(table.shape.slice(1));
  const rows = allocate(chosen.length * width);
  kernelsOr(reference).gatherRows(elementsOf(table), chosen, rows, width);
  const taken = fresh(rows, [chosen.length, ...table.shape.slice(1)]);
  const out = elementsOf(fromFront(taken, along));
  return recorded("gather", [x], out, shape, (gradient) => {
    const flat = reshape(gradient, x.shape.with(along, chosen.length));
    const slopes = toFront(flat, along);
    const sums = allocate(x.size).fill(0);
    kernelsOr(reference).scatterAddRows(elementsOf(slopes), chosen, sums, width);
    return [fromFront(fresh(sums, table.shape), along)];
  });
}

/** One axis moved before all others, which makes its entries the rows of a matrix. A view. */
function toFront(x: Tensor, axis: number): Tensor {
  const axes = x.shape.map((_, own) => own);
  return axis === 0 ? x : permute(x, [axis, ...axes.toSpliced(axis, 1)]);
}

/** The first axis moved behind `axis` others: the inverse of `toFront`. A view. */
function fromFront(x: Tensor, axis: number): Tensor {
  const axes = x.shape.map((_, own) => own);
  return axis === 0 ? x : permute(x, axes.toSpliced(0, 1).toSpliced(axis, 0, 0));
}

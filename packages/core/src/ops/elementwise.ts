/** Operations that treat every element alone: maps of one tensor, pairs under broadcasting, and choices by a condition. */
import { allocate, getKernels, type BinaryOperation, type UnaryOperation } from "../kernels.js";
import { broadcastShapes, sameShape, type Shape } from "../shape.js";
import { recorded } from "../tape.js";
import type { Operand } from "../tensor.js";
import { Tensor } from "../tensor.js";
import { broadcastTo } from "./movement.js";

function unary(operation: UnaryOperation, x: Tensor): Tensor {
  const out = allocate(x.size);
  getKernels().unary(operation, x.data, out);
  return recorded(operation, [x], out, x.shape);
}

export const neg = (x: Tensor): Tensor => unary("neg", x);
export const exp = (x: Tensor): Tensor => unary("exp", x);
export const log = (x: Tensor): Tensor => unary("log", x);
export const sqrt = (x: Tensor): Tensor => unary("sqrt", x);
export const abs = (x: Tensor): Tensor => unary("abs", x);
export const tanh = (x: Tensor): Tensor => unary("tanh", x);
export const sigmoid = (x: Tensor): Tensor => unary("sigmoid", x);
export const relu = (x: Tensor): Tensor => unary("relu", x);
export const gelu = (x: Tensor): Tensor => unary("gelu", x);
export const geluExact = (x: Tensor): Tensor => unary("geluExact", x);
export const erf = (x: Tensor): Tensor => unary("erf", x);

const asTensor = (operand: Operand): Tensor =>
  typeof operand === "number" ? new Tensor(Float32Array.of(operand), []) : operand;

/** Dense elements of x repeated to a shape. */
const expanded = (x: Tensor, shape: Shape): Float32Array =>
  sameShape(x.shape, shape) ? x.data : broadcastTo(x, shape).data;

function binary(operation: BinaryOperation, a: Tensor, other: Operand): Tensor {
  const b = asTensor(other);
  const shape = broadcastShapes(operation, a.shape, b.shape);
  const left = expanded(a, shape);
  const out = allocate(left.length);
  getKernels().binary(operation, left, expanded(b, shape), out);
  return recorded(operation, [a, b], out, shape);
}

export const add = (a: Tensor, b: Operand): Tensor => binary("add", a, b);
export const sub = (a: Tensor, b: Operand): Tensor => binary("sub", a, b);
export const mul = (a: Tensor, b: Operand): Tensor => binary("mul", a, b);
export const div = (a: Tensor, b: Operand): Tensor => binary("div", a, b);
export const pow = (a: Tensor, b: Operand): Tensor => binary("pow", a, b);

/** a where the condition is not 0, b where it is; all three broadcast together. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [left, right] = [asTensor(a), asTensor(b)];
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", left.shape, right.shape));
  const [chosen, yes, no] = [expanded(condition, shape), expanded(left, shape), expanded(right, shape)];
  const out = yes.map((value, index) => (chosen[index] !== 0 ? value : no[index]!));
  return recorded("where", [condition, left, right], out, shape);
}

/** `value` where the mask is not 0, x elsewhere. The mask broadcasts to x's shape; throws a ShapeError if it cannot. */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  const masked = broadcastTo(mask, x.shape).data;
  const out = x.data.map((element, index) => (masked[index] !== 0 ? value : element));
  return recorded("maskedFill", [x, mask], out, x.shape);
}

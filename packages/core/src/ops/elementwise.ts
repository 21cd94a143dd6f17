/** Elementwise operations: functions of one tensor, of two under broadcasting, and choices by a condition. */
import { aNumber, anOperand, aTensor, check, misfit, checkSelf } from "../checks.js";
import type { BinaryOperation, UnaryOperation } from "../kernels/kernels.js";
import { elementsOf } from "../elements.js";
import {
  binary as referenceBinary,
  unary as referenceUnary,
  unaryBackward as referenceSlopes,
} from "../reference/elementwise.js";
import { allocate, kernelsOr } from "../registry.js";
import { broadcastShapes, sameShape, type Shape } from "../shape.js";
import { fresh, recorded, wanted, type Backward } from "../tape.js";
import type { Operand } from "../tensor.js";
import { Tensor } from "../tensor.js";
import { broadcastTo } from "./movement.js";
import { sumTo } from "./reduce.js";

const reference = { unary: referenceUnary, unaryBackward: referenceSlopes, binary: referenceBinary };

/** f of every element. */
export function unary(operation: UnaryOperation, x: Tensor): Tensor {
  if (!(x instanceof Tensor)) checkSelf(operation, x);
  const out = allocate(x.size);
  kernelsOr(reference).unary(operation, elementsOf(x), out);
  return recorded(operation, [x], out, x.shape, (gradient) => [unaryBackward(operation, x, gradient)]);
}

/** gradient · f′(x). */
export function unaryBackward(operation: UnaryOperation, x: Tensor, gradient: Tensor): Tensor {
  const out = allocate(x.size);
  kernelsOr(reference).unaryBackward(operation, elementsOf(x), elementsOf(gradient), out);
  return fresh(out, x.shape);
}

export const neg = (x: Tensor): Tensor => unary("neg", x);
export const exp = (x: Tensor): Tensor => unary("exp", x);
export const log = (x: Tensor): Tensor => unary("log", x);

function asTensor(operation: string, operand: Operand): Tensor {
  if (typeof operand === "number") return fresh(allocate(1).fill(operand), []);
  if (operand instanceof Tensor) return operand;
  // The place is put together only where it is needed: this runs with every sum.
  if (!anOperand.fits(operand)) throw misfit(`${operation}: the operand`, operand, anOperand);
  return operand;
}

/** Dense elements of x repeated to a shape. */
const expanded = (x: Tensor, shape: Shape): Float32Array =>
  elementsOf(sameShape(x.shape, shape) ? x : broadcastTo(x, shape));

/** The gradient of one operand of a pair, before it is summed to the operand's shape. */
type PairBackward = (gradient: Tensor, a: Tensor, b: Tensor, result: Tensor) => Tensor;

function binary(
  operation: BinaryOperation,
  a: Tensor,
  other: Operand,
  left: PairBackward,
  right: PairBackward,
): Tensor {
  if (!(a instanceof Tensor)) checkSelf(operation, a);
  const b = asTensor(operation, other);
  const shape = broadcastShapes(operation, a.shape, b.shape);
  const elements = expanded(a, shape);
  const out = allocate(elements.length);
  kernelsOr(reference).binary(operation, elements, expanded(b, shape), out);
  const backward: Backward = (gradient) => {
    const result = new Tensor(out, shape);
    return [
      wanted(a, () => sumTo(left(gradient, a, b, result), a.shape)),
      wanted(b, () => sumTo(right(gradient, a, b, result), b.shape)),
    ];
  };
  return recorded(operation, [a, b], out, shape, backward);
}

const same: PairBackward = (gradient) => gradient;

export const add = (a: Tensor, b: Operand): Tensor => binary("add", a, b, same, same);

export const sub = (a: Tensor, b: Operand): Tensor => binary("sub", a, b, same, neg);

export const mul = (a: Tensor, b: Operand): Tensor =>
  binary(
    "mul",
    a,
    b,
    (gradient, _, right) => mul(gradient, right),
    (gradient, left) => mul(gradient, left),
  );

export const div = (a: Tensor, b: Operand): Tensor =>
  binary(
    "div",
    a,
    b,
    (gradient, _, right) => div(gradient, right),
    (gradient, _, right, quotient) => neg(div(mul(gradient, quotient), right)),
  );

/** 1 where a base is 0 and its exponent is not negative: there the slope in the exponent is 0, as in PyTorch. */
function flatInExponent(base: Tensor, exponent: Tensor, shape: Shape): Tensor {
  const [bases, exponents] = [expanded(base, shape), expanded(exponent, shape)];
  const isFlat = bases.map((value, i) => (value === 0 && exponents[i]! >= 0 ? 1 : 0));
  return new Tensor(isFlat, shape);
}

/** d(aᵇ) = b · aᵇ⁻¹ da + aᵇ ln(a) db. A power of 0 is 1 everywhere, so that its slope in a is 0, also at 0. */
export const pow = (a: Tensor, b: Operand): Tensor =>
  binary(
    "pow",
    a,
    b,
    (gradient, left, right) => where(right, mul(mul(gradient, right), pow(left, sub(right, 1))), 0),
    (gradient, left, right, power) =>
      maskedFill(mul(mul(gradient, power), log(left)), flatInExponent(left, right, power.shape), 0),
  );

/** Elementwise a where the condition is not 0, b where it is; all three broadcast together. The condition has no gradient. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  check("where: the condition", condition, aTensor);
  const [left, right] = [asTensor("where", a), asTensor("where", b)];
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", left.shape, right.shape));
  const [chosen, yes, no] = [expanded(condition, shape), expanded(left, shape), expanded(right, shape)];
  const out = allocate(yes.length);
  for (let i = 0; i < out.length; i++) out[i] = chosen[i] !== 0 ? yes[i]! : no[i]!;
  return recorded("where", [left, right], out, shape, (gradient) => [
    wanted(left, () => sumTo(where(condition, gradient, 0), left.shape)),
    wanted(right, () => sumTo(where(condition, 0, gradient), right.shape)),
  ]);
}

/** `value` where the mask is not 0, x elsewhere. The mask broadcasts to x's shape; throws a ShapeError if it cannot. */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  if (!(x instanceof Tensor)) checkSelf("maskedFill", x);
  check("maskedFill: mask", mask, aTensor);
  check("maskedFill: value", value, aNumber);
  const masked = elementsOf(broadcastTo(mask, x.shape));
  const elements = elementsOf(x);
  const out = allocate(elements.length);
  for (let i = 0; i < out.length; i++) out[i] = masked[i] !== 0 ? value : elements[i]!;
  return recorded("maskedFill", [x], out, x.shape, (gradient) => [maskedFill(gradient, mask, 0)]);
}

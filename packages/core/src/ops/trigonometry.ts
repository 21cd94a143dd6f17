/** Sine and cosine of every element, with gradients, for angles that are learnt. Plain JavaScript: tables of them are small. */
import { aTensor, check } from "../checks.js";
import { elementsOf } from "../elements.js";
import { allocate } from "../registry.js";
import { recorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { mul, neg } from "./elementwise.js";

function mapped(operation: string, x: Tensor, f: (angle: number) => number): Float32Array {
  check(`${operation}: x`, x, aTensor);
  const angles = elementsOf(x);
  const out = allocate(angles.length);
  for (let i = 0; i < out.length; i++) out[i] = f(angles[i]!);
  return out;
}

/** sin(x), elementwise; angles in radians. */
export function sin(x: Tensor): Tensor {
  const out = mapped("sin", x, Math.sin);
  return recorded("sin", [x], out, x.shape, (gradient) => [mul(gradient, cos(x))]);
}

/** cos(x), elementwise; angles in radians. */
export function cos(x: Tensor): Tensor {
  const out = mapped("cos", x, Math.cos);
  return recorded("cos", [x], out, x.shape, (gradient) => [neg(mul(gradient, sin(x)))]);
}

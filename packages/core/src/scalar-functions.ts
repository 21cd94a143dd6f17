/** What the elementwise kernels compute, as functions of float64 numbers. */
import { erf } from "./erf.js";
import type { BinaryOperation, UnaryOperation } from "./kernels.js";

export const unaryFunctions: Record<UnaryOperation, (x: number) => number> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  erf,
  relu: (x) => (x < 0 ? 0 : x),
  // The tanh form of Hendrycks & Gimpel 2016 (arXiv 1606.08415, section 2), which GPT-2 uses; geluExact is x · Φ(x).
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  geluExact: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
};

export const binaryFunctions: Record<BinaryOperation, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: Math.pow,
};

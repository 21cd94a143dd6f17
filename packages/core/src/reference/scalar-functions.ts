/** What the elementwise kernels compute, as functions of float64 numbers. */
import { erf } from "../erf.js";
import type { BinaryOperation, UnaryOperation } from "../kernels/kernels.js";

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

const GELU_LINEAR = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/**
 * The tanh form of Hendrycks & Gimpel 2016 (arXiv 1606.08415, section 2), which GPT-2 uses, is x times this sigmoid;
 * geluExact is x · Φ(x).
 */
const geluGate = (x: number): number => sigmoid(2 * GELU_LINEAR * (x + GELU_CUBIC * x * x * x));

/** Past this, the slopes of both forms of GELU are 0 or 1 in float64. Between, nothing in them overflows. */
const GELU_FLAT = 40;
const nearGelu = (x: number): number => Math.min(Math.max(x, -GELU_FLAT), GELU_FLAT);
/** Φ, the distribution function of the standard normal distribution, and its density. */
const normalCdf = (x: number): number => 0.5 * (1 + erf(x * Math.SQRT1_2));
const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** The functions of one number. */
export const unaryFunctions: Record<UnaryOperation, (x: number) => number> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid,
  erf,
  relu: (x) => (x < 0 ? 0 : x),
  gelu: (x) => x * geluGate(x),
  geluExact: (x) => x * normalCdf(x),
};

/** Their derivatives. At a kink, the mean of both sides for abs (0), and 0 for relu. */
export const unarySlopes: Record<UnaryOperation, (x: number) => number> = {
  neg: () => -1,
  exp: Math.exp,
  log: (x) => 1 / x,
  sqrt: (x) => 0.5 / Math.sqrt(x),
  abs: Math.sign,
  tanh: (x) => 1 - Math.tanh(x) ** 2,
  sigmoid: (x) => sigmoid(x) * sigmoid(-x),
  erf: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  relu: (x) => (x > 0 ? 1 : 0),
  gelu: (far) => {
    const x = nearGelu(far);
    const gate = geluGate(x);
    return gate + x * gate * (1 - gate) * 2 * GELU_LINEAR * (1 + 3 * GELU_CUBIC * x * x);
  },
  geluExact: (far) => {
    const x = nearGelu(far);
    return normalCdf(x) + x * normalDensity(x);
  },
};

/** The functions of two numbers. */
export const binaryFunctions: Record<BinaryOperation, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: Math.pow,
};

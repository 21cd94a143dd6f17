/** Elementwise and row kernels: operands into the arena, one call, the result back. */
import {
  referenceKernels,
  type BinaryOperation,
  type Kernels,
  type RowReduction,
  type UnaryOperation,
} from "@selectron/core";
import type { Arena } from "./arena.js";
import type { WasmExports } from "./exports.js";
import { fetch, fill, placed, target } from "./operands.js";

/** In the order of the numbers in assembly/elementwise.ts. */
export const unaryOperations: readonly UnaryOperation[] = [
  "neg",
  "exp",
  "log",
  "sqrt",
  "abs",
  "tanh",
  "sigmoid",
  "erf",
  "relu",
  "gelu",
  "geluExact",
];

/** In the order of the numbers in assembly/elementwise.ts; `pow` stays with the reference. */
const binaryOperations: readonly BinaryOperation[] = ["add", "sub", "mul", "div"];

/** Whose slopes the module knows; the others stay with the reference. */
const slopeOperations: readonly UnaryOperation[] = ["relu", "gelu", "geluExact"];

/** Below this many elements a plain loop is done before the operands are copied (bench: dispatch). */
const MIN_LENGTH = 48;

type RowKernels = Pick<
  Kernels,
  | "unary"
  | "unaryBackward"
  | "binary"
  | "softmaxRows"
  | "logSoftmaxRows"
  | "layerNormRows"
  | "layerNormRowsBackward"
  | "reduceRows"
  | "sumColumns"
  | "crossEntropyRows"
  | "adamStep"
>;

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function rowKernels(wasm: WasmExports, arena: Arena): RowKernels {
  function unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void {
    if (x.length < MIN_LENGTH) {
      referenceKernels.unary(operation, x, out);
      return;
    }
    arena.reset();
    const to = target(arena, out);
    // The result may overwrite the copy of x, unless x stands in the arena itself.
    const from = arena.holds(x) ? x.byteOffset : to;
    fill(arena, x, from);
    wasm.unary(unaryOperations.indexOf(operation), from, to, x.length);
    fetch(arena, out, to);
  }

  function unaryBackward(operation: UnaryOperation, x: Float32Array, gradient: Float32Array, out: Float32Array): void {
    if (x.length < MIN_LENGTH || !slopeOperations.includes(operation)) {
      referenceKernels.unaryBackward(operation, x, gradient, out);
      return;
    }
    arena.reset();
    const to = target(arena, out);
    const from = arena.holds(x) ? x.byteOffset : to;
    const slopes = placed(arena, gradient);
    fill(arena, x, from);
    fill(arena, gradient, slopes);
    wasm.unaryBackward(unaryOperations.indexOf(operation), from, slopes, to, x.length);
    fetch(arena, out, to);
  }

  function binary(operation: BinaryOperation, a: Float32Array, b: Float32Array, out: Float32Array): void {
    const code = binaryOperations.indexOf(operation);
    if (a.length < MIN_LENGTH || code < 0) {
      referenceKernels.binary(operation, a, b, out);
      return;
    }
    arena.reset();
    const to = target(arena, out);
    const left = arena.holds(a) ? a.byteOffset : to;
    const right = placed(arena, b);
    fill(arena, a, left);
    fill(arena, b, right);
    wasm.binary(code, left, right, to, a.length);
    fetch(arena, out, to);
  }

  function rowsInPlace(
    run: (x: number, out: number) => void,
    x: Float32Array,
    out: Float32Array,
    separate: boolean,
  ): void {
    arena.reset();
    const to = target(arena, out);
    const from = arena.holds(x) ? x.byteOffset : separate ? arena.reserve(x.byteLength) : to;
    fill(arena, x, from);
    run(from, to);
    fetch(arena, out, to);
  }

  /** A vector of parameters, or a constant in its place. */
  function fillParameter(data: Float32Array | undefined, address: number, length: number, constant: number): void {
    if (data) fill(arena, data, address);
    else arena.floats.fill(constant, address / 4, address / 4 + length);
  }

  return {
    unary,
    unaryBackward,
    binary,
    softmaxRows: (x, out, rows, columns) => {
      rowsInPlace((from, to) => wasm.softmaxRows(from, to, rows, columns), x, out, false);
    },
    logSoftmaxRows: (x, out, rows, columns) => {
      rowsInPlace((from, to) => wasm.logSoftmaxRows(from, to, rows, columns), x, out, true);
    },
    layerNormRows: (x, gain, bias, out, rows, columns, epsilon) => {
      arena.reset();
      const gainAt = gain ? placed(arena, gain) : arena.reserve(4 * columns);
      const biasAt = bias ? placed(arena, bias) : arena.reserve(4 * columns);
      const to = target(arena, out);
      const from = arena.holds(x) ? x.byteOffset : to;
      fill(arena, x, from);
      fillParameter(gain, gainAt, columns, 1);
      fillParameter(bias, biasAt, columns, 0);
      wasm.layerNormRows(from, gainAt, biasAt, to, rows, columns, epsilon);
      fetch(arena, out, to);
    },
    layerNormRowsBackward: ({
      x,
      gain,
      outGradient,
      xGradient,
      gainGradient,
      biasGradient,
      rows,
      columns,
      epsilon,
    }) => {
      arena.reset();
      const from = placed(arena, x);
      const gainAt = gain ? placed(arena, gain) : arena.reserve(4 * columns);
      const slopes = placed(arena, outGradient);
      const dX = target(arena, xGradient);
      const dGain = target(arena, gainGradient);
      const dBias = target(arena, biasGradient);
      fill(arena, x, from);
      fillParameter(gain, gainAt, columns, 1);
      fill(arena, outGradient, slopes);
      arena.floats.fill(0, dGain / 4, dGain / 4 + columns);
      arena.floats.fill(0, dBias / 4, dBias / 4 + columns);
      wasm.layerNormRowsBackward(from, gainAt, slopes, dX, dGain, dBias, rows, columns, epsilon);
      fetch(arena, xGradient, dX);
      fetch(arena, gainGradient, dGain);
      fetch(arena, biasGradient, dBias);
    },
    reduceRows: (operation: RowReduction, x, out, rows, columns) => {
      if (x.length < MIN_LENGTH) {
        referenceKernels.reduceRows(operation, x, out, rows, columns);
        return;
      }
      arena.reset();
      const from = placed(arena, x);
      const to = target(arena, out);
      fill(arena, x, from);
      if (operation === "sum") wasm.sumRows(from, to, rows, columns);
      else wasm.maxRows(from, to, rows, columns, operation === "min" ? 1 : 0);
      fetch(arena, out, to);
    },
    sumColumns: (x, out, rows, columns) => {
      if (x.length < MIN_LENGTH) {
        referenceKernels.sumColumns(x, out, rows, columns);
        return;
      }
      arena.reset();
      const from = placed(arena, x);
      const to = target(arena, out);
      fill(arena, x, from);
      wasm.sumColumns(from, to, rows, columns);
      fetch(arena, out, to);
    },
    crossEntropyRows: ({ logits, targets, losses, gradient, scale, rows, columns }) => {
      arena.reset();
      const from = placed(arena, logits);
      const lossesAt = target(arena, losses);
      const slopes = gradient ? target(arena, gradient) : 0;
      const targetsAt = arena.reserve(4 * rows);
      const workspace = arena.reserve(4 * columns);
      fill(arena, logits, from);
      new Int32Array(arena.floats.buffer, targetsAt, rows).set(targets);
      wasm.crossEntropyRows(from, targetsAt, lossesAt, slopes, scale, rows, columns, workspace);
      fetch(arena, losses, lossesAt);
      if (gradient) fetch(arena, gradient, slopes);
    },
    adamStep: (call) => {
      const { parameter, firstMoment, secondMoment, gradient, beta1, beta2, learningRate, step } = call;
      arena.reset();
      const changed = [parameter, firstMoment, secondMoment].map((data) => ({ data, at: target(arena, data) }));
      const slopes = placed(arena, gradient);
      for (const { data, at } of changed)
        if (!arena.holds(data) || at !== data.byteOffset) arena.floats.set(data, at / 4);
      fill(arena, gradient, slopes);
      const [p, first, second] = changed.map(({ at }) => at) as [number, number, number];
      // prettier-ignore
      wasm.adamStep(
        p, first, second, slopes, parameter.length, learningRate / (1 - beta1 ** step), beta1, beta2, 1 - beta1,
        1 - beta2, call.epsilon, 1 / (1 - beta2 ** step), 1 - learningRate * call.weightDecay,
      );
      for (const { data, at } of changed) fetch(arena, data, at);
    },
  };
}

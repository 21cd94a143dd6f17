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

/** Elements of an operand that go through the arena at a time, so that what is copied is still in the cache. */
const PIECE = 8192;

/** Runs a kernel on whole rows, as many at a time as make a piece. `columns` are those of each array. */
function inPieces(
  arrays: readonly Float32Array[],
  rows: number,
  columns: readonly number[],
  run: (pieces: readonly Float32Array[], rows: number) => void,
): void {
  const step = Math.max(1, Math.floor(PIECE / Math.max(1, ...columns)));
  if (step >= rows) {
    run(arrays, rows);
    return;
  }
  for (let row = 0; row < rows; row += step) {
    const end = Math.min(rows, row + step);
    run(
      arrays.map((data, i) => data.subarray(row * columns[i]!, end * columns[i]!)),
      end - row,
    );
  }
}

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
    const code = unaryOperations.indexOf(operation);
    rowsInPlace((from, to, length) => wasm.unary(code, from, to, length), x, out, x.length, 1);
  }

  function unaryBackward(operation: UnaryOperation, x: Float32Array, gradient: Float32Array, out: Float32Array): void {
    if (x.length < MIN_LENGTH || !slopeOperations.includes(operation)) {
      referenceKernels.unaryBackward(operation, x, gradient, out);
      return;
    }
    const code = unaryOperations.indexOf(operation);
    pairs((from, slopes, to, length) => wasm.unaryBackward(code, from, slopes, to, length), x, gradient, out);
  }

  function binary(operation: BinaryOperation, a: Float32Array, b: Float32Array, out: Float32Array): void {
    const code = binaryOperations.indexOf(operation);
    if (a.length < MIN_LENGTH || code < 0) {
      referenceKernels.binary(operation, a, b, out);
      return;
    }
    pairs((left, right, to, length) => wasm.binary(code, left, right, to, length), a, b, out);
  }

  /** Elements of a and b to elements of out. */
  function pairs(
    run: (a: number, b: number, out: number, length: number) => void,
    a: Float32Array,
    b: Float32Array,
    out: Float32Array,
  ): void {
    inPieces([a, b, out], a.length, [1, 1, 1], ([first, second, result], length) => {
      arena.reset();
      const to = target(arena, result!);
      // The result may overwrite the copy of the first, unless that stands in the arena itself.
      const left = arena.holds(first!) ? first!.byteOffset : to;
      const right = placed(arena, second!);
      fill(arena, first!, left);
      fill(arena, second!, right);
      run(left, right, to, length);
      fetch(arena, result!, to);
    });
  }

  /** Rows of x to rows of out as long. `separate`: the kernel cannot work in place. */
  function rowsInPlace(
    run: (x: number, out: number, rows: number) => void,
    x: Float32Array,
    out: Float32Array,
    rows: number,
    columns: number,
    separate = false,
  ): void {
    inPieces([x, out], rows, [columns, columns], ([piece, result], count) => {
      arena.reset();
      const to = target(arena, result!);
      const from = arena.holds(piece!) ? piece!.byteOffset : separate ? arena.reserve(piece!.byteLength) : to;
      fill(arena, piece!, from);
      run(from, to, count);
      fetch(arena, result!, to);
    });
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
      rowsInPlace((from, to, count) => wasm.softmaxRows(from, to, count, columns), x, out, rows, columns);
    },
    logSoftmaxRows: (x, out, rows, columns) => {
      rowsInPlace((from, to, count) => wasm.logSoftmaxRows(from, to, count, columns), x, out, rows, columns, true);
    },
    layerNormRows: (x, gain, bias, out, rows, columns, epsilon) => {
      const normalise = ([piece, result]: readonly Float32Array[], count: number): void => {
        arena.reset();
        const gainAt = gain ? placed(arena, gain) : arena.reserve(4 * columns);
        const biasAt = bias ? placed(arena, bias) : arena.reserve(4 * columns);
        const to = target(arena, result!);
        const from = arena.holds(piece!) ? piece!.byteOffset : to;
        fill(arena, piece!, from);
        fillParameter(gain, gainAt, columns, 1);
        fillParameter(bias, biasAt, columns, 0);
        wasm.layerNormRows(from, gainAt, biasAt, to, count, columns, epsilon);
        fetch(arena, result!, to);
      };
      inPieces([x, out], rows, [columns, columns], normalise);
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
      inPieces([x, out], rows, [columns, 1], ([piece, result], count) => {
        arena.reset();
        const from = placed(arena, piece!);
        const to = target(arena, result!);
        fill(arena, piece!, from);
        if (operation === "sum") wasm.sumRows(from, to, count, columns);
        else wasm.maxRows(from, to, count, columns, operation === "min" ? 1 : 0);
        fetch(arena, result!, to);
      });
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

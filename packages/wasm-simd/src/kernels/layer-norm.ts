/** Layer norm and its gradients (assembly/layer-norm.ts). */
import type { Kernels, LayerNormBackwardCall } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { fetch, fill, placed, target } from "./operands.js";
import { inPieces } from "./row-pieces.js";

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function layerNormKernels(
  wasm: WasmCalls,
  arena: Arena,
): Pick<Kernels, "layerNormRows" | "layerNormRowsBackward"> {
  /** Room for a parameter per column, given or not. */
  const placedParameter = (data: Float32Array | undefined, columns: number): number =>
    data ? placed(arena, data) : arena.reserve(4 * columns);

  /** The parameters, or a constant in their place. */
  function fillParameter(data: Float32Array | undefined, address: number, columns: number, constant: number): void {
    if (data) fill(arena, data, address);
    else arena.floats.fill(constant, address / 4, address / 4 + columns);
  }

  const layerNormRows: Kernels["layerNormRows"] = (x, gain, bias, out, rows, columns, epsilon) => {
    inPieces([x, out], rows, [columns, columns], ([piece, result], count) => {
      arena.reset();
      const gainAt = placedParameter(gain, columns);
      const biasAt = placedParameter(bias, columns);
      const to = target(arena, result);
      const from = arena.holds(piece) ? piece.byteOffset : to;
      fill(arena, piece, from);
      fillParameter(gain, gainAt, columns, 1);
      fillParameter(bias, biasAt, columns, 0);
      wasm.layerNormRows(from, gainAt, biasAt, to, count, columns, epsilon);
      fetch(arena, result, to);
    });
  };

  function layerNormRowsBackward(call: LayerNormBackwardCall): void {
    const { x, gain, outGradient, xGradient, gainGradient, biasGradient, rows, columns, epsilon } = call;
    arena.reset();
    const from = placed(arena, x);
    const gainAt = placedParameter(gain, columns);
    const slopes = placed(arena, outGradient);
    const dX = target(arena, xGradient);
    const dGain = arena.reserve(8 * columns);
    const dBias = arena.reserve(8 * columns);
    fill(arena, x, from);
    fillParameter(gain, gainAt, columns, 1);
    fill(arena, outGradient, slopes);
    const [gains, biases] = [arena.doubles(dGain, columns), arena.doubles(dBias, columns)];
    gains.fill(0);
    biases.fill(0);
    wasm.layerNormRowsBackward(from, gainAt, slopes, dX, dGain, dBias, rows, columns, epsilon);
    fetch(arena, xGradient, dX);
    gainGradient.set(gains);
    biasGradient.set(biases);
  }

  return { layerNormRows, layerNormRowsBackward };
}

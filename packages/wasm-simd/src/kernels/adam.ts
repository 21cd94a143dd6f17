/** A step of Adam (assembly/elementwise.ts). */
import { LARGEST_FLOAT, type AdamCall, type Kernels } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { fetch, fill, placed, target } from "./operands.js";

/** The kernel on an instance of the module. It throws ArenaFullError if the operands do not fit. */
export function adamKernel(wasm: WasmCalls, arena: Arena): Pick<Kernels, "adamStep"> {
  /** Fills what `target` reserved for an array that is read and written. */
  function fillTarget(data: Float32Array, address: number): void {
    if (!arena.holds(data) || address !== data.byteOffset) arena.floats.set(data, address / 4);
  }

  function adamStep(call: AdamCall): void {
    const { parameter, firstMoment, secondMoment, gradient, beta1, beta2, learningRate, step } = call;
    arena.reset();
    const parameterAt = target(arena, parameter);
    const firstAt = target(arena, firstMoment);
    const secondAt = target(arena, secondMoment);
    const gradientAt = placed(arena, gradient);
    fillTarget(parameter, parameterAt);
    fillTarget(firstMoment, firstAt);
    fillTarget(secondMoment, secondAt);
    fill(arena, gradient, gradientAt);
    // The correction of the second moment is taken out of its root, since it may be more than float32 holds.
    const correction2 = Math.sqrt(1 - beta2 ** step);
    wasm.adamStep(
      parameterAt,
      firstAt,
      secondAt,
      gradientAt,
      parameter.length,
      (learningRate * correction2) / (1 - beta1 ** step),
      beta1,
      beta2,
      1 - beta1,
      1 - beta2,
      call.epsilon * correction2,
      1 - learningRate * call.weightDecay,
      Math.sqrt(LARGEST_FLOAT / (1 - beta2)),
    );
    fetch(arena, parameter, parameterAt);
    fetch(arena, firstMoment, firstAt);
    fetch(arena, secondMoment, secondAt);
  }

  return { adamStep };
}

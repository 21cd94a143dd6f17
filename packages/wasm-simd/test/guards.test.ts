/** Kernels write only where they reserved: beyond may be other operands, or the end of the memory. */
import { getKernels, referenceKernels, setKernels, type Kernels } from "@selectron/core";
import { kernelConformance } from "@selectron/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { Arena } from "../src/arena.js";
import { wasmCalls } from "../src/calls.js";
import { wasmKernels } from "../src/kernels/index.js";
import { compile, instantiate } from "../src/module.js";

/** More than a vector, so more than a vector can reach beyond an odd length. */
const GUARD_FLOATS = 16;
const MARK = 12345.678;

/** An arena with marked memory behind everything that is reserved. */
class GuardedArena extends Arena {
  #guards: number[] = [];

  override reset(): void {
    super.reset();
    this.#guards = [];
  }

  override reserve(bytes: number): number {
    const address = super.reserve(bytes);
    const guard = super.reserve(4 * GUARD_FLOATS) / 4;
    this.floats.fill(MARK, guard, guard + GUARD_FLOATS);
    this.#guards.push(guard);
    return address;
  }

  /** How many floats of the guards since `reset` were written to. */
  get damage(): number {
    const intact = Math.fround(MARK);
    const guards = this.#guards.flatMap((guard) => [...this.floats.subarray(guard, guard + GUARD_FLOATS)]);
    return guards.filter((x) => x !== intact).length;
  }
}

const wasm = instantiate(compile());
const arena = new GuardedArena(wasm.memory, wasm.heapBase());
const machine = { wasm: wasmCalls(wasm), arena };
const plain = wasmKernels(machine, () => machine);
const before = getKernels();
afterAll(() => setKernels(before));

/** The same kernels, which look at the guards after every call. */
const guarded = Object.fromEntries(
  Object.entries(plain).map(([name, kernel]: [string, unknown]) => {
    if (typeof kernel !== "function" || kernel === referenceKernels[name as keyof Kernels]) return [name, kernel];
    type Kernel = (...values: unknown[]) => unknown;
    const call: Kernel = (...values) => {
      const result = (kernel as Kernel)(...values);
      expect(arena.damage).toBe(0);
      return result;
    };
    return [name, call];
  }),
) as unknown as Kernels;

describe("within what they reserved", () => {
  for (const { name, run } of kernelConformance(guarded)) it(name, run);
});

/** Memory of residents is given back to the system, whatever the caller still has of them. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { referenceKernels, setKernels, zeros } from "@selectron/core";
import { enableWasmSync, resident, scope, type Resident } from "@selectron/wasm-simd";
import { afterAll, expect, it } from "vitest";

afterAll(() => setKernels(referenceKernels));

/** The buffer in which they lie; a function of its own, so that no local variable has it afterwards. */
function bufferOf({ tensors }: Resident): WeakRef<ArrayBufferLike> {
  return new WeakRef(tensors[0]!.held.buffer);
}

it("also where the tensors, their views and the function that released them are kept", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  enableWasmSync();
  const kept = resident([zeros([17 * 2 ** 20])]);
  const buffer = bufferOf(kept);
  expect(buffer.deref()!.byteLength).toBeGreaterThan(2 ** 26);
  scope(() => kept.tensors[0]!.slice(0, 100).add(1).sum().item());
  kept.release();
  // A reference that was read stays alive until the next turn.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
    collect();
  }
  expect(buffer.deref() === undefined).toBe(true); // not the buffer itself: to print it takes minutes
  expect(kept.tensors).toHaveLength(1);
  expect(() => kept.release()).toThrow("released before");
});

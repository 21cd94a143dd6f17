/** Example calls of wasm-simd's public functions. */
import { getKernels, ones, setKernels } from "@selectron/core";
import * as wasm from "@selectron/wasm-simd";
import { entry, type Registry } from "./registry.js";

const before = getKernels();
/** The other functions are asked with the kernels of before. */
const undone = { then: (status: unknown) => (setKernels(before), status), says: ["enableWasm"] };

export const wasmRegistry: Registry = {
  module: wasm,
  errors: [],
  entries: {
    enableWasm: entry(() => [{ source: undefined }], {}, undone),
    enableWasmSync: entry(() => [{ source: undefined }], {}, undone),
    isSimdSupported: entry(() => []),
    resident: entry(() => [[ones([2])], 1024]),
    scope: entry(() => [() => 1, 1024]),
  },
};

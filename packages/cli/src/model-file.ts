/** Reading and writing compiled models, and the kernels to run them with. */
import { CompiledModel } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError, type Context } from "./context.js";
import { reason } from "./program-file.js";

/** @throws UsageError for an unreadable file, ModelFileError for one that is not a compiled model */
export function readModel({ io }: Context, path: string): CompiledModel {
  let bytes: Uint8Array;
  try {
    bytes = io.readBytes(path);
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, "check the path");
  }
  return CompiledModel.fromSafetensors(bytes);
}

/** Writes the model whole or not at all. @throws UsageError */
export function writeModel({ io }: Context, path: string, model: CompiledModel): void {
  try {
    io.writeBytes(path, model.toSafetensors());
  } catch (error) {
    throw new UsageError(`cannot write "${path}": ${reason(error)}`, "choose a place that can be written");
  }
}

/** Registers the SIMD kernels. Where they are not to be had the plain ones stay: slower, with the same answers. */
export async function useFastKernels(): Promise<void> {
  try {
    await enableWasm();
  } catch {
    // The plain kernels are complete.
  }
}

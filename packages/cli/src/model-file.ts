/** Reading and writing compiled models, and the kernels to run them with. */
import { CompiledModel } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError, type Context } from "./context.js";
import { readBytes } from "./files.js";

/** @throws ModelFileError for what is not a compiled model */
export const compiledModel = (path: string, bytes: Uint8Array): CompiledModel =>
  path.endsWith(".onnx") ? CompiledModel.fromOnnx(bytes) : CompiledModel.fromSafetensors(bytes);

/** @throws UsageError for an unreadable file, ModelFileError for one that is not a compiled model */
export const readModel = (context: Context, path: string): CompiledModel =>
  compiledModel(path, readBytes(context, path));

/** The file formats by the ending of the name. */
const FORMATS: Readonly<Record<string, (model: CompiledModel) => Uint8Array>> = {
  ".safetensors": (model) => model.toSafetensors(),
  ".onnx": (model) => model.toOnnx(),
};

/** @throws UsageError where the name says no format that models are written in */
export function formatOf(path: string): (model: CompiledModel) => Uint8Array {
  const ending = Object.keys(FORMATS).find((known) => path.endsWith(known));
  if (ending !== undefined) return FORMATS[ending]!;
  throw new UsageError(
    `cannot write "${path}": models are written as ${Object.keys(FORMATS).join(" or ")}`,
    "use -o model.safetensors, or -o model.onnx for onnxruntime",
  );
}

/** Registers the SIMD kernels. Where they are not to be had the plain ones stay: slower, with the same answers. */
export async function useFastKernels(): Promise<void> {
  try {
    await enableWasm();
  } catch {
    // The plain kernels are complete.
  }
}

/** Reading and writing compiled models, and the kernels to run them with. */
import { CompiledModel } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError, type Context } from "../context.js";
import { readBytes } from "./files.js";

/** The compiled model in the bytes of a file, with its notes on standard error. @throws ModelFileError if it is none */
export function compiledModel(context: Context, path: string, bytes: Uint8Array): CompiledModel {
  const model = path.endsWith(".onnx") ? CompiledModel.fromOnnx(bytes) : CompiledModel.fromSafetensors(bytes);
  context.note(path, model.notes);
  return model;
}

/** @throws UsageError for an unreadable file, ModelFileError for one that is not a compiled model */
export const readModel = (context: Context, path: string): CompiledModel =>
  compiledModel(context, path, readBytes(context, path));

/** The file formats by file name extension. */
const FORMATS: Readonly<Record<string, (model: CompiledModel) => Uint8Array>> = {
  ".safetensors": (model) => model.toSafetensors(),
  ".onnx": (model) => model.toOnnx(),
};

/** The writer of the format that a file name says. @throws UsageError if it says none */
export function formatOf(path: string): (model: CompiledModel) => Uint8Array {
  const ending = Object.keys(FORMATS).find((known) => path.endsWith(known));
  if (ending !== undefined) return FORMATS[ending]!;
  throw new UsageError(
    `cannot write "${path}": models are written as ${Object.keys(FORMATS).join(" or ")}`,
    "use -o model.safetensors, or -o model.onnx for onnxruntime",
  );
}

/** Registers the SIMD kernels where they are available. The plain ones give the same answers, only slower. */
export async function useFastKernels(): Promise<void> {
  try {
    await enableWasm();
  } catch {
    // The plain kernels stay registered.
  }
}

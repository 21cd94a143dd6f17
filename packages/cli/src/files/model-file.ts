/** Reading and writing compiled models, and the kernels to run them with. */
import { CompiledModel, isLoopedModel, LoopedModel } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError, type Context } from "../context.js";

/** The compiled model in the bytes of a file, with its notes on standard error. @throws ModelFileError if it is none */
export function compiledModel(context: Context, path: string, bytes: Uint8Array): CompiledModel {
  const model = path.endsWith(".onnx") ? CompiledModel.fromOnnx(bytes) : CompiledModel.fromSafetensors(bytes);
  context.note(path, model.notes);
  return model;
}

/** The looped model in the bytes of a file, likewise. */
export function readLooped(context: Context, path: string, bytes: Uint8Array): LoopedModel {
  const model = path.endsWith(".onnx") ? LoopedModel.fromOnnx(bytes) : LoopedModel.fromSafetensors(bytes);
  context.note(path, model.notes);
  return model;
}

/** @throws UsageError where a file is that of a looped model, of which a command says why it takes none */
export function refuseLooped(path: string, bytes: Uint8Array, reason: string): void {
  if (!isLoopedModel(bytes)) return;
  throw new UsageError(
    `"${path}" is a looped model: ${reason}`,
    `selectron verify --looped ${path} FILE.rasp --runs 1000 compares every step with the program`,
  );
}

/** A model that is written as one file. */
interface Written {
  toSafetensors(): Uint8Array;
  toOnnx(): Uint8Array;
}

/** The file formats by file name extension. */
const FORMATS: Readonly<Record<string, (model: Written) => Uint8Array>> = {
  ".safetensors": (model) => model.toSafetensors(),
  ".onnx": (model) => model.toOnnx(),
};

/** The writer of the format that a file name says. @throws UsageError if it says none */
export function formatOf(path: string): (model: Written) => Uint8Array {
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

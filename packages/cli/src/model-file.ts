/** Reading and writing compiled models, and the kernels to run them with. */
import { dirname } from "node:path";
import { CompiledModel } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError, type Context } from "./context.js";
import { reason } from "./program-file.js";

/** @throws UsageError for an unreadable file */
export function readModelBytes({ io }: Context, path: string): Uint8Array {
  try {
    return io.readBytes(path);
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, "check the path");
  }
}

/** @throws ModelFileError for what is not a compiled model */
export const compiledModel = (path: string, bytes: Uint8Array): CompiledModel =>
  path.endsWith(".onnx") ? CompiledModel.fromOnnx(bytes) : CompiledModel.fromSafetensors(bytes);

/** @throws UsageError for an unreadable file, ModelFileError for one that is not a compiled model */
export const readModel = (context: Context, path: string): CompiledModel =>
  compiledModel(path, readModelBytes(context, path));

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

/** Before work that takes its time: whether a file can be where what comes of it is to go. @throws UsageError */
export function checkPlace({ io }: Context, path: string): void {
  const folder = dirname(path);
  if (!io.isFolder(folder)) {
    throw new UsageError(
      `cannot write "${path}": there is no folder "${folder}"`,
      "make it first, or choose another place",
    );
  }
  if (io.isFolder(path)) throw new UsageError(`cannot write "${path}": it is a folder`, "name a file in it");
}

/** Writes a file whole or not at all. @throws UsageError */
export function writeOut({ io }: Context, path: string, bytes: Uint8Array): void {
  try {
    io.writeBytes(path, bytes);
  } catch (error) {
    throw new UsageError(`cannot write "${path}": ${reason(error)}`, "choose a place that can be written");
  }
}

/** @throws UsageError */
export function makeFolder({ io }: Context, path: string): void {
  try {
    io.makeFolder(path);
  } catch (error) {
    throw new UsageError(`cannot make the folder "${path}": ${reason(error)}`, "choose a place that can be written");
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
